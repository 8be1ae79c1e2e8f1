import assert from "node:assert/strict";
import { test } from "node:test";

import type { RenditionInfo } from "../src/messages.gen.ts";
import { eyesIn, pairOfViews, renditionOf } from "../src/picture/eyes.ts";
import { Spans } from "../src/picture/spans.ts";

function offered(
  name: string, columns: number, rows: number, tileWidth: number, tileHeight: number, below = 0,
): RenditionInfo {
  const kind = name.split(":")[0] as RenditionInfo["kind"];
  const [width, height] = [columns * tileWidth, rows * tileHeight + below];
  return { name, width, height, kind, columns, rows, tileWidth, tileHeight };
}

const STEREO = offered("stereo", 2, 1, 1280, 720);
const DEPTH = offered("stereo+depth", 2, 1, 1280, 720, 112);
const QUILT = offered("quilt:8x6", 8, 6, 100, 50);

test("a single view is the whole picture for both eyes", () => {
  const { left, right, paired } = eyesIn(offered("mono", 1, 1, 64, 36), "sbs", 64, 36);
  assert.deepEqual(left, { x: 0, y: 0, width: 64, height: 36 });
  assert.equal(left, right);
  assert.equal(paired, false);
});

test("a pair is two halves, and what lies below it is never shown", () => {
  for (const layout of [STEREO, DEPTH]) {
    const { left, right, paired } = eyesIn(layout, "2d", layout.width, layout.height);
    assert.deepEqual(left, { x: 0, y: 0, width: 1280, height: 720 });
    assert.deepEqual(right, { x: 1280, y: 0, width: 1280, height: 720 });
    assert.equal(paired, true);
  }
});

test("a quilt shows its middle view in 2D and a pair about it otherwise, rows counted upwards", () => {
  // View 23 of 48 is the last tile of the third row from below; 20 and 27 lie about 23.5.
  const flat = eyesIn(QUILT, "2d", 800, 300);
  assert.deepEqual(flat.left, { x: 700, y: 150, width: 100, height: 50 });
  assert.equal(flat.left, flat.right);
  const pair = eyesIn(QUILT, "anaglyph", 800, 300);
  assert.deepEqual(pair.left, { x: 400, y: 150, width: 100, height: 50 });
  assert.deepEqual(pair.right, { x: 300, y: 100, width: 100, height: 50 });
  assert.equal(pair.paired, false);
});

test("quilts of one view, of one row and of odd counts have a pair as far as they can", () => {
  const one = eyesIn(offered("quilt:1x1", 1, 1, 10, 10), "sbs", 10, 10);
  assert.equal(one.left, one.right);
  const row = eyesIn(offered("quilt:3x1", 3, 1, 10, 10), "sbs", 30, 10);
  assert.deepEqual([row.left.x, row.right.x], [0, 20]);
  const cases: [number, [number, number]][] = [
    [1, [0, 0]], [2, [0, 1]], [3, [0, 2]], [4, [1, 2]], [5, [1, 3]], [8, [3, 4]],
    [45, [18, 26]], [48, [20, 27]], [49, [20, 28]],
  ];
  for (const [views, wanted] of cases) assert.deepEqual(pairOfViews(views), wanted, `${views}`);
  for (let views = 2; views < 200; views++) {
    const [first, last] = pairOfViews(views);
    assert.ok(Number.isInteger(first) && first >= 0 && first < last);
    assert.equal(first + last, views - 1, "symmetric about the middle");
  }
});

test("a picture of another size is laid out to scale", () => {
  const { right } = eyesIn(DEPTH, "2d", 1280, 416);
  assert.deepEqual(right, { x: 640, y: 0, width: 640, height: 360 });
});

test("a frame belongs to the rendition of its size, of two to the wanted one", () => {
  const twin = { ...QUILT, name: "quilt:6x8" };
  const all = [STEREO, QUILT, twin];
  assert.equal(renditionOf(all, "stereo", 800, 300), QUILT);
  assert.equal(renditionOf(all, "quilt:6x8", 800, 300), twin);
  assert.equal(renditionOf(all, "quilt:6x8", 2560, 720), STEREO, "the switch has not come yet");
  assert.equal(renditionOf(all, "stereo", 1, 1), STEREO);
  assert.equal(renditionOf([], "stereo", 1, 1), null);
});

test("texels are read inside their view, in both directions and in coarser chroma", () => {
  const left = { x: 8, y: 4, width: 8, height: 4 };
  const right = { x: 5, y: 0, width: 5, height: 1 };
  const [luma, chroma] = [new Spans(), new Spans(2)];
  luma.set(left, right, 32, 16);
  chroma.set(left, right, 32, 16);
  assert.deepEqual([...luma.area.slice(0, 4)], [8 / 32, 4 / 16, 8 / 32, 4 / 16]);
  assert.deepEqual([...luma.edge.slice(0, 4)], [8.5 / 32, 4.5 / 16, 15.5 / 32, 7.5 / 16]);
  assert.deepEqual([...chroma.edge.slice(0, 4)], [9 / 32, 5 / 16, 15 / 32, 7 / 16]);
  // From 5 on, the first chroma texel that holds no neighbour begins at 6.
  assert.deepEqual([...chroma.edge.slice(4)], [7 / 32, 0.5 / 16, 9 / 32, 0.5 / 16]);
});
