/** A linked WebGL 2 program and where its uniforms are. */

import { VERTEX_SHADER, fragmentShader, type Features } from "./shader.ts";

/** Attribute 0 is the quad's corner in every program, so that the geometry is set once. */
export const CORNER = 0;

const UNIFORMS = [
  "video",
  "ink",
  "chromaU",
  "chromaV",
  "toRgb",
  "yuvOffset",
  "videoArea",
  "videoEdge",
  "chromaEdge",
  "inkArea",
  "inkEdge",
  "eye",
  "spot",
  "aspect",
  "leftMatrix",
  "rightMatrix",
] as const;

/** Locations by name; null (which WebGL ignores) where this program has no such uniform. */
export type Uniforms = Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>;

export interface GlProgram {
  readonly program: WebGLProgram;
  readonly uniforms: Uniforms;
}

/** Compile and link. Raises `Error` where the driver refuses it. */
export function compile(gl: WebGL2RenderingContext, features: Features): GlProgram {
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, fragmentShader(features)],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) throw new Error("WebGL gave no shader: the context is lost");
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.bindAttribLocation(program, CORNER, "corner");
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`WebGL refused the picture's program: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  const found = UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)] as const);
  return { program, uniforms: Object.fromEntries(found) as Uniforms };
}
