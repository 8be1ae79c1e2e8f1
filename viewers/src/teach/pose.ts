/** The anatomy's pose as this page holds it, sent to the room at a bounded rate. */

import type { PoseState } from "../messages.gen.ts";
import type { Player } from "../player.ts";
import { multiply, type Quaternion } from "./trackball.ts";

const EVERY_MS = 1000 / 30;
/** While the pose is being changed here, and shortly after, the room's echo is older than ours. */
const OWN_MS = 500;
const ZOOM = { least: 0.2, most: 10 } as const;
const FARTHEST = 1.5;

export const STANDARD_POSE: PoseState = { rotation: [0, 0, 0, 1], shift: [0, 0], zoom: 1 };

export class Pose {
  private own: PoseState = STANDARD_POSE;
  private touchedMs = -Infinity;
  private sentMs = -Infinity;
  private timer: number | undefined;

  constructor(private readonly player: Player) {}

  /** Turn by `turn`, about the anatomy's centre in camera axes. */
  turn(turn: Quaternion): void {
    const pose = this.current();
    this.set({ ...pose, rotation: multiply(turn, pose.rotation) });
  }

  /** Move by fractions of the picture's width and height. */
  shift(dx: number, dy: number): void {
    const pose = this.current();
    const bounded = (value: number): number => Math.min(FARTHEST, Math.max(-FARTHEST, value));
    this.set({ ...pose, shift: [bounded(pose.shift[0] + dx), bounded(pose.shift[1] + dy)] });
  }

  /** Multiply the zoom. */
  zoom(factor: number): void {
    const pose = this.current();
    this.set({ ...pose, zoom: Math.min(ZOOM.most, Math.max(ZOOM.least, pose.zoom * factor)) });
  }

  /** Back to the standard view. */
  reset(): void {
    this.set(STANDARD_POSE);
  }

  private current(): PoseState {
    const recent = performance.now() - this.touchedMs < OWN_MS;
    return recent ? this.own : (this.player.room.scene?.pose ?? STANDARD_POSE);
  }

  private set(pose: PoseState): void {
    this.own = pose;
    this.touchedMs = performance.now();
    window.clearTimeout(this.timer);
    const wait = this.sentMs + EVERY_MS - this.touchedMs;
    if (wait <= 0) this.send();
    else this.timer = window.setTimeout(() => this.send(), wait);
  }

  private send(): void {
    this.sentMs = performance.now();
    this.player.link.send({ type: "sceneSet", pose: this.own });
  }
}
