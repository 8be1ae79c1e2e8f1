/** Counts frames that reached this device but were never shown. */

const POLL_MS = 2000;

/** Sums the browser's own count over all receivers that were followed. */
export class Drops {
  private receiver: RTCRtpReceiver | null = null;
  private before = 0;
  private current = 0;

  constructor() {
    window.setInterval(() => void this.poll(), POLL_MS);
  }

  /** Frames dropped since the page was opened. */
  get count(): number {
    return this.before + this.current;
  }

  follow(receiver: RTCRtpReceiver): void {
    this.before += this.current;
    this.current = 0;
    this.receiver = receiver;
  }

  private async poll(): Promise<void> {
    const { receiver } = this;
    if (receiver === null || document.hidden) return;
    const report = await receiver.getStats().catch(() => null);
    if (receiver !== this.receiver) return;
    report?.forEach((entry: { type: string; framesDropped?: number }) => {
      if (entry.type === "inbound-rtp") this.current = entry.framesDropped ?? this.current;
    });
  }
}
