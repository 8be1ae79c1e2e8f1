/** Draws by WebGL 2: one upload a frame, one call a pane; nothing is read back. */

import type { InkBox } from "../ink/damage.ts";
import { RED_CYAN } from "./dubois.ts";
import type { PresentedFrame } from "./frames.ts";
import { CORNER, compile, type GlProgram } from "./glprogram.ts";
import { GlTexture } from "./gltexture.ts";
import type { Pane } from "./layout.ts";
import { colourMatrix } from "./planes.ts";
import type { Renderer, View } from "./renderer.ts";
import { Spans } from "./spans.ts";

const UNIT = { video: 0, ink: 1, chromaU: 2, chromaV: 3 } as const;

const ATTRIBUTES: WebGLContextAttributes = {
  alpha: false,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: "high-performance",
};
/** Drivers that emulate a GPU on the processor, by words in their names. */
const EMULATED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** A WebGL 2 context that suits a video picture, or null where there is none. */
export function glContext(canvas: HTMLCanvasElement): WebGL2RenderingContext | null {
  return canvas.getContext("webgl2", ATTRIBUTES);
}

/**
 * Whether WebGL 2 is there and runs on a GPU. It is tried on a canvas of its own, since a canvas
 * that once had a context takes no other; `failIfMajorPerformanceCaveat` is asked for, but
 * Chromium does not always hold to it.
 */
export function hasGpu(): boolean {
  const attributes = { ...ATTRIBUTES, failIfMajorPerformanceCaveat: true };
  const gl = document.createElement("canvas").getContext("webgl2", attributes);
  if (gl === null) return false;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) as unknown;
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !EMULATED.test(String(name));
}

export class GlRenderer implements Renderer {
  readonly kind = "webgl2";
  readonly wants = "planes";
  private readonly programs = new Map<number, GlProgram>();
  private readonly textures: Readonly<Record<keyof typeof UNIT, GlTexture>>;
  private readonly video = new Spans();
  private readonly chroma = new Spans(2);
  private readonly ink = new Spans();
  private matrix = colourMatrix(null, false);
  private planar = false;
  private width = 0;
  private height = 0;
  private inkWidth = 0;
  private inkHeight = 0;

  /** Compiles the plainest program. Raises `Error` where the driver refuses it. */
  constructor(private readonly gl: WebGL2RenderingContext) {
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(CORNER);
    gl.vertexAttribPointer(CORNER, 2, gl.FLOAT, false, 0, 0);
    this.textures = {
      video: new GlTexture(gl, UNIT.video),
      ink: new GlTexture(gl, UNIT.ink),
      chromaU: new GlTexture(gl, UNIT.chromaU),
      chromaV: new GlTexture(gl, UNIT.chromaV),
    };
    // Ink is blended as premultiplied colour; video has no alpha, planes have no colour.
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.clearColor(0, 0, 0, 1);
    gl.disable(gl.DITHER);
    this.use(false, false);
  }

  upload({ picture, width, height }: PresentedFrame): void {
    if ("y" in picture) {
      this.textures.video.plane(picture.bytes, picture.y);
      this.textures.chromaU.plane(picture.bytes, picture.u);
      this.textures.chromaV.plane(picture.bytes, picture.v);
      this.matrix = picture.matrix;
      this.planar = true;
    } else if ("bytes" in picture) {
      throw new TypeError("this renderer takes no pixels");
    } else {
      this.textures.video.fill(picture);
      this.planar = false;
    }
    this.width = width;
    this.height = height;
  }

  uploadInk(ink: HTMLCanvasElement, changed: readonly InkBox[]): void {
    for (const box of changed) this.textures.ink.patch(ink, box);
    this.inkWidth = ink.width;
    this.inkHeight = ink.height;
  }

  draw(view: View): void {
    const { gl } = this;
    const pane = view.panes[0];
    if (pane === undefined || this.width === 0) return;
    const overlaid = this.inkWidth > 0 && (view.inked || view.dot.alpha > 0);
    const { uniforms } = this.use(pane.eye === "both", overlaid);
    this.setSpans(view);
    gl.uniform4fv(uniforms.videoArea, this.video.area);
    gl.uniform4fv(uniforms.videoEdge, this.video.edge);
    gl.uniform4fv(uniforms.chromaEdge, this.chroma.edge);
    gl.uniformMatrix3fv(uniforms.toRgb, true, this.matrix.rows);
    gl.uniform3fv(uniforms.yuvOffset, this.matrix.offset);
    gl.uniform4fv(uniforms.inkArea, this.ink.area);
    gl.uniform4fv(uniforms.inkEdge, this.ink.edge);
    const { dot } = view;
    gl.uniform4f(uniforms.spot, dot.x, dot.y, view.eyes.paired ? dot.disparity : 0, dot.alpha);
    gl.uniform1f(uniforms.aspect, pane.width / pane.height);
    if (!fills(view.panes, gl)) gl.clear(gl.COLOR_BUFFER_BIT);
    for (const { eye, x, y, width, height } of view.panes) {
      const right = eye === "right" || (eye === "both" && view.swap);
      gl.viewport(x, gl.drawingBufferHeight - y - height, width, height);
      gl.uniform1i(uniforms.eye, right ? 1 : 0);
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

  /** Make the program for these features current, compiling it the first time. */
  private use(mixed: boolean, overlaid: boolean): GlProgram {
    const { gl, planar } = this;
    const key = (mixed ? 1 : 0) + (overlaid ? 2 : 0) + (planar ? 4 : 0);
    let found = this.programs.get(key);
    if (found === undefined) {
      found = compile(gl, { mixed, overlaid, planar });
      this.programs.set(key, found);
      gl.useProgram(found.program);
      const { uniforms } = found;
      gl.uniform1i(uniforms.video, UNIT.video);
      gl.uniform1i(uniforms.ink, UNIT.ink);
      gl.uniform1i(uniforms.chromaU, UNIT.chromaU);
      gl.uniform1i(uniforms.chromaV, UNIT.chromaV);
      // The tables are written row by row, WebGL reads columns: transposed here.
      gl.uniformMatrix3fv(uniforms.leftMatrix, true, RED_CYAN.left);
      gl.uniformMatrix3fv(uniforms.rightMatrix, true, RED_CYAN.right);
    }
    gl.useProgram(found.program);
    return found;
  }

  private setSpans({ eyes }: View): void {
    const { width, height, inkWidth, inkHeight } = this;
    this.video.set(eyes.left, eyes.right, width, height);
    this.chroma.set(eyes.left, eyes.right, width, height);
    if (inkWidth === 0) return;
    // The ink always holds two eyes; what is no pair has the left one's on both.
    const half = inkWidth / 2;
    const left = { x: 0, y: 0, width: half, height: inkHeight };
    this.ink.set(left, eyes.paired ? { ...left, x: half } : left, inkWidth, inkHeight);
  }
}

function fills(panes: readonly Pane[], gl: WebGL2RenderingContext): boolean {
  let covered = 0;
  for (const pane of panes) covered += pane.width * pane.height;
  return covered === gl.drawingBufferWidth * gl.drawingBufferHeight;
}
