/** The laser pointer's dot: where it is and how it fades. */

import type { Pointer } from "../messages.gen.ts";
import type { Dot } from "../picture/renderer.ts";

const HOLD_MS = 1000;
const FADE_MS = 300;

/** Full for a second after it was last heard of, then fading; sooner when it is switched off. */
export class Laser {
  /** The dot to draw; updated in place. */
  readonly dot: Dot = { x: 0, y: 0, disparity: 0, alpha: 0 };
  private fadeFromMs = -Infinity;

  /** Move it, or switch it off. */
  point(pointer: Pick<Pointer, "x" | "y" | "on" | "disparity">, nowMs: number): void {
    if (pointer.on) {
      this.dot.x = pointer.x;
      this.dot.y = pointer.y;
      this.dot.disparity = pointer.disparity;
      this.fadeFromMs = nowMs + HOLD_MS;
    } else {
      this.fadeFromMs = Math.min(this.fadeFromMs, nowMs);
    }
  }

  /** Set the dot's alpha for `nowMs`; whether anything of it is seen. */
  fade(nowMs: number): boolean {
    this.dot.alpha = Math.min(1, Math.max(0, 1 - (nowMs - this.fadeFromMs) / FADE_MS));
    return this.dot.alpha > 0;
  }
}
