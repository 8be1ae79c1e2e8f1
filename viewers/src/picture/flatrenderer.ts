/** Draws on a 2D canvas where WebGL 2 is missing: one eye or side by side, but no anaglyph. */

import { DOT_COLOUR, DOT_RADIUS, type Renderer, type View } from "./renderer.ts";
import type { Pane } from "./layout.ts";

export class FlatRenderer implements Renderer {
  readonly kind = "canvas2d";
  /** The newest frame, kept so that ink can be redrawn over it. */
  private readonly frame = document.createElement("canvas");
  private ink: HTMLCanvasElement | null = null;

  constructor(private readonly context: CanvasRenderingContext2D) {}

  upload(frame: HTMLVideoElement | VideoFrame, width: number, height: number): void {
    if (this.frame.width !== width || this.frame.height !== height) {
      this.frame.width = width;
      this.frame.height = height;
    }
    this.frame.getContext("2d", { alpha: false })?.drawImage(frame, 0, 0, width, height);
  }

  uploadInk(ink: HTMLCanvasElement): void {
    this.ink = ink;
  }

  draw(view: View): void {
    const { context, frame } = this;
    if (frame.width === 0) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    for (const pane of view.panes) {
      const right = view.packing === "stereo" && pane.eye === "right";
      drawEye(context, frame, view.packing === "stereo", right, pane);
      if (view.inked && this.ink !== null) drawEye(context, this.ink, true, right, pane);
      if (view.dot.alpha > 0) drawDot(context, view, pane, right);
    }
  }

  read(): Uint8ClampedArray<ArrayBuffer> {
    const { width, height } = this.context.canvas;
    return this.context.getImageData(0, 0, width, height).data;
  }
}

function drawEye(
  context: CanvasRenderingContext2D,
  source: HTMLCanvasElement,
  packed: boolean,
  right: boolean,
  pane: Pane,
): void {
  const width = packed ? source.width / 2 : source.width;
  const { x, y } = pane;
  context.drawImage(source, right ? width : 0, 0, width, source.height, x, y, pane.width, pane.height);
}

function drawDot(context: CanvasRenderingContext2D, view: View, pane: Pane, right: boolean): void {
  const { dot } = view;
  const x = pane.x + (dot.x - (right ? dot.disparity : 0)) * pane.width;
  const y = pane.y + dot.y * pane.height;
  const radius = DOT_RADIUS * pane.width;
  const [r, g, b] = DOT_COLOUR.map((value) => Math.round(value * 255));
  const glow = context.createRadialGradient(x, y, 0, x, y, radius);
  glow.addColorStop(0, "#fff");
  glow.addColorStop(0.3, `rgb(${r} ${g} ${b})`);
  glow.addColorStop(1, `rgb(${r} ${g} ${b} / 0)`);
  context.save();
  context.beginPath();
  context.rect(pane.x, pane.y, pane.width, pane.height);
  context.clip();
  context.globalAlpha = dot.alpha;
  context.fillStyle = glow;
  context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
  context.restore();
}
