/** Waiting times between attempts to reconnect. */

const FIRST_MS = 250;
const LONGEST_MS = 3000;

/** Doubles from 0.25 s to 3 s, each spread by a quarter so that a class does not return as one. */
export class Backoff {
  private step = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.step);
    this.step++;
    return base * (0.75 + 0.5 * this.random());
  }

  /** The connection stood: begin from the shortest wait again. */
  reset(): void {
    this.step = 0;
  }
}
