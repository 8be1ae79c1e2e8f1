/** Draws by WebGL 2: one upload a frame, one program, one call a pane; nothing is read back. */

import { RED_CYAN } from "./dubois.ts";
import type { Pane } from "./layout.ts";
import type { Renderer, View } from "./renderer.ts";
import { FRAGMENT_SHADER, VERTEX_SHADER } from "./shader.ts";

const EYE_INDEX = { left: 0, right: 1, both: 2 } as const;
const UNIFORMS = [
  "video",
  "ink",
  "videoSpan",
  "inkSpan",
  "eye",
  "inked",
  "dot_",
  "aspect",
  "leftMatrix",
  "rightMatrix",
] as const;
type UniformName = (typeof UNIFORMS)[number];

/** A WebGL 2 context that suits a video picture, or null where there is none. */
export function glContext(canvas: HTMLCanvasElement): WebGL2RenderingContext | null {
  return canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    stencil: false,
    powerPreference: "high-performance",
  });
}

export class GlRenderer implements Renderer {
  readonly kind = "webgl2";
  private readonly uniforms: Record<UniformName, WebGLUniformLocation | null>;
  private readonly video: WebGLTexture;
  private readonly ink: WebGLTexture;
  private readonly spans = new Float32Array(8);
  private width = 0;
  private inkWidth = 0;
  private packing: View["packing"] | null = null;

  /** Compiles the program. Raises `Error` where the driver refuses it. */
  constructor(private readonly gl: WebGL2RenderingContext) {
    const program = link(gl);
    gl.useProgram(program);
    this.uniforms = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]),
    ) as Record<UniformName, WebGLUniformLocation | null>;
    const corners = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    this.video = texture(gl, gl.TEXTURE0);
    this.ink = texture(gl, gl.TEXTURE1);
    gl.uniform1i(this.uniforms.video, 0);
    gl.uniform1i(this.uniforms.ink, 1);
    // The tables are written row by row, WebGL reads columns: transposed here.
    gl.uniformMatrix3fv(this.uniforms.leftMatrix, true, RED_CYAN.left);
    gl.uniformMatrix3fv(this.uniforms.rightMatrix, true, RED_CYAN.right);
    gl.clearColor(0, 0, 0, 1);
    gl.disable(gl.DITHER);
  }

  upload(frame: HTMLVideoElement | VideoFrame, width: number, _height: number): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.video);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    if (width !== this.width) {
      this.width = width;
      this.packing = null;
    }
  }

  uploadInk(ink: HTMLCanvasElement): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.ink);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, ink);
    if (ink.width !== this.inkWidth) {
      this.inkWidth = ink.width;
      this.packing = null;
    }
  }

  draw(view: View): void {
    const { gl, uniforms } = this;
    const pane = view.panes[0];
    if (pane === undefined || this.width === 0) return;
    if (view.packing !== this.packing) this.setSpans(view.packing);
    gl.disable(gl.SCISSOR_TEST);
    if (!fills(view.panes, gl)) gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform1i(uniforms.inked, view.inked ? 1 : 0);
    gl.uniform4f(uniforms.dot_, view.dot.x, view.dot.y, view.dot.disparity, view.dot.alpha);
    gl.uniform1f(uniforms.aspect, pane.width / pane.height);
    for (const each of view.panes) {
      gl.viewport(each.x, gl.drawingBufferHeight - each.y - each.height, each.width, each.height);
      gl.uniform1i(uniforms.eye, EYE_INDEX[each.eye]);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
  }

  read(): Uint8ClampedArray<ArrayBuffer> {
    const { gl } = this;
    const width = gl.drawingBufferWidth;
    const height = gl.drawingBufferHeight;
    const upward = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, upward);
    const downward = new Uint8ClampedArray(upward.length);
    const stride = width * 4;
    for (let row = 0; row < height; row++) {
      const from = (height - 1 - row) * stride;
      downward.set(upward.subarray(from, from + stride), row * stride);
    }
    return downward;
  }

  private setSpans(packing: View["packing"]): void {
    this.packing = packing;
    const { gl, uniforms, spans } = this;
    const eyes = packing === "stereo" ? 2 : 1;
    fillSpans(spans, eyes, this.width, 1 / eyes);
    gl.uniform4fv(uniforms.videoSpan, spans);
    // The ink always holds two eyes; over one picture both eyes see the left one's.
    fillSpans(spans, eyes, this.inkWidth || 2, 0.5);
    gl.uniform4fv(uniforms.inkSpan, spans);
  }
}

function fillSpans(spans: Float32Array, eyes: number, width: number, scale: number): void {
  for (let eye = 0; eye < 2; eye++) {
    const offset = eyes === 2 ? eye * scale : 0;
    const inside = 0.5 / width;
    spans.set([offset, scale, offset + inside, offset + scale - inside], eye * 4);
  }
}

function fills(panes: readonly Pane[], gl: WebGL2RenderingContext): boolean {
  const covered = panes.reduce((sum, pane) => sum + pane.width * pane.height, 0);
  return covered === gl.drawingBufferWidth * gl.drawingBufferHeight;
}

function texture(gl: WebGL2RenderingContext, unit: number): WebGLTexture {
  const made = gl.createTexture();
  gl.activeTexture(unit);
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  return made;
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) throw new Error("WebGL gave no shader: the context is lost");
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`WebGL refused the picture's program: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  return program;
}
