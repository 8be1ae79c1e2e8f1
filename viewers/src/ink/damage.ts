/** Which part of the ink canvas a change touches, so that only that part is redrawn and sent. */

import type { InkStroke } from "./board.ts";
import type { EyeArea } from "./draw.ts";

/** A rectangle of the ink canvas in whole pixels. */
export interface InkBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The part of `area` that a stroke's points from index `from` on may touch, or null where that is
 * none of it. A curve bends up to two points back; an arrow's barbs, edges and round ends stick
 * out by a few line widths; a text's extent is not known here, so it takes all.
 */
export function strokeBox(
  stroke: InkStroke,
  from: number,
  area: EyeArea,
  disparity: number,
): InkBox | null {
  if (stroke.tool === "text") return clip(area, area.x, 0, area.x + area.width, area.height);
  const size = Math.max(1, stroke.width * area.width);
  const points = stroke.points.slice(stroke.tool === "pen" ? Math.max(0, from - 3) : 0);
  const xs = points.map(([x]) => area.x + (x - disparity) * area.width);
  const ys = points.map(([, y]) => y * area.height);
  const reach = stroke.tool === "pen" ? longestStep(xs, ys) : reachOf(stroke, xs, ys, size);
  const margin = reach + size * 2 + 6;
  return clip(
    area,
    Math.min(...xs) - margin,
    Math.min(...ys) - margin,
    Math.max(...xs) + margin,
    Math.max(...ys) + margin,
  );
}

/** The smallest box that holds both. */
export function union(a: InkBox | null, b: InkBox | null): InkBox | null {
  if (a === null || b === null) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** Whether the two have a pixel in common. */
export function overlap(a: InkBox | null, b: InkBox): boolean {
  return (
    a !== null &&
    a.x < b.x + b.width &&
    b.x < a.x + a.width &&
    a.y < b.y + b.height &&
    b.y < a.y + a.height
  );
}

/** A curve through the points may swing out by a third of its longest step. */
function longestStep(xs: readonly number[], ys: readonly number[]): number {
  let longest = 0;
  xs.forEach((x, i) => {
    const step = Math.hypot(x - (xs[i - 1] ?? x), (ys[i] ?? 0) - (ys[i - 1] ?? ys[i] ?? 0));
    longest = Math.max(longest, step);
  });
  return longest / 3;
}

function reachOf(
  stroke: InkStroke,
  xs: readonly number[],
  ys: readonly number[],
  size: number,
): number {
  if (stroke.tool === "arrow") return Math.max(size * 5, 12);
  return Math.hypot((xs[1] ?? 0) - (xs[0] ?? 0), (ys[1] ?? 0) - (ys[0] ?? 0));
}

function clip(area: EyeArea, x0: number, y0: number, x1: number, y1: number): InkBox | null {
  const left = Math.max(area.x, Math.floor(x0));
  const top = Math.max(0, Math.floor(y0));
  const right = Math.min(area.x + area.width, Math.ceil(x1));
  const bottom = Math.min(area.height, Math.ceil(y1));
  return right > left && bottom > top
    ? { x: left, y: top, width: right - left, height: bottom - top }
    : null;
}
