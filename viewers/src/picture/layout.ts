/** Where each eye's picture lies on the canvas in each display mode, and back again. */

/** How the pair is shown. */
export type DisplayMode = "2d" | "sbs" | "anaglyph";

/** Which eye a pane shows; `both` mixes the two (anaglyph). */
export type PaneEye = "left" | "right" | "both";

/** A rectangle of the canvas, in device pixels from the top left, that shows one whole picture. */
export interface Pane {
  readonly eye: PaneEye;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A point in a picture: 0,0 its top left corner, 1,1 its bottom right. */
export interface PicturePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The panes of a canvas of `width` x `height` device pixels for one eye's `aspect` (width over
 * height). Each picture is as large as fits, centred, on whole pixels; side by side gives each
 * half one eye, so that a full-width pair fills a panel of the pair's shape exactly.
 */
export function panesFor(
  mode: DisplayMode,
  swap: boolean,
  width: number,
  height: number,
  aspect: number,
): readonly Pane[] {
  const first = swap ? "right" : "left";
  if (mode === "sbs") {
    const half = Math.floor(width / 2);
    const left = fit(half, height, aspect);
    // Mirrored about the middle, so that both eyes converge alike.
    return [
      { ...left, eye: first },
      { ...left, eye: swap ? "left" : "right", x: width - left.x - left.width },
    ];
  }
  return [{ ...fit(width, height, aspect), eye: mode === "anaglyph" ? "both" : first }];
}

function fit(width: number, height: number, aspect: number): Omit<Pane, "eye"> {
  const w = Math.max(1, Math.min(width, Math.round(height * aspect)));
  const h = Math.max(1, Math.min(height, Math.round(w / aspect)));
  return { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), width: w, height: h };
}

/** The pane under a point of the canvas (device pixels), or null on the black around it. */
export function paneAt(panes: readonly Pane[], x: number, y: number): Pane | null {
  return (
    panes.find(
      (pane) =>
        x >= pane.x && x < pane.x + pane.width && y >= pane.y && y < pane.y + pane.height,
    ) ?? null
  );
}

/**
 * The point of the picture under a point of the canvas, by the pane on which a gesture began.
 * Either eye's pane gives the left view's coordinates: what is drawn has no depth yet.
 */
export function toPicture(pane: Pane, x: number, y: number): PicturePoint {
  return {
    x: clamp((x - pane.x) / pane.width),
    y: clamp((y - pane.y) / pane.height),
  };
}

/** The server takes points up to half a picture outside; further ones lie on that border. */
function clamp(value: number): number {
  return Math.min(1.5, Math.max(-0.5, value));
}
