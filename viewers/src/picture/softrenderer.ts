/**
 * Draws without a GPU, on a 2D canvas, in all modes.
 *
 * Where WebGL is emulated on the processor it costs 20 ns a pixel and texture read (measured:
 * from 30 to 400 ms a 720p frame, against 8 ms for `drawImage` of the same frame), so there, and
 * where WebGL 2 is missing, the picture takes this way.
 */

import type { InkLayer } from "../ink/layer.ts";
import type { PresentedFrame } from "./frames.ts";
import type { Pane } from "./layout.ts";
import { Mixer } from "./mixer.ts";
import { drawOverlay } from "./overlay.ts";
import type { Pixels } from "./planes.ts";
import type { Renderer, View } from "./renderer.ts";
import { Scratch } from "./scratch.ts";

type Image = VideoFrame | HTMLCanvasElement;

export class SoftRenderer implements Renderer {
  readonly kind = "canvas2d";
  private readonly mixer = new Mixer();
  /** The newest frame: as an image, or (asked for when both eyes are shown) as pixels. */
  private image: Image | null = null;
  private pixels: Pixels | null = null;
  private width = 0;
  private height = 0;
  private mixing = false;
  private panes = 1;
  private readonly kept = new Scratch();
  private readonly overlaid = new Scratch();
  private readonly mixed = new Scratch();
  private output: ImageData | null = null;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly ink: InkLayer,
  ) {}

  /** `drawImage` converts the whole frame at each call: for two panes one copy is cheaper. */
  get wants(): "image" | "pixels" {
    return this.mixing || this.panes > 1 ? "pixels" : "image";
  }

  upload({ picture, width, height }: PresentedFrame): void {
    if (this.image instanceof VideoFrame) this.image.close();
    this.image = null;
    this.pixels = null;
    this.width = width;
    this.height = height;
    if ("y" in picture) throw new TypeError("this renderer takes no planes");
    if ("bytes" in picture) {
      this.pixels = picture;
    } else if (typeof VideoFrame === "function" && picture instanceof VideoFrame) {
      this.image = picture.clone();
    } else {
      // The element moves on by itself: keep what it shows now.
      this.kept.at(width, height).drawImage(picture, 0, 0, width, height);
      this.image = this.kept.canvas;
    }
  }

  uploadInk(): void {
    // The layer's own canvas is drawn.
  }

  draw(view: View): void {
    const { context } = this;
    if (this.width === 0) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    this.mixing = view.panes[0]?.eye === "both";
    this.panes = view.panes.length;
    for (const pane of view.panes) {
      if (this.mixing) this.drawMixed(view, pane);
      else this.drawEye(view, pane);
    }
  }

  read(): Uint8ClampedArray<ArrayBuffer> {
    const { width, height } = this.context.canvas;
    return this.context.getImageData(0, 0, width, height).data;
  }

  private drawEye(view: View, pane: Pane): void {
    const { context } = this;
    const { eyes } = view;
    const from = pane.eye === "right" ? eyes.right : eyes.left;
    const { x, y, width, height } = pane;
    context.drawImage(this.asImage(), from.x, from.y, from.width, from.height, x, y, width, height);
    drawOverlay(context, this.ink, view, pane, eyes.paired && pane.eye === "right");
  }

  private drawMixed(view: View, pane: Pane): void {
    const { left, right } = view.eyes;
    const { width, height } = left;
    if (this.output?.width !== width || this.output.height !== height) {
      this.output = new ImageData(width, height);
    }
    const plain = !view.inked && view.dot.alpha === 0;
    let bytes: Uint8ClampedArray<ArrayBuffer>;
    let stride = this.width;
    let starts = [left.y * stride + left.x, right.y * stride + right.x] as const;
    if (plain && this.pixels !== null) {
      bytes = this.pixels.bytes;
    } else {
      stride = left === right ? width : 2 * width;
      starts = [0, stride - width];
      bytes = this.overlaidPixels(view, stride);
    }
    const source = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    const out = new Uint32Array(this.output.data.buffer);
    const [first, second] = view.swap ? [starts[1], starts[0]] : starts;
    this.mixer.mix(source, out, width, height, stride, first, second);
    this.mixed.at(width, height).putImageData(this.output, 0, 0);
    this.context.drawImage(this.mixed.canvas, pane.x, pane.y, pane.width, pane.height);
  }

  /** The eyes' views beside each other, `stride` pixels in all, with what lies over them. */
  private overlaidPixels(view: View, stride: number): Uint8ClampedArray<ArrayBuffer> {
    const { eyes } = view;
    const { width, height } = eyes.left;
    const context = this.overlaid.at(stride, height);
    const image = this.asImage();
    for (let x = 0; x < stride; x += width) {
      const from = x > 0 ? eyes.right : eyes.left;
      const pane: Pane = { eye: "both", x, y: 0, width, height };
      context.drawImage(image, from.x, from.y, width, height, x, 0, width, height);
      // Ink must be mixed like the tissue below it.
      drawOverlay(context, this.ink, view, pane, eyes.paired && x > 0);
    }
    return context.getImageData(0, 0, stride, height).data;
  }

  private asImage(): Image {
    const { pixels, width, height } = this;
    if (this.image === null) {
      const context = this.kept.at(width, height);
      if (pixels !== null) context.putImageData(new ImageData(pixels.bytes, width, height), 0, 0);
      this.image = this.kept.canvas;
    }
    return this.image;
  }
}
