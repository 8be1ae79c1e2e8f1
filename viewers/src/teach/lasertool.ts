/** The laser pointer: follows the mouse or pen over the picture, or a finger on it. */

import type { PicturePoint } from "../picture/layout.ts";
import type { Player } from "../player.ts";
import type { Contact, PadTool } from "./pad.ts";

const EVERY_MS = 1000 / 60;
/** A dot at rest is sent again this often, since any message may be lost. */
const REFRESH_MS = 250;

export class LaserTool implements PadTool {
  readonly multi = false;
  private at: PicturePoint | null = null;
  private sentMs = -Infinity;
  private timer: number | undefined;

  constructor(private readonly player: Player) {}

  down({ at }: Contact): void {
    this.point(at);
  }

  move({ at }: Contact): void {
    this.point(at);
  }

  up(): void {
    this.point(null);
  }

  hover(point: PicturePoint | null): void {
    this.point(point);
  }

  private point(at: PicturePoint | null): void {
    if (at === null && this.at === null) return;
    const last = this.at ?? { x: 0, y: 0 };
    this.at = at;
    const { laser, stage } = this.player;
    laser.point({ ...(at ?? last), on: at !== null, disparity: 0 }, performance.now());
    stage.redraw();
    if (at === null) this.send(last, false);
    else this.sendSoon();
  }

  /** At most sixty a second; the newest position is always sent. */
  private sendSoon(): void {
    window.clearTimeout(this.timer);
    const wait = this.sentMs + EVERY_MS - performance.now();
    if (wait <= 0) this.refresh();
    else this.timer = window.setTimeout(() => this.refresh(), wait);
  }

  private refresh(): void {
    if (this.at === null) return;
    this.send(this.at, true);
    this.player.laser.point({ ...this.at, on: true, disparity: 0 }, performance.now());
    this.timer = window.setTimeout(() => this.refresh(), REFRESH_MS);
  }

  private send({ x, y }: PicturePoint, on: boolean): void {
    window.clearTimeout(this.timer);
    this.sentMs = performance.now();
    const frameId = Math.max(0, this.player.frameId ?? 0);
    this.player.link.sendLossy({ type: "pointer", x, y, on, frameId, disparity: 0 }, !on);
  }
}
