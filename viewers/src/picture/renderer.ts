/** What a renderer can do: the seam between the stage and the way in which pixels are made. */

import type { InkBox } from "../ink/damage.ts";
import type { Eyes } from "./eyes.ts";
import type { PresentedFrame } from "./frames.ts";
import type { Pane } from "./layout.ts";

/** A laser dot in left-view coordinates; `alpha` 0 means none. */
export interface Dot {
  x: number;
  y: number;
  disparity: number;
  alpha: number;
}

/** All that is needed to draw once, besides the pictures that were uploaded. Reused, not copied. */
export interface View {
  panes: readonly Pane[];
  /** Where each eye's view lies in the uploaded picture. */
  eyes: Eyes;
  /** Whether the eyes are exchanged; the panes say so too, except where both are mixed. */
  swap: boolean;
  /** Whether the uploaded ink holds anything. */
  inked: boolean;
  dot: Dot;
}

/** A source of texels, three planes in memory, or RGBX in memory. */
export type FrameForm = "image" | "planes" | "pixels";

/** Draws the uploaded picture and ink on a canvas. */
export interface Renderer {
  readonly kind: "webgl2" | "canvas2d";
  /** How it would like the next frame; an image must do where the browser gives no other. */
  readonly wants: FrameForm;
  /** Take a new frame; called once a frame. */
  upload(frame: PresentedFrame): void;
  /** Take the ink, both eyes side by side, where it changed: canvas pixels. */
  uploadInk(ink: HTMLCanvasElement, changed: readonly InkBox[]): void;
  /** Draw what was uploaded. */
  draw(view: View): void;
  /** RGBA of the canvas after a `draw` in the same task, top row first. */
  read(): Uint8ClampedArray<ArrayBuffer>;
}

/** The dot's radius as a fraction of the picture's width. */
export const DOT_RADIUS = 0.011;
/** The dot's colour, sRGB 0..1: with red and with blue, so that both eyes see it in an anaglyph. */
export const DOT_COLOUR = [1.0, 0.28, 0.62] as const;
