/** Full screen by the browser's means, or by hiding all but the picture where it has none. */

const IMMERSED = "immersed";

type OldElement = HTMLElement & { webkitRequestFullscreen?: () => void };
type OldDocument = Document & { webkitFullscreenElement?: Element; webkitExitFullscreen?: () => void };

/** Whether the page fills the screen, in either way. */
export function isFullscreen(): boolean {
  const old: OldDocument = document;
  return (
    document.fullscreenElement != null ||
    old.webkitFullscreenElement != null ||
    document.documentElement.classList.contains(IMMERSED)
  );
}

/** Fill the screen; must be called from a gesture. */
export async function enterFullscreen(): Promise<void> {
  const root: OldElement = document.documentElement;
  try {
    if (typeof root.requestFullscreen === "function") {
      await root.requestFullscreen({ navigationUI: "hide" });
    } else if (typeof root.webkitRequestFullscreen === "function") {
      root.webkitRequestFullscreen();
    } else {
      immerse(true);
    }
  } catch {
    // Refused (no gesture, or the device allows none): the page itself gives way.
    immerse(true);
  }
}

export async function leaveFullscreen(): Promise<void> {
  const old: OldDocument = document;
  immerse(false);
  if (document.fullscreenElement != null) await document.exitFullscreen().catch(() => undefined);
  else if (old.webkitFullscreenElement != null) old.webkitExitFullscreen?.();
}

/** Call `listener` when full screen begins or ends. */
export function onFullscreenChange(listener: () => void): void {
  for (const name of ["fullscreenchange", "webkitfullscreenchange", IMMERSED]) {
    document.addEventListener(name, listener);
  }
}

function immerse(on: boolean): void {
  document.documentElement.classList.toggle(IMMERSED, on);
  document.dispatchEvent(new CustomEvent(IMMERSED));
}
