import assert from "node:assert/strict";
import { test } from "node:test";

import { COLOURS } from "../src/ink/palette.ts";
import { RED_CYAN, mixAnaglyph, toCoded, toLinear } from "../src/picture/dubois.ts";
import { Mixer } from "../src/picture/mixer.ts";
import { colourMatrix } from "../src/picture/planes.ts";

type Colour = readonly [number, number, number];

test("sRGB there and back is the same", () => {
  for (let value = 0; value <= 255; value++) {
    assert.ok(Math.abs(toCoded(toLinear(value / 255)) * 255 - value) < 1e-6);
  }
});

test("white stays nearly white, the left eye's red and the right eye's cyan pass", () => {
  const white = mixAnaglyph([1, 1, 1], [1, 1, 1]);
  assert.ok(white.every((channel) => channel > 0.97), String(white));
  const leftOnly = mixAnaglyph([1, 1, 1], [0, 0, 0]);
  const rightOnly = mixAnaglyph([0, 0, 0], [1, 1, 1]);
  assert.ok(leftOnly[0] > 0.95 && leftOnly[1] === 0 && leftOnly[2] === 0);
  assert.ok(rightOnly[0] === 0 && rightOnly[1] > 0.95 && rightOnly[2] > 0.95);
});

test("the mixer's tables give the matrices' result within one level", () => {
  const levels = [0, 1, 7, 40, 128, 200, 255];
  const colours: Colour[] = levels.flatMap((r) =>
    levels.flatMap((g) => levels.map((b): Colour => [r, g, b])),
  );
  const packed = (c: Colour): number => (c[0] | (c[1] << 8) | (c[2] << 16)) >>> 0;
  const mixer = new Mixer(RED_CYAN);
  for (const shift of [1, 55, 171]) {
    const others = colours.map((_, i): Colour => colours[(i * 13 + shift) % colours.length] ?? [0, 0, 0]);
    const width = colours.length;
    const pair = new Uint32Array([...colours.map(packed), ...others.map(packed)]);
    const out = new Uint32Array(width);
    mixer.mix(pair, out, width, 1, 2 * width, 0, width);
    colours.forEach((left, i) => {
      const right: Colour = others[i] ?? [0, 0, 0];
      const scaled = (c: Colour): Colour => [c[0] / 255, c[1] / 255, c[2] / 255];
      const wanted = mixAnaglyph(scaled(left), scaled(right)).map((value) => value * 255);
      const got = out[i] ?? 0;
      [got & 255, (got >> 8) & 255, (got >> 16) & 255].forEach((value, channel) => {
        const off = Math.abs(value - (wanted[channel] ?? 0));
        assert.ok(off <= 1, `${left} with ${right}: channel ${channel} is ${value}, off by ${off}`);
      });
      assert.equal(got >>> 24, 255);
    });
  }
});

test("exchanged columns exchange the eyes", () => {
  const pair = new Uint32Array([0xffffffff, 0xff000000]);
  const out = new Uint32Array(1);
  new Mixer().mix(pair, out, 1, 1, 2, 1, 0);
  assert.equal((out[0] ?? 0) & 255, 0, "the right eye's white has no red in it");
});

test("planes become RGB: black, white, and the primaries of BT.709 limited range", () => {
  const rgb = (yuv: Colour, matrix = colourMatrix(null, false)): number[] =>
    [0, 1, 2].map((row) => {
      const sum = yuv.reduce(
        (total, value, i) =>
          total + (matrix.rows[row * 3 + i] ?? 0) * (value / 255 - (matrix.offset[i] ?? 0)),
        0,
      );
      return Math.round(Math.min(1, Math.max(0, sum)) * 255);
    });
  assert.deepEqual(rgb([16, 128, 128]), [0, 0, 0]);
  assert.deepEqual(rgb([235, 128, 128]), [255, 255, 255]);
  // 8-bit codes of pure red, green and blue in BT.709 (ITU-T H.273).
  const primaries: [Colour, Colour][] = [
    [[63, 102, 240], [255, 0, 0]],
    [[173, 42, 26], [0, 255, 0]],
    [[32, 240, 118], [0, 0, 255]],
  ];
  for (const [yuv, wanted] of primaries) {
    rgb(yuv).forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? 0)) <= 2, String(yuv)));
  }
  assert.deepEqual(rgb([255, 128, 128], colourMatrix("smpte170m", true)), [255, 255, 255]);
});

test("every ink but black reaches both eyes through red-cyan glasses", () => {
  for (const { name, value } of COLOURS) {
    if (name === "black") continue;
    const code = Number.parseInt(value.slice(1), 16);
    const ink: Colour = [(code >> 16) / 255, ((code >> 8) & 255) / 255, (code & 255) / 255];
    const [red, green, blue] = mixAnaglyph(ink, ink);
    assert.ok(red > 0.6, `${name} is dark behind the red filter: ${red}`);
    assert.ok(Math.max(green, blue) > 0.6, `${name} is dark behind the cyan filter`);
  }
});
