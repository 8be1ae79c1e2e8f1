/** Yields each presented video frame with the RTP timestamp of that very picture. */

import { FrameCopier, type Pixels, type Planes } from "./planes.ts";
import type { FrameForm } from "./renderer.ts";

/** One presented frame; the object is reused, its picture is valid only during the call. */
export interface PresentedFrame {
  /** What to draw from: a source of texels, or a copy in memory. */
  picture: HTMLVideoElement | VideoFrame | Planes | Pixels;
  /** Size in pixels. */
  width: number;
  height: number;
  /** 90 kHz, 32 bits; null where the browser tells none. */
  rtpTimestamp: number | null;
  /** When it is expected to be seen, on the clock of `performance.now()`. */
  displayMs: number;
}

const SMALLEST = 16;

interface WithMetadata {
  metadata?(): { rtpTimestamp?: number };
}

/**
 * Follows a video element by `requestVideoFrameCallback`. The element may already show the next
 * frame when the callback runs, so where the browser can (`VideoFrame.metadata()`), picture and
 * timestamp are both taken from one `VideoFrame`.
 */
export class FrameSource {
  private readonly frame: PresentedFrame;
  private readonly copier = new FrameCopier();
  private receiver: RTCRtpReceiver | null = null;
  private readonly exact = typeof VideoFrame === "function" && "metadata" in VideoFrame.prototype;
  private lastRtp: number | null = null;
  private busy = false;

  /** `wants` says in which form the next frame is drawn best. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly wants: () => FrameForm,
    private readonly present: (frame: PresentedFrame) => void,
  ) {
    this.frame = { picture: video, width: 0, height: 0, rtpTimestamp: null, displayMs: 0 };
    if ("requestVideoFrameCallback" in video) this.awaitFrame();
    else this.poll();
  }

  /** Show what `receiver` yields from now on. */
  follow(receiver: RTCRtpReceiver): void {
    this.receiver = receiver;
    this.lastRtp = null;
    this.video.srcObject = new MediaStream([receiver.track]);
    // Muted video may always play; a refusal means that the element was replaced meanwhile.
    this.video.play().catch(() => undefined);
  }

  private awaitFrame(): void {
    this.video.requestVideoFrameCallback((_now, metadata) => {
      this.awaitFrame();
      // A busy page runs the callback after the time that it names; the picture shows now then.
      const displayMs = Math.max(metadata.expectedDisplayTime, performance.now());
      this.take(metadata.rtpTimestamp ?? this.receiverTimestamp(), displayMs);
    });
  }

  /** For browsers without frame callbacks: whenever the media time moved. */
  private poll(): void {
    let seen = -1;
    const look = (now: number): void => {
      requestAnimationFrame(look);
      if (this.video.currentTime === seen || this.video.videoWidth === 0) return;
      seen = this.video.currentTime;
      this.take(this.receiverTimestamp(), now);
    };
    requestAnimationFrame(look);
  }

  private receiverTimestamp(): number | null {
    return this.receiver?.getSynchronizationSources()[0]?.rtpTimestamp ?? null;
  }

  private take(toldTimestamp: number | null, displayMs: number): void {
    const held = this.exact ? this.hold() : null;
    const rtpTimestamp = (held && heldTimestamp(held)) ?? toldTimestamp;
    if (held === null) {
      const { videoWidth, videoHeight } = this.video;
      this.show(this.video, videoWidth, videoHeight, rtpTimestamp, displayMs);
    } else if (this.wants() !== "image" && FrameCopier.takes(held)) {
      void this.takeCopy(held, rtpTimestamp, displayMs);
    } else {
      this.show(held, held.displayWidth, held.displayHeight, rtpTimestamp, displayMs);
      held.close();
    }
  }

  /** The copy ends before the page is painted; were one still going on, this frame is dropped. */
  private async takeCopy(
    held: VideoFrame,
    rtpTimestamp: number | null,
    displayMs: number,
  ): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      const { copier } = this;
      const copying = this.wants() === "planes" ? copier.copyPlanes(held) : copier.copyPixels(held);
      // A browser that cannot copy into this form still has the frame.
      const picture = await copying.catch(() => held);
      this.busy = false;
      this.show(picture, held.displayWidth, held.displayHeight, rtpTimestamp, displayMs);
    }
    held.close();
  }

  private show(
    picture: PresentedFrame["picture"],
    width: number,
    height: number,
    rtpTimestamp: number | null,
    displayMs: number,
  ): void {
    // A frame already drawn (it was newer than its callback) is not presented again, nor are the
    // two black pixels that Chromium shows before the first.
    const repeated = rtpTimestamp !== null && rtpTimestamp === this.lastRtp;
    if (repeated || width < SMALLEST) return;
    this.lastRtp = rtpTimestamp;
    const { frame } = this;
    frame.picture = picture;
    frame.width = width;
    frame.height = height;
    frame.rtpTimestamp = rtpTimestamp;
    frame.displayMs = displayMs;
    this.present(frame);
  }

  private hold(): VideoFrame | null {
    try {
      return new VideoFrame(this.video);
    } catch {
      return null; // No frame to hold yet.
    }
  }
}

function heldTimestamp(frame: VideoFrame): number | null {
  return (frame as WithMetadata).metadata?.().rtpTimestamp ?? null;
}
