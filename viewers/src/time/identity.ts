/** Finds a frame's id and capture time from its RTP timestamp and the server's anchors. */

import type { Anchor } from "../messages.gen.ts";

/** Low bits of an RTP timestamp that hold the frame id (see `streamer/clock.py`). */
export const FRAME_ID_BITS = 6;
const FRAME_ID_CYCLE = 1 << FRAME_ID_BITS;
const FRAME_ID_MASK = FRAME_ID_CYCLE - 1;
const TICKS_PER_MS = 90;
const ANCHORS_KEPT = 32;

/** A frame's id and its capture time in Unix milliseconds on the server's clock. */
export interface Identity {
  frameId: number;
  capturedMs: number;
}

/** `later - earlier` in 90 kHz ticks, right across the 32-bit wrap within half its range. */
export function ticksBetween(earlier: number, later: number): number {
  return (later - earlier) | 0;
}

/** Writes the identity of the frame at `rtpTimestamp`, as one anchor gives it, into `out`. */
export function identify(rtpTimestamp: number, anchor: Anchor, out: Identity): Identity {
  const ticks = ticksBetween(anchor.rtpTimestamp, rtpTimestamp);
  const estimate = anchor.frameId + ticks / anchor.ticksPerFrame;
  const low = rtpTimestamp & FRAME_ID_MASK;
  out.frameId = low + FRAME_ID_CYCLE * Math.round((estimate - low) / FRAME_ID_CYCLE);
  out.capturedMs = anchor.capturedMs + ticks / TICKS_PER_MS;
  return out;
}

/**
 * The anchors of the last half minute. The one nearest in RTP time speaks for a frame, so that a
 * jump of the source's time or rate is followed from the frame on which it happened.
 */
export class Identities {
  private readonly anchors: Anchor[] = [];
  private readonly found: Identity = { frameId: 0, capturedMs: 0 };

  /** Take an anchor; one without a usable rate is ignored. */
  add(anchor: Anchor): void {
    if (!(anchor.ticksPerFrame > 0)) return;
    this.anchors.push(anchor);
    if (this.anchors.length > ANCHORS_KEPT) this.anchors.shift();
  }

  /** Forget all anchors: the server's clock may have started anew. */
  reset(): void {
    this.anchors.length = 0;
  }

  /** The frame at `rtpTimestamp`, or null before the first anchor. The object is reused. */
  at(rtpTimestamp: number): Identity | null {
    let best: Anchor | null = null;
    let bestDistance = Infinity;
    for (const anchor of this.anchors) {
      const distance = Math.abs(ticksBetween(anchor.rtpTimestamp, rtpTimestamp));
      // At equal distance the later anchor wins: it was sent knowing more.
      if (distance <= bestDistance) {
        best = anchor;
        bestDistance = distance;
      }
    }
    return best && identify(rtpTimestamp, best, this.found);
  }
}
