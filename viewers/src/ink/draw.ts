/** How a stroke looks in one eye's part of a canvas. */

import type { InkPoint, InkStroke } from "./board.ts";

const TAU = Math.PI * 2;
const FONTS = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Noto Sans CJK JP", sans-serif';

/** One eye's part of the ink canvas, in pixels. */
export interface EyeArea {
  readonly x: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The line of `stroke` in one eye, shifted left by `disparity` (a fraction of the width); null for
 * a text, which has none.
 */
export function outline(stroke: InkStroke, area: EyeArea, disparity: number): Path2D | null {
  const points = stroke.points.map(toPixels(area, disparity));
  switch (stroke.tool) {
    case "text":
      return null;
    case "arrow":
      return arrow(points, lineWidth(stroke, area));
    case "circle":
      return circle(points);
    case "pen":
      return curve(points);
  }
}

/**
 * Paint `stroke` along its `path`, or a text at its anchor. A dark edge keeps light ink readable
 * on light tissue, and a light one dark ink on dark.
 */
export function paint(
  context: CanvasRenderingContext2D,
  stroke: InkStroke,
  path: Path2D | null,
  area: EyeArea,
  disparity: number,
): void {
  const size = lineWidth(stroke, area);
  if (path === null) {
    paintText(context, stroke, toPixels(area, disparity), size);
    return;
  }
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = edgeColour(stroke.colour);
  context.lineWidth = size + 2 * Math.max(1, Math.min(3, size * 0.3));
  context.stroke(path);
  context.strokeStyle = stroke.colour;
  context.lineWidth = size;
  context.stroke(path);
}

function lineWidth(stroke: InkStroke, area: EyeArea): number {
  return Math.max(1, stroke.width * area.width);
}

function toPixels(area: EyeArea, disparity: number): ToPixels {
  return ([x, y]) => [area.x + (x - disparity) * area.width, y * area.height];
}

type ToPixels = (point: InkPoint) => readonly [number, number];

/** A curve through all points (Catmull-Rom, as Bezier pieces); one point makes a dot. */
function curve(points: readonly InkPoint[]): Path2D {
  const path = new Path2D();
  const [first] = points;
  if (first === undefined) return path;
  path.moveTo(first[0], first[1]);
  // A line without length is not drawn: a dot is a very short one with round ends.
  if (points.length === 1) path.lineTo(first[0] + 0.01, first[1]);
  for (let i = 0; i + 1 < points.length; i++) {
    const a = points[Math.max(0, i - 1)] ?? first;
    const b = points[i] ?? first;
    const c = points[i + 1] ?? first;
    const d = points[Math.min(points.length - 1, i + 2)] ?? first;
    path.bezierCurveTo(
      b[0] + (c[0] - a[0]) / 6,
      b[1] + (c[1] - a[1]) / 6,
      c[0] - (d[0] - b[0]) / 6,
      c[1] - (d[1] - b[1]) / 6,
      c[0],
      c[1],
    );
  }
  return path;
}

function arrow(points: readonly InkPoint[], size: number): Path2D {
  const path = new Path2D();
  const [tail, tip] = points;
  if (tail === undefined || tip === undefined) return curve(points);
  const angle = Math.atan2(tip[1] - tail[1], tip[0] - tail[0]);
  const length = Math.hypot(tip[0] - tail[0], tip[1] - tail[1]);
  const barb = Math.min(length * 0.6, Math.max(size * 5, 12));
  path.moveTo(tail[0], tail[1]);
  path.lineTo(tip[0], tip[1]);
  for (const side of [-1, 1]) {
    const turn = angle + Math.PI + side * 0.5;
    path.moveTo(tip[0] + barb * Math.cos(turn), tip[1] + barb * Math.sin(turn));
    path.lineTo(tip[0], tip[1]);
  }
  return path;
}

function circle(points: readonly InkPoint[]): Path2D {
  const path = new Path2D();
  const [centre, rim] = points;
  if (centre === undefined || rim === undefined) return curve(points);
  const radius = Math.max(1, Math.hypot(rim[0] - centre[0], rim[1] - centre[1]));
  path.arc(centre[0], centre[1], radius, 0, TAU);
  return path;
}

function paintText(
  context: CanvasRenderingContext2D,
  stroke: InkStroke,
  px: ToPixels,
  size: number,
): void {
  const [anchor] = stroke.points;
  if (anchor === undefined) return;
  const [x, y] = px(anchor);
  context.fillStyle = stroke.colour;
  context.font = `600 ${Math.max(6, size)}px ${FONTS}`;
  context.textBaseline = "alphabetic";
  // The anchor is the text's left end in every script; the direction orders mixed runs.
  context.textAlign = "left";
  context.direction = isRightToLeft(stroke.text) ? "rtl" : "ltr";
  context.lineJoin = "round";
  context.lineWidth = Math.max(2, size * 0.14);
  context.strokeStyle = edgeColour(stroke.colour);
  context.strokeText(stroke.text, x, y);
  context.fillText(stroke.text, x, y);
}

/** Whether the first letter with a direction is Hebrew, Arabic or of another such script. */
export function isRightToLeft(text: string): boolean {
  const strong = /\p{L}/u.exec(text)?.[0] ?? "";
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/u.test(strong);
}

function edgeColour(colour: string): string {
  const value = Number.parseInt(colour.slice(1), 16);
  const luma = ((value >> 16) & 255) * 0.21 + ((value >> 8) & 255) * 0.72 + (value & 255) * 0.07;
  return luma > 96 ? "rgb(0 0 0 / 0.6)" : "rgb(255 255 255 / 0.7)";
}
