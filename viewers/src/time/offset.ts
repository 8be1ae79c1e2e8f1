/** Estimates the offset of the server's capture clock from this page's, by minimum round trip. */

const WINDOW = 24;

/** This page's clock: Unix milliseconds that never step, unlike `Date.now()`. */
export function pageNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The offset is taken from the probe with the shortest round trip of the last `WINDOW` probes
 * (Cristian 1989): queueing only ever lengthens a round trip, so the shortest errs the least, by
 * at most half of itself.
 */
export class ClockOffset {
  private readonly offsets: number[] = [];
  private readonly trips: number[] = [];

  /** Take one probe: sent and received on the page's clock, answered on the server's. */
  add(sentMs: number, serverMs: number, receivedMs: number): void {
    const trip = receivedMs - sentMs;
    if (!(trip >= 0) || !Number.isFinite(serverMs)) return;
    this.trips.push(trip);
    this.offsets.push(serverMs - (sentMs + receivedMs) / 2);
    if (this.trips.length > WINDOW) {
      this.trips.shift();
      this.offsets.shift();
    }
  }

  /** Forget all probes: another server may answer now. */
  reset(): void {
    this.trips.length = 0;
    this.offsets.length = 0;
  }

  /** Milliseconds to add to the page's clock to get the server's; null before any probe. */
  get offsetMs(): number | null {
    return this.offsets[this.best()] ?? null;
  }

  /** The shortest round trip in the window, milliseconds; null before any probe. */
  get rttMs(): number | null {
    return this.trips[this.best()] ?? null;
  }

  private best(): number {
    let best = 0;
    for (let i = 1; i < this.trips.length; i++) {
      // The newest of equals: clocks drift.
      if ((this.trips[i] ?? 0) <= (this.trips[best] ?? 0)) best = i;
    }
    return best;
  }
}
