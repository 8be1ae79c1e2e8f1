/** Where the eyes' views lie in a texture, in the numbers that the shaders take. */

import type { Rect } from "./eyes.ts";

/** Two eyes, four numbers each, as fractions of the texture's width and height. */
export class Spans {
  /** x, y, width and height of the view. */
  readonly area = new Float32Array(8);
  /** Lowest x and y, highest x and y, at which a texel is read that holds this view alone. */
  readonly edge = new Float32Array(8);

  /** A texel covers `pitch` x `pitch` pixels of the picture: 2 in chroma planes. */
  constructor(private readonly pitch = 1) {}

  /** The views in a picture of `width` x `height` pixels. */
  set(left: Rect, right: Rect, width: number, height: number): void {
    this.setEye(0, left, width, height);
    this.setEye(4, right, width, height);
  }

  private setEye(at: number, rect: Rect, width: number, height: number): void {
    const { area, edge, pitch } = this;
    area[at] = rect.x / width;
    area[at + 1] = rect.y / height;
    area[at + 2] = rect.width / width;
    area[at + 3] = rect.height / height;
    edge[at] = lowest(rect.x, rect.width, pitch) / width;
    edge[at + 1] = lowest(rect.y, rect.height, pitch) / height;
    edge[at + 2] = highest(rect.x, rect.width, pitch) / width;
    edge[at + 3] = highest(rect.y, rect.height, pitch) / height;
  }
}

/** The centre of the first texel that lies wholly inside; the middle where none does. */
function lowest(from: number, size: number, pitch: number): number {
  return Math.min(Math.ceil(from / pitch) * pitch + pitch / 2, from + size / 2);
}

function highest(from: number, size: number, pitch: number): number {
  return Math.max(Math.floor((from + size) / pitch) * pitch - pitch / 2, from + size / 2);
}
