/** What `window.theatron` offers to tests and to whoever looks under the bonnet. */

import type { Role } from "./messages.gen.ts";
import type { StrokeTiming } from "./ink/board.ts";
import type { Eyes } from "./picture/eyes.ts";
import type { DisplayMode } from "./picture/layout.ts";

/** The state of the page at the presented frame; null is "not known". */
export interface Stats {
  /** Identity of the frame on the canvas. */
  readonly frameId: number | null;
  /** Its capture time, Unix milliseconds on the server's clock. */
  readonly capturedMs: number | null;
  readonly rtpTimestamp: number | null;
  /** From capture to the expected time of display. */
  readonly latencyMs: number | null;
  /** Frames presented in the last second. */
  readonly fps: number;
  readonly mode: DisplayMode;
  /** Whether the eyes are exchanged. */
  readonly swap: boolean;
  /** Strokes that are seen. */
  readonly strokes: number;
  /** On which frame each stroke arrived and was first seen; the newest 500. */
  readonly strokeFrames: readonly StrokeTiming[];
  /** The rendition that the presented frame is of. */
  readonly rendition: string | null;
  /** Which parts of the received picture the eyes are shown, in its pixels. */
  readonly eyes: Eyes | null;
  /** Size of the received picture in pixels (all its views, and what else it holds). */
  readonly renditionWidth: number;
  readonly renditionHeight: number;
  /** Frames drawn since the page was opened. */
  readonly presented: number;
  /** Frames of the source that lay between presented ones and were never drawn, lost anywhere. */
  readonly skipped: number;
  /** Of these, frames that were received or decoded but never shown, as the browser counts them. */
  readonly dropped: number;
  /** The peer connection's state, or the link's before there is one. */
  readonly connection: string;
  /** What draws: WebGL 2, or a 2D canvas where the device has no GPU. */
  readonly renderer: "webgl2" | "canvas2d" | "none";
  readonly role: Role | null;
  readonly viewers: number;
  readonly clockOffsetMs: number | null;
  readonly rttMs: number | null;
}

/** The pixels of the canvas, and the frame that they show. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, top row first. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly frameId: number | null;
}

/** The page's hooks, at `window.theatron`. */
export interface TheatronHooks {
  stats(): Stats;
  /** Draws the present frame again and reads it back: the id and the pixels belong together. */
  pixels(): Pixels | null;
  /** Called synchronously after each newly presented frame was drawn (not after redraws of ink). */
  onFrame: ((stats: Stats) => void) | null;
}

declare global {
  interface Window {
    theatron: TheatronHooks;
  }
}
