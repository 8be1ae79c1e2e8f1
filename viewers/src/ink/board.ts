/** The strokes that stand in the room, and from which presented frame on each is seen. */

import type { Event as RoomEvent, Stroke } from "../messages.gen.ts";

/**
 * A stroke whose frame has not come after this long is shown all the same: the frame was dropped,
 * or the server counts anew.
 */
export const HOLD_LIMIT_MS = 2000;
const TIMINGS_KEPT = 500;

export type InkPoint = readonly [number, number];

/** A stroke as this page holds it; points are appended in place. */
export interface InkStroke extends Omit<Stroke, "points" | "disparity" | "done"> {
  readonly points: InkPoint[];
  disparity: number;
  done: boolean;
}

/** On which presented frame a stroke arrived here and on which it was first seen; null: unknown. */
export interface StrokeTiming {
  readonly id: string;
  readonly frameId: number;
  readonly receivedAtFrame: number | null;
  shownOnFrame: number | null;
}

interface Held {
  readonly stroke: InkStroke;
  readonly timing: StrokeTiming;
  readonly sinceMs: number;
}

/** Holds each stroke until its frame is presented; strokes drawn in this page show at once. */
export class InkBoard {
  /** Strokes that are seen, oldest first. */
  readonly visible: InkStroke[] = [];
  /** The newest `TIMINGS_KEPT` strokes' timings, for the statistics. */
  readonly timings: StrokeTiming[] = [];
  /** Counts changes of what is seen, so that the layer redraws only then. */
  version = 0;
  private readonly held: Held[] = [];
  /** Strokes drawn in this page, and whether the server has taken them. */
  private readonly drawnHere = new Map<string, boolean>();
  private presented: number | null = null;

  /** Replace everything by what the server says stands. */
  reset(strokes: readonly Stroke[], nowMs: number): void {
    this.visible.length = 0;
    this.held.length = 0;
    this.drawnHere.clear();
    this.presented = null;
    this.version++;
    for (const stroke of strokes) this.hold(stroke, nowMs);
  }

  /** Show a stroke that is being drawn in this page; the server's echo of it changes little. */
  drawHere(stroke: Stroke): void {
    this.drawnHere.set(stroke.id, false);
    const timing = this.note(stroke);
    timing.shownOnFrame = this.presented;
    this.visible.push(own(stroke));
    this.version++;
  }

  /** Take one event of the room's log (those that concern no stroke are ignored). */
  apply(event: RoomEvent, nowMs: number): void {
    switch (event.type) {
      case "strokeBegun":
        if (this.drawnHere.has(event.stroke.id)) this.drawnHere.set(event.stroke.id, true);
        else this.hold(event.stroke, nowMs);
        break;
      case "strokeExtended":
        if (!this.drawnHere.has(event.id)) this.extend(event.id, event.points);
        break;
      case "strokeEnded":
        this.end(event.id, event.disparity);
        break;
      case "strokesRemoved":
        for (const id of event.ids) this.remove(id);
        break;
      case "sceneChanged":
        break;
    }
  }

  /** Add points to a pen stroke, or move the second point of an arrow or circle. */
  extend(id: string, points: readonly InkPoint[]): void {
    const stroke = this.find(id);
    if (stroke === undefined) return;
    if (stroke.tool === "pen") {
      stroke.points.push(...points);
    } else {
      const last = points[points.length - 1];
      if (last !== undefined) stroke.points[1] = last;
    }
    this.version++;
  }

  /** The stroke is complete; `disparity` places it in depth. */
  end(id: string, disparity: number): void {
    const stroke = this.find(id);
    if (stroke === undefined) return;
    stroke.done = true;
    stroke.disparity = disparity;
    this.version++;
  }

  /** Take a stroke away, seen or held. */
  remove(id: string): void {
    drop(this.visible, (stroke) => stroke.id === id);
    drop(this.held, (held) => held.stroke.id === id);
    this.drawnHere.delete(id);
    this.version++;
  }

  /** Take away what was drawn in this page and the server has not taken: it refused it. */
  discardUnconfirmed(): void {
    for (const [id, confirmed] of [...this.drawnHere]) {
      if (!confirmed) this.remove(id);
    }
  }

  /**
   * Frame `frameId` (null where unknown) is about to be drawn: strokes of this or an earlier frame
   * are seen from now on.
   */
  present(frameId: number | null, nowMs: number): void {
    this.presented = frameId;
    if (this.held.length > 0) this.release(nowMs);
  }

  /** Show held strokes that are due on the frame already presented: no new one comes. */
  release(nowMs: number): void {
    drop(this.held, ({ stroke, timing, sinceMs }) => {
      const due = this.presented === null || stroke.frameId <= this.presented;
      if (!due && nowMs - sinceMs < HOLD_LIMIT_MS) return false;
      timing.shownOnFrame = this.presented;
      this.visible.push(stroke);
      this.version++;
      return true;
    });
  }

  private find(id: string): InkStroke | undefined {
    return (
      this.visible.find((stroke) => stroke.id === id) ??
      this.held.find((held) => held.stroke.id === id)?.stroke
    );
  }

  private hold(stroke: Stroke, nowMs: number): void {
    this.held.push({ stroke: own(stroke), timing: this.note(stroke), sinceMs: nowMs });
  }

  private note(stroke: Stroke): StrokeTiming {
    const timing: StrokeTiming = {
      id: stroke.id,
      frameId: stroke.frameId,
      receivedAtFrame: this.presented,
      shownOnFrame: null,
    };
    this.timings.push(timing);
    if (this.timings.length > TIMINGS_KEPT) this.timings.shift();
    return timing;
  }
}

function own(stroke: Stroke): InkStroke {
  return { ...stroke, points: [...stroke.points] };
}

/** Remove, in place and in order, the items for which `test` says so. */
function drop<T>(items: T[], test: (item: T) => boolean): void {
  let kept = 0;
  for (const item of items) {
    if (!test(item)) items[kept++] = item;
  }
  items.length = kept;
}
