/** Yields each presented video frame with the RTP timestamp of that very picture. */

/** One presented frame; the object is reused, `image` is valid only during the call. */
export interface PresentedFrame {
  image: HTMLVideoElement | VideoFrame;
  /** Size in pixels. */
  width: number;
  height: number;
  /** 90 kHz, 32 bits; null where the browser tells none. */
  rtpTimestamp: number | null;
  /** When it is expected to be seen, on the clock of `performance.now()`. */
  displayMs: number;
}

interface WithMetadata {
  metadata?(): { rtpTimestamp?: number };
}

/**
 * Follows a video element by `requestVideoFrameCallback`. The element may already show the next
 * frame when the callback runs, so where the browser can (`VideoFrame.metadata()`), picture and
 * timestamp are both taken from one `VideoFrame`; it is a reference, nothing is copied.
 */
export class FrameSource {
  private readonly frame: PresentedFrame;
  private receiver: RTCRtpReceiver | null = null;
  private exact = typeof VideoFrame === "function" && "metadata" in VideoFrame.prototype;
  private lastRtp: number | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly present: (frame: PresentedFrame) => void,
  ) {
    this.frame = { image: video, width: 0, height: 0, rtpTimestamp: null, displayMs: 0 };
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
      this.take(metadata.rtpTimestamp ?? this.receiverTimestamp(), metadata.expectedDisplayTime);
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

  private take(rtpTimestamp: number | null, displayMs: number): void {
    const { frame, video } = this;
    const held = this.exact ? this.hold() : null;
    frame.image = held ?? video;
    frame.width = held?.displayWidth ?? video.videoWidth;
    frame.height = held?.displayHeight ?? video.videoHeight;
    frame.rtpTimestamp = (held && heldTimestamp(held)) ?? rtpTimestamp;
    frame.displayMs = displayMs;
    // A frame already drawn (it was newer than its callback) is not presented again.
    const repeated = frame.rtpTimestamp !== null && frame.rtpTimestamp === this.lastRtp;
    this.lastRtp = frame.rtpTimestamp;
    if (!repeated && frame.width > 0) this.present(frame);
    held?.close();
  }

  private hold(): VideoFrame | null {
    try {
      const held = new VideoFrame(this.video);
      if (heldTimestamp(held) !== null) return held;
      held.close();
      this.exact = false;
    } catch {
      // No frame to hold yet.
    }
    return null;
  }
}

function heldTimestamp(frame: VideoFrame): number | null {
  return (frame as WithMetadata).metadata?.().rtpTimestamp ?? null;
}
