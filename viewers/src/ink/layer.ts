/** Keeps the ink of both eyes, side by side, on one canvas; only what changed is painted again. */

import type { InkBoard, InkStroke } from "./board.ts";
import { overlap, strokeBox, union, type InkBox } from "./damage.ts";
import { outline, paint, type EyeArea } from "./draw.ts";

/** One stroke in one eye as it was painted. */
interface Trace {
  readonly path: Path2D | null;
  readonly box: InkBox | null;
}

/** A stroke as it was painted last. */
interface Piece {
  readonly disparity: number;
  readonly points: number;
  /** The last point: an arrow's tip moves without their number changing. */
  readonly tip: InkStroke["points"][number] | undefined;
  readonly traces: readonly Trace[];
}

export class InkLayer {
  readonly canvas = document.createElement("canvas");
  private readonly pieces = new Map<string, Piece>();
  private eyes: readonly EyeArea[] = [];
  private paintedVersion = -1;
  private all = true;

  constructor(private readonly board: InkBoard) {}

  /** Whether anything is on the canvas. */
  get inked(): boolean {
    return this.board.visible.length > 0;
  }

  /** Set the size of one eye's picture in ink pixels. */
  resize(eyeWidth: number, eyeHeight: number): void {
    if (this.canvas.width === eyeWidth * 2 && this.canvas.height === eyeHeight) return;
    this.canvas.width = eyeWidth * 2;
    this.canvas.height = eyeHeight;
    this.eyes = [0, eyeWidth].map((x) => ({ x, width: eyeWidth, height: eyeHeight }));
    this.pieces.clear();
    this.invalidate();
  }

  /** The part of an eye (0 left, 1 right) that holds ink, in canvas pixels. */
  bounds(eye: number): InkBox | null {
    let box: InkBox | null = null;
    for (const { traces } of this.pieces.values()) box = union(box, traces[eye]?.box ?? null);
    return box;
  }

  /** Report everything as changed at the next `refresh`: whoever had a copy has lost it. */
  invalidate(): void {
    this.all = true;
    this.paintedVersion = -1;
  }

  /** Bring the canvas up to date; the boxes that changed (none: nothing did). */
  refresh(): readonly InkBox[] {
    const { board, canvas, eyes } = this;
    if (board.version === this.paintedVersion) return [];
    const context = canvas.getContext("2d");
    if (context === null || eyes.length === 0) return [];
    this.paintedVersion = board.version;
    const damage = this.update();
    if (this.all) eyes.forEach((eye, i) => (damage[i] = { ...eye, y: 0 }));
    this.all = false;
    damage.forEach((box, i) => {
      if (box !== null) this.repaint(context, box, i);
    });
    return damage.filter((box) => box !== null);
  }

  /** Trace what is new or different; what that touches in each eye. */
  private update(): (InkBox | null)[] {
    const damage: (InkBox | null)[] = this.eyes.map(() => null);
    const hit = (eye: number, box: InkBox | null): void => {
      damage[eye] = union(damage[eye] ?? null, box);
    };
    const gone = new Map(this.pieces);
    for (const stroke of this.board.visible) {
      const before = gone.get(stroke.id);
      gone.delete(stroke.id);
      if (before !== undefined && isSame(before, stroke)) continue;
      const grown = stroke.tool === "pen" && before?.disparity === stroke.disparity;
      const traces = this.eyes.map((area, eye) => {
        const disparity = eye * stroke.disparity;
        const box = strokeBox(stroke, 0, area, disparity);
        if (grown) hit(eye, strokeBox(stroke, before.points, area, disparity));
        else hit(eye, union(before?.traces[eye]?.box ?? null, box));
        return { path: outline(stroke, area, disparity), box };
      });
      const tip = stroke.points[stroke.points.length - 1];
      const { disparity, points } = stroke;
      this.pieces.set(stroke.id, { disparity, points: points.length, tip, traces });
    }
    for (const [id, piece] of gone) {
      piece.traces.forEach(({ box }, eye) => hit(eye, box));
      this.pieces.delete(id);
    }
    return damage;
  }

  private repaint(context: CanvasRenderingContext2D, box: InkBox, eye: number): void {
    const area = this.eyes[eye];
    if (area === undefined) return;
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width, box.height);
    context.clip();
    context.clearRect(box.x, box.y, box.width, box.height);
    for (const stroke of this.board.visible) {
      const trace = this.pieces.get(stroke.id)?.traces[eye];
      if (trace === undefined || !overlap(trace.box, box)) continue;
      paint(context, stroke, trace.path, area, eye * stroke.disparity);
    }
    context.restore();
  }
}

function isSame(piece: Piece, stroke: InkStroke): boolean {
  const { points } = stroke;
  return (
    piece.disparity === stroke.disparity &&
    piece.points === points.length &&
    piece.tip === points[points.length - 1]
  );
}
