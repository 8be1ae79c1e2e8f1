/** Ink and the laser dot over one eye's picture on a 2D canvas. */

import type { InkLayer } from "../ink/layer.ts";
import type { Pane } from "./layout.ts";
import { DOT_COLOUR, DOT_RADIUS, type View } from "./renderer.ts";

/** Draw what lies over the eye's picture in `pane`. */
export function drawOverlay(
  context: CanvasRenderingContext2D,
  ink: InkLayer,
  view: View,
  pane: Pane,
  right: boolean,
): void {
  if (view.inked) drawInk(context, ink, pane, right);
  if (view.dot.alpha > 0) drawDot(context, view, pane, right);
}

/** Only the part that holds ink is blended. */
function drawInk(
  context: CanvasRenderingContext2D,
  ink: InkLayer,
  pane: Pane,
  right: boolean,
): void {
  const { canvas } = ink;
  const box = ink.bounds(right ? 1 : 0);
  if (box === null) return;
  const eyeWidth = canvas.width / 2;
  const scaleX = pane.width / eyeWidth;
  const scaleY = pane.height / canvas.height;
  const x = pane.x + (box.x - (right ? eyeWidth : 0)) * scaleX;
  const y = pane.y + box.y * scaleY;
  const { width, height } = box;
  context.drawImage(canvas, box.x, box.y, width, height, x, y, width * scaleX, height * scaleY);
}

function drawDot(context: CanvasRenderingContext2D, view: View, pane: Pane, right: boolean): void {
  const { dot } = view;
  const x = pane.x + (dot.x - (right ? dot.disparity : 0)) * pane.width;
  const y = pane.y + dot.y * pane.height;
  const radius = DOT_RADIUS * pane.width;
  const rgb = DOT_COLOUR.map((value) => Math.round(value * 255)).join(" ");
  const glow = context.createRadialGradient(x, y, 0, x, y, radius);
  glow.addColorStop(0.2, "#fff");
  glow.addColorStop(0.35, `rgb(${rgb})`);
  glow.addColorStop(1, `rgb(${rgb} / 0)`);
  context.save();
  context.beginPath();
  context.rect(pane.x, pane.y, pane.width, pane.height);
  context.clip();
  context.globalAlpha = dot.alpha;
  context.fillStyle = glow;
  context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
  context.restore();
}
