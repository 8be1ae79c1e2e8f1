/** Counts events in the last second without allocating. */

/** A ring of event times; `perSecond` is how many lie within the last second. */
export class Rate {
  private readonly times = new Float64Array(256).fill(-Infinity);
  private next = 0;

  /** Note one event at `nowMs`. */
  mark(nowMs: number): void {
    this.times[this.next] = nowMs;
    this.next = (this.next + 1) % this.times.length;
  }

  /** Events in the second before `nowMs`. */
  perSecond(nowMs: number): number {
    let count = 0;
    for (const time of this.times) {
      if (nowMs - time < 1000) count++;
    }
    return count;
  }
}
