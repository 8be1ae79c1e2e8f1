/** Keeps the ink of both eyes, side by side, on one canvas that is redrawn only when it changed. */

import type { InkBoard, InkStroke } from "./board.ts";
import { drawStroke } from "./draw.ts";

/**
 * Finished strokes are kept on a canvas of their own, so that while one is being drawn only that
 * one costs anything.
 */
export class InkLayer {
  readonly canvas = document.createElement("canvas");
  private readonly settled = document.createElement("canvas");
  private settledKeys: string[] = [];
  private drawnVersion = -1;

  constructor(private readonly board: InkBoard) {}

  /** Whether anything is on the canvas. */
  get inked(): boolean {
    return this.board.visible.length > 0;
  }

  /** Set the size of one eye's picture in ink pixels. */
  resize(eyeWidth: number, eyeHeight: number): void {
    const width = eyeWidth * 2;
    if (this.canvas.width === width && this.canvas.height === eyeHeight) return;
    for (const canvas of [this.canvas, this.settled]) {
      canvas.width = width;
      canvas.height = eyeHeight;
    }
    this.settledKeys = [];
    this.drawnVersion = -1;
  }

  /** Say at the next `refresh` that the canvas changed: whoever had a copy has lost it. */
  invalidate(): void {
    this.drawnVersion = -1;
  }

  /** Bring the canvas up to date; whether it changed. */
  refresh(): boolean {
    const { board, canvas, settled } = this;
    if (board.version === this.drawnVersion) return false;
    const context = canvas.getContext("2d");
    const below = settled.getContext("2d");
    if (context === null || below === null) return false;
    this.drawnVersion = board.version;
    // Strokes before the first unfinished one are settled; order is kept.
    const open = board.visible.findIndex((stroke) => !stroke.done);
    const settledCount = open < 0 ? board.visible.length : open;
    this.settle(below, board.visible.slice(0, settledCount));
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (settledCount > 0) context.drawImage(settled, 0, 0);
    for (const stroke of board.visible.slice(settledCount)) this.drawBoth(context, stroke);
    return true;
  }

  private settle(context: CanvasRenderingContext2D, strokes: readonly InkStroke[]): void {
    const keys = strokes.map((stroke) => `${stroke.id} ${stroke.disparity}`);
    const kept = this.settledKeys.every((key, i) => keys[i] === key);
    const fresh = kept ? strokes.slice(this.settledKeys.length) : strokes;
    if (!kept) context.clearRect(0, 0, this.settled.width, this.settled.height);
    for (const stroke of fresh) this.drawBoth(context, stroke);
    this.settledKeys = keys;
  }

  private drawBoth(context: CanvasRenderingContext2D, stroke: InkStroke): void {
    const width = this.canvas.width / 2;
    const height = this.canvas.height;
    for (const eye of [0, 1]) {
      context.save();
      context.beginPath();
      context.rect(eye * width, 0, width, height);
      context.clip();
      drawStroke(context, stroke, { x: eye * width, width, height }, eye * stroke.disparity);
      context.restore();
    }
  }
}
