/** Keeps the screen awake while pictures come. */

export class WakeLock {
  private sentinel: WakeLockSentinel | null = null;
  private wanted = false;

  constructor() {
    // The system releases the lock of a hidden page: ask again when it is seen.
    document.addEventListener("visibilitychange", () => void this.update());
  }

  /** Hold the lock or let it go. */
  set(wanted: boolean): void {
    if (this.wanted === wanted) return;
    this.wanted = wanted;
    void this.update();
  }

  private async update(): Promise<void> {
    if (!("wakeLock" in navigator)) return;
    if (!this.wanted) {
      await this.sentinel?.release().catch(() => undefined);
      this.sentinel = null;
    } else if (!document.hidden && (this.sentinel === null || this.sentinel.released)) {
      // Refused on low battery, or without HTTPS: the picture plays all the same.
      this.sentinel = await navigator.wakeLock.request("screen").catch(() => null);
    }
  }
}
