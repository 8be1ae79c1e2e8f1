/** Which part of a received picture each eye is shown, by the layout of its rendition. */

import type { RenditionInfo } from "../messages.gen.ts";
import type { DisplayMode } from "./layout.ts";

/**
 * How far apart, of all views of a quilt, the two lie that are shown to two eyes. Eyes 63 mm apart,
 * 0.6 m before a display, see directions 6 degrees apart: a sixth of the 35 to 40 degrees over which
 * light-field displays spread their views.
 */
export const PAIR_SHARE = 1 / 6;

/** A rectangle of the picture, in whole pixels from its top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What each eye is shown; `left` and `right` are one object where both see the same view. */
export interface Eyes {
  readonly left: Rect;
  readonly right: Rect;
  /**
   * Whether the two are the cameras' own pair, between which the disparity of ink holds. How far
   * apart two views of a quilt stand is not known: ink lies at the screen's depth there.
   */
  readonly paired: boolean;
}

/** How a rendition says that its views lie in its picture. */
export type PictureLayout = Pick<
  RenditionInfo,
  "kind" | "width" | "height" | "columns" | "rows" | "tileWidth" | "tileHeight"
>;

/**
 * The views for both eyes in a picture of `width` x `height` pixels (the layout's own size, or
 * another one, to which it is scaled). 2D shows a quilt's middle view, the left one of two; the
 * other modes a pair about it. What is no view, as the disparity below a pair, belongs to no eye.
 */
export function eyesIn(
  layout: PictureLayout | null,
  mode: DisplayMode,
  width: number,
  height: number,
): Eyes {
  switch (layout?.kind) {
    case "stereo":
    case "stereo+depth":
      return {
        left: tile(layout, 0, 0, width, height),
        right: tile(layout, 1, 0, width, height),
        paired: true,
      };
    case "quilt": {
      const views = layout.columns * layout.rows;
      const [first, last] = mode === "2d" ? middleView(views) : pairOfViews(views);
      const left = view(layout, first, width, height);
      const right = first === last ? left : view(layout, last, width, height);
      return { left, right, paired: false };
    }
    default: {
      const whole = { x: 0, y: 0, width, height };
      return { left: whole, right: whole, paired: false };
    }
  }
}

/** Two views symmetric about the middle of `views`, about `PAIR_SHARE` of them apart. */
export function pairOfViews(views: number): readonly [number, number] {
  // The distance of two such views is odd where their number is even, and even where it is odd.
  const odd = (views - 1) % 2;
  const wished = odd + 2 * Math.round(((views - 1) * PAIR_SHARE - odd) / 2);
  const apart = Math.min(views - 1, Math.max(odd === 1 ? 1 : 2, wished));
  const first = (views - 1 - apart) / 2;
  return [first, first + apart];
}

function middleView(views: number): readonly [number, number] {
  const middle = Math.floor((views - 1) / 2);
  return [middle, middle];
}

/**
 * The rendition that a picture of this size belongs to: of several, the one that this page asked
 * for. A picture of no rendition's size is taken for the wanted one, scaled on its way.
 */
export function renditionOf(
  renditions: readonly RenditionInfo[],
  wanted: string,
  width: number,
  height: number,
): RenditionInfo | null {
  const asked = renditions.find(({ name }) => name === wanted) ?? null;
  const fits = (each: RenditionInfo): boolean => each.width === width && each.height === height;
  if (asked !== null && fits(asked)) return asked;
  return renditions.find(fits) ?? asked;
}

/** View 0 is the tile at the bottom left; views go on to the right, then upwards. */
function view(layout: PictureLayout, index: number, width: number, height: number): Rect {
  const { columns, rows } = layout;
  return tile(layout, index % columns, rows - 1 - Math.floor(index / columns), width, height);
}

function tile(
  layout: PictureLayout,
  column: number,
  row: number,
  width: number,
  height: number,
): Rect {
  const wide = (layout.tileWidth * width) / layout.width;
  const high = (layout.tileHeight * height) / layout.height;
  return {
    x: Math.round(column * wide),
    y: Math.round(row * high),
    width: Math.max(1, Math.floor(wide)),
    height: Math.max(1, Math.floor(high)),
  };
}
