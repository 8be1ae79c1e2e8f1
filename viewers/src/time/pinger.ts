/** Probes the server's clock: often at first, then every two seconds. */

import type { Ping } from "../messages.gen.ts";
import { pageNowMs } from "./offset.ts";

const EAGER_MS = 500;
const EAGER_PROBES = 10;
const CALM_MS = 2000;

/** Calls `send` with a `Ping` on a schedule, from `start` until `stop`. */
export class Pinger {
  private timer: number | undefined;
  private sent = 0;

  constructor(private readonly send: (ping: Ping) => void) {}

  /** Begin anew, with eager probes. */
  start(): void {
    this.stop();
    this.sent = 0;
    this.tick();
  }

  /** Send no more. */
  stop(): void {
    window.clearTimeout(this.timer);
  }

  private tick(): void {
    this.send({ type: "ping", sentMs: pageNowMs() });
    this.sent++;
    const wait = this.sent < EAGER_PROBES ? EAGER_MS : CALM_MS;
    this.timer = window.setTimeout(() => this.tick(), wait);
  }
}
