import assert from "node:assert/strict";
import { test } from "node:test";

import { paneAt, panesFor, toPicture } from "../src/picture/layout.ts";

const WIDE = 16 / 9;

test("2D fills a canvas of the picture's shape, and is centred in any other", () => {
  assert.deepEqual(panesFor("2d", false, 1280, 720, WIDE), [
    { eye: "left", x: 0, y: 0, width: 1280, height: 720 },
  ]);
  assert.deepEqual(panesFor("2d", false, 1280, 800, WIDE)[0], {
    eye: "left", x: 0, y: 40, width: 1280, height: 720,
  });
  assert.deepEqual(panesFor("2d", false, 1600, 720, WIDE)[0], {
    eye: "left", x: 160, y: 0, width: 1280, height: 720,
  });
});

test("swapped eyes: 2D shows the right one, side by side exchanges the halves", () => {
  assert.equal(panesFor("2d", true, 100, 100, 1)[0]?.eye, "right");
  assert.deepEqual(panesFor("sbs", true, 200, 100, 1).map(({ eye, x }) => [eye, x]), [
    ["right", 0],
    ["left", 100],
  ]);
});

test("side by side: two whole pictures, mirrored about the middle, also at odd widths", () => {
  for (const width of [2560, 1280, 1281, 999]) {
    const [left, right] = panesFor("sbs", false, width, 720, WIDE);
    assert.ok(left && right);
    assert.equal(left.width, right.width);
    assert.equal(left.x, width - right.x - right.width);
    assert.ok(left.x + left.width <= right.x, "the eyes do not overlap");
  }
  assert.deepEqual(panesFor("sbs", false, 2560, 720, WIDE), [
    { eye: "left", x: 0, y: 0, width: 1280, height: 720 },
    { eye: "right", x: 1280, y: 0, width: 1280, height: 720 },
  ]);
});

test("an anaglyph is one pane for both eyes", () => {
  assert.deepEqual(panesFor("anaglyph", true, 160, 90, WIDE)[0], {
    eye: "both", x: 0, y: 0, width: 160, height: 90,
  });
});

test("a point of the canvas is a point of the picture, through letterbox and either half", () => {
  const letterboxed = panesFor("2d", false, 1280, 800, WIDE);
  const pane = paneAt(letterboxed, 640, 400);
  assert.ok(pane);
  assert.deepEqual(toPicture(pane, 640, 400), { x: 0.5, y: 0.5 });
  assert.equal(paneAt(letterboxed, 640, 20), null, "the black bar is no picture");
  const halves = panesFor("sbs", false, 2560, 720, WIDE);
  const [left, right] = [paneAt(halves, 320, 180), paneAt(halves, 1600, 180)];
  assert.ok(left && right);
  assert.deepEqual(toPicture(left, 320, 180), { x: 0.25, y: 0.25 });
  assert.deepEqual(toPicture(right, 1600, 180), { x: 0.25, y: 0.25 });
});

test("a gesture keeps its pane, and points far outside lie on the border the server takes", () => {
  const [pane] = panesFor("sbs", false, 2000, 500, 2);
  assert.ok(pane);
  assert.deepEqual(toPicture(pane, 1100, 250), { x: 1.1, y: 0.5 });
  assert.deepEqual(toPicture(pane, 9000, -9000), { x: 1.5, y: -0.5 });
});
