/** Writes one stroke at a time: at once on this page, and to the room in batches. */

import {
  MAX_POINTS_PER_MESSAGE,
  MAX_POINTS_PER_STROKE,
  type Stroke,
  type Tool,
} from "../messages.gen.ts";
import type { InkPoint } from "../ink/board.ts";
import type { PicturePoint } from "../picture/layout.ts";
import type { Player } from "../player.ts";
import type { PenBox } from "./penbox.ts";

/** Points nearer than this to the last one add nothing that could be seen. */
const NEAREST = 0.0008;
const GRAIN = 1e5;

interface Open {
  readonly id: string;
  readonly tool: Tool;
  count: number;
  last: InkPoint;
  pending: InkPoint[];
}

export class StrokeWriter {
  private open: Open | null = null;
  private flushAsked = 0;

  constructor(
    private readonly player: Player,
    private readonly pens: PenBox,
  ) {}

  /** The frame that is on the screen: what a stroke that begins now is tied to. */
  get frameNow(): number {
    return Math.max(0, this.player.frameId ?? 0);
  }

  /** Begin a stroke on frame `frameId`; false where the room cannot be reached. */
  begin(tool: Tool, points: readonly PicturePoint[], frameId: number): boolean {
    this.finish();
    const inked = points.map(toInk);
    const last = inked[inked.length - 1];
    const id = this.put(tool, inked, frameId, this.pens.lineWidth, "", false);
    if (id === null || last === undefined) return false;
    this.open = { id, tool, count: inked.length, last, pending: [] };
    return true;
  }

  /** Write a text whose left end on the base line is at `point`. */
  text(text: string, point: PicturePoint, frameId: number): void {
    this.put("text", [toInk(point)], frameId, this.pens.textHeight, text, true);
  }

  /** Go on with the path (pen), or move the second point (arrow, circle). */
  extend(path: readonly PicturePoint[]): void {
    const { open } = this;
    if (open === null) return;
    const points = open.tool === "pen" ? this.thin(open, path) : path.slice(-1).map(toInk);
    if (points.length === 0) return;
    this.player.board.extend(open.id, points);
    this.player.stage.redraw();
    if (open.tool === "pen") open.pending.push(...points);
    else open.pending = points;
    open.count += points.length;
    if (this.flushAsked === 0) this.flushAsked = requestAnimationFrame(() => this.flush());
    if (open.tool === "pen" && open.count >= MAX_POINTS_PER_STROKE) {
      const [x, y] = open.last;
      this.begin("pen", [{ x, y }], this.frameNow);
    }
  }

  /** The pen was lifted. */
  finish(): void {
    const { open } = this;
    if (open === null) return;
    this.flush();
    this.open = null;
    this.player.board.end(open.id, 0);
    this.player.link.send({ type: "strokeEnd", id: open.id });
    this.player.stage.redraw();
  }

  /** The path without points that add nothing, and no longer than the stroke may get. */
  private thin(open: Open, path: readonly PicturePoint[]): InkPoint[] {
    const kept: InkPoint[] = [];
    for (const point of path) {
      const [x, y] = toInk(point);
      if (Math.hypot(x - open.last[0], y - open.last[1]) < NEAREST) continue;
      if (open.count + kept.length >= MAX_POINTS_PER_STROKE) break;
      open.last = [x, y];
      kept.push(open.last);
    }
    return kept;
  }

  private put(
    tool: Tool,
    points: readonly InkPoint[],
    frameId: number,
    width: number,
    text: string,
    done: boolean,
  ): string | null {
    const { player } = this;
    const shared = { id: newId(), tool, colour: this.pens.colourValue, width, frameId, points, text, done };
    if (!player.link.send({ type: "strokeBegin", ...shared })) return null;
    const stroke: Stroke = { ...shared, capturedMs: 0, disparity: 0 };
    player.board.drawHere(stroke);
    player.stage.redraw();
    return shared.id;
  }

  private flush(): void {
    cancelAnimationFrame(this.flushAsked);
    this.flushAsked = 0;
    const { open } = this;
    if (open === null) return;
    while (open.pending.length > 0) {
      const points = open.pending.splice(0, MAX_POINTS_PER_MESSAGE);
      this.player.link.send({ type: "strokeExtend", id: open.id, points });
    }
  }
}

function toInk({ x, y }: PicturePoint): InkPoint {
  return [Math.round(x * GRAIN) / GRAIN, Math.round(y * GRAIN) / GRAIN];
}

/** 128 random bits; `crypto.randomUUID` is missing where the page came by plain HTTP. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
