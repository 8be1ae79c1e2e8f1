/** Mixes the eyes to an anaglyph without a GPU: tables instead of powers. */

import { RED_CYAN, toCoded, toLinear, type AnaglyphMatrices } from "./dubois.ts";

/** Linear light 0..1 as 0..SCALE; the sums lie BIAS higher, so that none is negative. */
const SCALE = 40_000;
const BIAS = 10_000;
const SUMS = 1 << 16;

/** What one channel of one eye adds: red and green in one number, blue in the other. */
interface ChannelTable {
  readonly redGreen: Uint32Array;
  readonly blue: Int32Array;
}

/**
 * Adds table entries instead of multiplying: 12 look-ups for the sums of a pixel, 3 to clip and
 * encode them. Times: see `softrenderer.ts`.
 */
export class Mixer {
  private readonly tables: readonly ChannelTable[];
  private readonly encode = new Uint8Array(SUMS);

  constructor(matrices: AnaglyphMatrices = RED_CYAN) {
    this.tables = [matrices.left, matrices.right].flatMap((matrix, eye) =>
      [0, 1, 2].map((channel) => channelTable(matrix, channel, eye === 0 && channel === 0)),
    );
    for (let sum = 0; sum < SUMS; sum++) {
      const light = Math.min(1, Math.max(0, (sum - BIAS) / SCALE));
      this.encode[sum] = Math.round(toCoded(light) * 255);
    }
  }

  /**
   * Mix one pair: `source` holds the eyes' views, `width` columns each, as RGBX in 32 bits, in
   * rows of `stride` pixels; `left` and `right` say at which pixel each begins; `out` is one view.
   */
  mix(
    source: Uint32Array,
    out: Uint32Array,
    width: number,
    height: number,
    stride: number,
    left: number,
    right: number,
  ): void {
    const { encode } = this;
    const [lr, lg, lb, rr, rg, rb] = this.tables as readonly [
      ChannelTable, ChannelTable, ChannelTable, ChannelTable, ChannelTable, ChannelTable,
    ];
    // Hoisted: the loop below is the whole cost. `!` where an index cannot be out of range.
    const lr0 = lr.redGreen, lg0 = lg.redGreen, lb0 = lb.redGreen;
    const rr0 = rr.redGreen, rg0 = rg.redGreen, rb0 = rb.redGreen;
    const lr1 = lr.blue, lg1 = lg.blue, lb1 = lb.blue;
    const rr1 = rr.blue, rg1 = rg.blue, rb1 = rb.blue;
    for (let row = 0, o = 0; row < height; row++) {
      let l = row * stride + left;
      let r = row * stride + right;
      for (let column = 0; column < width; column++, o++, l++, r++) {
        const a = source[l]!;
        const b = source[r]!;
        const a0 = a & 255, a1 = (a >> 8) & 255, a2 = (a >> 16) & 255;
        const b0 = b & 255, b1 = (b >> 8) & 255, b2 = (b >> 16) & 255;
        const redGreen =
          (lr0[a0]! + lg0[a1]! + lb0[a2]! + rr0[b0]! + rg0[b1]! + rb0[b2]!) | 0;
        const blue = lr1[a0]! + lg1[a1]! + lb1[a2]! + rr1[b0]! + rg1[b1]! + rb1[b2]!;
        out[o] =
          0xff000000 | (encode[blue]! << 16) | (encode[redGreen & 65535]! << 8) |
          encode[redGreen >>> 16]!;
      }
    }
  }
}

/** The table of one channel; the first of the six carries the bias for all. */
function channelTable(matrix: readonly number[], channel: number, biased: boolean): ChannelTable {
  const redGreen = new Uint32Array(256);
  const blue = new Int32Array(256);
  const bias = biased ? BIAS : 0;
  for (let value = 0; value < 256; value++) {
    const light = toLinear(value / 255) * SCALE;
    const part = (row: number): number => Math.round((matrix[row * 3 + channel] ?? 0) * light) + bias;
    // Two sums in one number: what a negative green borrows, the others pay back in the total.
    redGreen[value] = part(0) * 65536 + part(1);
    blue[value] = part(2);
  }
  return { redGreen, blue };
}
