/**
 * Software-decoded frames copied out as they are wanted.
 *
 * Measured (headless Chromium on two cores, 2560x720): `texImage2D` of such a frame converts it on
 * the main thread in about 45 ms; copying its planes takes 0.4 ms and uploading them as they are
 * another 0.4 ms, the shader converts. Frames that live on the GPU are not touched here: they go
 * to `texImage2D`, which then copies nothing through the CPU.
 */

/** One plane within the copy: where it begins, its size, and the bytes from row to row. */
interface Plane {
  offset: number;
  stride: number;
  width: number;
  height: number;
}

/** An I420 picture in this page's memory; the object and its buffer are reused. */
export interface Planes {
  bytes: Uint8Array<ArrayBuffer>;
  readonly y: Plane;
  readonly u: Plane;
  readonly v: Plane;
  /** How to get RGB from it. */
  matrix: ColourMatrix;
}

/** RGB = `rows` * (YUV 0..1 - `offset`); rows as in a 3x3 matrix. */
export interface ColourMatrix {
  readonly rows: readonly number[];
  readonly offset: readonly [number, number, number];
}

/** The luma weights of red and blue (ITU-R BT.709, BT.601, BT.2020). */
const WEIGHTS: Readonly<Record<string, readonly [number, number]>> = {
  bt709: [0.2126, 0.0722],
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  "bt2020-ncl": [0.2627, 0.0593],
};

/** The matrix for a colour space; what is not said is BT.709, limited range, as the server sends. */
export function colourMatrix(matrix: string | null | undefined, fullRange: boolean): ColourMatrix {
  const [kr, kb] = WEIGHTS[matrix ?? "bt709"] ?? [0.2126, 0.0722];
  const kg = 1 - kr - kb;
  const luma = fullRange ? 1 : 255 / 219;
  const chroma = fullRange ? 1 : 255 / 224;
  const u = 2 * (1 - kb) * chroma;
  const v = 2 * (1 - kr) * chroma;
  return {
    rows: [luma, 0, v, luma, (-u * kb) / kg, (-v * kr) / kg, luma, u, 0],
    offset: [fullRange ? 0 : 16 / 255, 128 / 255, 128 / 255],
  };
}

/** A picture as RGBX in this page's memory; the object and its buffer are reused. */
export interface Pixels {
  bytes: Uint8ClampedArray<ArrayBuffer>;
  width: number;
  height: number;
}

/** Copies frames into a buffer of its own, as planes or as pixels. */
export class FrameCopier {
  private readonly planes: Planes = {
    bytes: new Uint8Array(0),
    y: { offset: 0, stride: 0, width: 0, height: 0 },
    u: { offset: 0, stride: 0, width: 0, height: 0 },
    v: { offset: 0, stride: 0, width: 0, height: 0 },
    matrix: colourMatrix(null, false),
  };
  private readonly pixels: Pixels = { bytes: new Uint8ClampedArray(0), width: 0, height: 0 };
  private described = "";

  /** Whether `frame` lies in memory as I420: only then is a copy cheap. */
  static takes(frame: VideoFrame): boolean {
    return frame.format === "I420";
  }

  /** `frame` as RGBX, valid until the next copy. */
  async copyPixels(frame: VideoFrame): Promise<Pixels> {
    const { pixels } = this;
    const size = frame.allocationSize({ format: "RGBX" });
    if (pixels.bytes.length !== size) pixels.bytes = new Uint8ClampedArray(size);
    await frame.copyTo(pixels.bytes, { format: "RGBX" });
    [pixels.width, pixels.height] = visibleSize(frame);
    return pixels;
  }

  /** The planes of `frame`, valid until the next copy. */
  async copyPlanes(frame: VideoFrame): Promise<Planes> {
    const { planes } = this;
    const size = frame.allocationSize();
    if (planes.bytes.length !== size) planes.bytes = new Uint8Array(size);
    const layout = await frame.copyTo(planes.bytes);
    const [width, height] = visibleSize(frame);
    place(planes.y, layout[0], width, height);
    place(planes.u, layout[1], (width + 1) >> 1, (height + 1) >> 1);
    place(planes.v, layout[2], (width + 1) >> 1, (height + 1) >> 1);
    const { matrix, fullRange } = frame.colorSpace;
    const described = `${matrix} ${fullRange}`;
    if (described !== this.described) {
      this.described = described;
      planes.matrix = colourMatrix(matrix, fullRange === true);
    }
    return planes;
  }
}

function visibleSize(frame: VideoFrame): [number, number] {
  return [frame.visibleRect?.width ?? frame.codedWidth, frame.visibleRect?.height ?? frame.codedHeight];
}

function place(plane: Plane, at: PlaneLayout | undefined, width: number, height: number): void {
  plane.offset = at?.offset ?? 0;
  plane.stride = at?.stride ?? width;
  plane.width = width;
  plane.height = height;
}
