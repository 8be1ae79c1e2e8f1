/** The heart of both pages: joins the room, shows its frames with their identity, ink and figures. */

import { InkBoard } from "./ink/board.ts";
import { InkLayer } from "./ink/layer.ts";
import { Laser } from "./ink/laser.ts";
import { Link, type LinkEvents, type LinkState } from "./link/link.ts";
import type { Answer, RenditionInfo, ServerMessage } from "./messages.gen.ts";
import { renditionOf } from "./picture/eyes.ts";
import { FrameSource, type PresentedFrame } from "./picture/frames.ts";
import type { FrameForm } from "./picture/renderer.ts";
import { Stage, type Drawing } from "./picture/stage.ts";
import { type Room, newRoom } from "./room.ts";
import type { Pixels, Stats, TheatronHooks } from "./stats.ts";
import { Drops } from "./time/drops.ts";
import { Identities } from "./time/identity.ts";
import { ClockOffset, pageNowMs } from "./time/offset.ts";
import { Pinger } from "./time/pinger.ts";
import { Rate } from "./time/rate.ts";

const STALL_MS = 3000;
const WATCH_MS = 500;
/** Remote ink is drawn with the next frame; where none comes, after this long over the present one. */
const QUIET_MS = 150;

export class Player {
  readonly board = new InkBoard();
  readonly laser = new Laser();
  readonly stage: Stage;
  readonly link: Link;
  /** What the room said last. */
  readonly room: Room = newRoom();
  /** The presented frame; null where unknown. */
  frameId: number | null = null;
  readonly hooks: TheatronHooks;
  private readonly listeners: (() => void)[] = [];
  private readonly identities = new Identities();
  private readonly clock = new ClockOffset();
  private readonly rate = new Rate();
  private readonly drops = new Drops();
  private readonly pinger: Pinger;
  private readonly frames: FrameSource;
  private offered: readonly RenditionInfo[] = [];
  private wanted: string;
  /** Which rendition the presented frame is of. */
  private shown: RenditionInfo | null = null;
  private capturedMs: number | null = null;
  private rtpTimestamp: number | null = null;
  private latencyMs: number | null = null;
  private presented = 0;
  private skipped = 0;
  private width = 0;
  private height = 0;
  private lastFrameMs = -Infinity;
  private watchedFromMs = 0;

  /** `usual` is the rendition of this page unless another one is asked for. */
  constructor(
    canvas: HTMLCanvasElement,
    video: HTMLVideoElement,
    token: string,
    private readonly usual: string,
  ) {
    this.wanted = renditionAsked() ?? usual;
    this.stage = new Stage(canvas, new InkLayer(this.board), this.laser, drawingAsked());
    const wants = (): FrameForm => this.stage.wants;
    this.frames = new FrameSource(video, wants, (frame) => this.present(frame));
    this.link = new Link(socketUrl(), token, () => this.wanted, this.linkEvents());
    this.pinger = new Pinger((ping) => this.link.sendLossy(ping, true));
    this.hooks = {
      stats: () => this.stats(),
      pixels: () => this.pixels(),
      onFrame: null,
    };
    this.stage.onLost = () => this.changed();
    window.setInterval(() => this.watch(), WATCH_MS);
  }

  /** Call `listener` when connection, room or stage changed, and twice a second (not each frame). */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Whether frames are being presented now. */
  get flowing(): boolean {
    return performance.now() - this.lastFrameMs < STALL_MS;
  }

  /** The rendition that this page asks for. */
  get rendition(): string {
    return this.wanted;
  }

  /** What the room offers. */
  get renditions(): readonly RenditionInfo[] {
    return this.offered;
  }

  /** Ask for another rendition; it comes at its next keyframe. */
  select(rendition: string): void {
    this.wanted = rendition;
    this.link.send({ type: "select", rendition });
    this.changed();
  }

  stats(): Stats {
    return {
      frameId: this.frameId,
      capturedMs: this.capturedMs,
      rtpTimestamp: this.rtpTimestamp,
      latencyMs: this.latencyMs,
      fps: this.rate.perSecond(performance.now()),
      mode: this.stage.mode,
      swap: this.stage.swap,
      strokes: this.board.visible.length,
      strokeFrames: this.board.timings,
      rendition: this.shown?.name ?? null,
      eyes: this.stage.eyes,
      renditionWidth: this.width,
      renditionHeight: this.height,
      presented: this.presented,
      skipped: this.skipped,
      dropped: this.drops.count,
      connection: this.link.connection,
      renderer: this.stage.kind,
      role: this.room.role,
      viewers: this.room.viewers,
      clockOffsetMs: this.clock.offsetMs,
      rttMs: this.clock.rttMs,
    };
  }

  private pixels(): Pixels | null {
    const drawn = this.stage.pixels();
    return drawn && { ...drawn, frameId: this.frameId };
  }

  private present(frame: PresentedFrame): void {
    const now = performance.now();
    const resumed = !this.flowing;
    const identity = frame.rtpTimestamp === null ? null : this.identities.at(frame.rtpTimestamp);
    const offset = this.clock.offsetMs;
    this.rtpTimestamp = frame.rtpTimestamp;
    if (identity !== null && this.frameId !== null) {
      this.skipped += Math.max(0, identity.frameId - this.frameId - 1);
    }
    this.frameId = identity?.frameId ?? null;
    this.capturedMs = identity?.capturedMs ?? null;
    this.latencyMs =
      identity === null || offset === null
        ? null
        : performance.timeOrigin + frame.displayMs + offset - identity.capturedMs;
    this.width = frame.width;
    this.height = frame.height;
    this.lastFrameMs = now;
    this.presented++;
    this.rate.mark(now);
    this.board.present(this.frameId, now);
    // Told by its size: a switch shows at its first frame.
    this.shown = renditionOf(this.offered, this.wanted, frame.width, frame.height);
    this.stage.present(frame, this.shown, now);
    if (this.hooks.onFrame !== null) this.hooks.onFrame(this.stats());
    this.link.proven();
    if (resumed) this.changed();
  }

  private linkEvents(): LinkEvents {
    return {
      state: (state: LinkState) => {
        if (state.kind === "waiting") this.pinger.stop();
        this.changed();
      },
      receiver: (receiver) => {
        this.frames.follow(receiver);
        this.drops.follow(receiver);
      },
      message: (message) => this.receive(message),
    };
  }

  private receive(message: Exclude<ServerMessage, Answer>): void {
    const now = performance.now();
    switch (message.type) {
      case "welcome":
        this.clock.reset();
        this.identities.reset();
        this.frameId = null;
        if (message.anchor !== null) this.identities.add(message.anchor);
        this.offer(message.renditions);
        this.board.reset(message.strokes, now);
        this.room.role = message.role;
        this.room.scene = message.scene;
        this.room.source = message.source;
        this.room.viewers = message.viewers;
        this.pinger.start();
        break;
      case "anchor":
        this.identities.add(message.anchor);
        return;
      case "pong":
        this.clock.add(message.sentMs, message.serverMs, pageNowMs());
        return;
      case "event":
        this.board.apply(message.event, now);
        if (message.event.type !== "sceneChanged") {
          this.drawIfQuiet();
          return;
        }
        this.room.scene = message.event.scene;
        break;
      case "pointer":
        this.laser.point(message, now);
        this.drawIfQuiet();
        return;
      case "status":
        this.room.source = message.source;
        this.room.viewers = message.viewers;
        break;
      case "refused":
        this.room.refusal = { reason: message.reason, atMs: now };
        this.board.discardUnconfirmed();
        break;
      case "bye":
        return;
    }
    this.changed();
  }

  /** Take what the room offers; what was wanted may not be among it. */
  private offer(renditions: readonly RenditionInfo[]): void {
    this.offered = renditions;
    if (renditions.some(({ name }) => name === this.wanted)) return;
    const names = renditions.map(({ name }) => name).join(", ");
    console.warn(`The room offers no rendition "${this.wanted}" (but ${names}): taking ${this.usual}.`);
    this.wanted = this.usual;
  }

  private drawIfQuiet(): void {
    window.setTimeout(() => {
      const now = performance.now();
      if (now - this.lastFrameMs < QUIET_MS) return;
      this.board.release(now);
      this.stage.redraw();
    }, QUIET_MS);
  }

  /** Join anew where the source is live but nothing has been seen for three seconds. */
  private watch(): void {
    const since = Math.max(this.lastFrameMs, this.watchedFromMs);
    const expected =
      !document.hidden &&
      this.link.state.kind === "connected" &&
      this.room.source?.state === "live" &&
      !this.stage.lost;
    const now = performance.now();
    if (!expected) this.watchedFromMs = now;
    else if (now - since > STALL_MS) {
      this.watchedFromMs = now;
      this.link.renew("frames");
    }
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** `?draw=webgl2` or `?draw=canvas2d` before the token: for tests, and where a driver is broken. */
function drawingAsked(): Drawing {
  const asked = new URLSearchParams(location.search).get("draw");
  return asked === "webgl2" || asked === "canvas2d" ? asked : "auto";
}

/** `?rendition=quilt:8x6` before the token: what to begin with. */
function renditionAsked(): string | null {
  // In a query a plus sign stands for a space, which no name has.
  return new URLSearchParams(location.search).get("rendition")?.replaceAll(" ", "+") ?? null;
}

function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}
