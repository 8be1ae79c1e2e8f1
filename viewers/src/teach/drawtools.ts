/** The pen, the arrow and the circle as tools of the pad. */

import type { Tool } from "../messages.gen.ts";
import type { PicturePoint } from "../picture/layout.ts";
import type { Contact, PadTool } from "./pad.ts";
import type { StrokeWriter } from "./writer.ts";

/** An arrow or circle smaller than this was a tap, not a shape. */
const SMALLEST = 0.008;

/** Draws from the first touch on: a tap makes a dot. */
export class PenTool implements PadTool {
  readonly multi = false;

  constructor(private readonly writer: StrokeWriter) {}

  down({ at }: Contact): void {
    this.writer.begin("pen", [at], this.writer.frameNow);
  }

  move(_contact: Contact, path: readonly PicturePoint[]): void {
    this.writer.extend(path);
  }

  up(): void {
    this.writer.finish();
  }
}

/** Drags out an arrow (tail to tip) or a circle (centre to rim). */
export class ShapeTool implements PadTool {
  readonly multi = false;
  private from: PicturePoint | null = null;
  private frameId = 0;

  constructor(
    private readonly writer: StrokeWriter,
    private readonly shape: Extract<Tool, "arrow" | "circle">,
  ) {}

  down({ at }: Contact): void {
    this.from = at;
    this.frameId = this.writer.frameNow;
  }

  move({ at }: Contact, path: readonly PicturePoint[]): void {
    const { from } = this;
    if (from === null) {
      this.writer.extend(path);
    } else if (Math.hypot(at.x - from.x, at.y - from.y) >= SMALLEST) {
      // The frame is the one on which the gesture began.
      this.writer.begin(this.shape, [from, at], this.frameId);
      this.from = null;
    }
  }

  up(): void {
    this.from = null;
    this.writer.finish();
  }
}
