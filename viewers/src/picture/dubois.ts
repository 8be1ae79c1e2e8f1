/**
 * Anaglyph matrices, and what they mean.
 *
 * From E. Dubois, "Conversion of a stereo pair to anaglyph with the least-squares projection
 * method" (2009; the method: ICASSP 2001): for each kind of glasses, the 3x6 matrix that projects
 * the pair on the colours that a display and the filters can show, with the least error in CIE XYZ.
 * Rows give R, G, B of the anaglyph; columns R, G, B of the eye's picture.
 *
 * The matrices act on LINEAR light, as in the paper: each picture is decoded from sRGB
 * (IEC 61966-2-1), multiplied, the sum clipped to 0..1, and encoded again. (Programs that multiply
 * the coded values show mid-tones that are darker in red.)
 */

export interface AnaglyphMatrices {
  /** Row by row. */
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** Red over the left eye, cyan over the right. */
export const RED_CYAN: AnaglyphMatrices = {
  left: [0.437, 0.449, 0.164, -0.062, -0.062, -0.024, -0.048, -0.05, -0.017],
  right: [-0.011, -0.032, -0.007, 0.377, 0.761, 0.009, -0.026, -0.093, 1.234],
};

/** An sRGB value 0..1 as linear light 0..1. */
export function toLinear(coded: number): number {
  return coded <= 0.04045 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4;
}

/** Linear light 0..1 as an sRGB value 0..1. */
export function toCoded(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

type Colour = readonly [number, number, number];

/** One pixel of the anaglyph from the two eyes' sRGB pixels, all 0..1: the shader's naive twin. */
export function mixAnaglyph(left: Colour, right: Colour, matrices = RED_CYAN): Colour {
  const l = left.map(toLinear);
  const r = right.map(toLinear);
  const channel = (row: number): number => {
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      sum += (matrices.left[row * 3 + i] ?? 0) * (l[i] ?? 0);
      sum += (matrices.right[row * 3 + i] ?? 0) * (r[i] ?? 0);
    }
    return toCoded(Math.min(1, Math.max(0, sum)));
  };
  return [channel(0), channel(1), channel(2)];
}
