import assert from "node:assert/strict";
import { test } from "node:test";

import type { InkStroke } from "../src/ink/board.ts";
import { overlap, strokeBox, union } from "../src/ink/damage.ts";
import { isRightToLeft } from "../src/ink/draw.ts";
import { Laser } from "../src/ink/laser.ts";

const LEFT = { x: 0, width: 1000, height: 500 };
const RIGHT = { x: 1000, width: 1000, height: 500 };

function pen(points: [number, number][], tool: InkStroke["tool"] = "pen"): InkStroke {
  return {
    id: "s", tool, colour: "#ffffff", width: 0.004, frameId: 1, capturedMs: 0, points,
    text: tool === "text" ? "A" : "", disparity: 0.05, done: false,
  };
}

test("a stroke's box holds its points and its line, in each eye", () => {
  const stroke = pen([[0.2, 0.2], [0.4, 0.6]]);
  const left = strokeBox(stroke, 0, LEFT, 0);
  const right = strokeBox(stroke, 0, RIGHT, stroke.disparity);
  assert.ok(left && right);
  assert.ok(left.x <= 196 && left.x + left.width >= 404 && left.y <= 96);
  assert.equal(right.x - left.x, 1000 - 50, "the right eye sees it at x - disparity");
});

test("what was added to a long stroke touches a small box", () => {
  const points = Array.from({ length: 100 }, (_, i): [number, number] => [i / 100, 0.5]);
  const box = strokeBox(pen(points), 98, LEFT, 0);
  assert.ok(box && box.x > 900 && box.width < 100);
});

test("a circle's box holds the whole ring, an arrow's its barbs, a text's the whole eye", () => {
  const ring = strokeBox(pen([[0.5, 0.5], [0.6, 0.5]], "circle"), 0, LEFT, 0);
  assert.ok(ring && ring.x <= 400 && ring.x + ring.width >= 600 && ring.y <= 150);
  const arrow = strokeBox(pen([[0.5, 0.5], [0.6, 0.5]], "arrow"), 0, LEFT, 0);
  assert.ok(arrow && arrow.y <= 250 - 12);
  assert.deepEqual(strokeBox(pen([[0.5, 0.5]], "text"), 0, RIGHT, 0), {
    x: 1000, y: 0, width: 1000, height: 500,
  });
});

test("boxes end at the border of their eye; outside it there is none", () => {
  const box = strokeBox(pen([[0.99, 0.5], [1.4, 0.5]]), 0, LEFT, 0);
  assert.ok(box && box.x + box.width === 1000);
  assert.equal(strokeBox(pen([[-0.4, 0.5]]), 0, LEFT, 0), null);
});

test("union and overlap", () => {
  const a = { x: 0, y: 0, width: 10, height: 10 };
  const b = { x: 10, y: 5, width: 5, height: 20 };
  assert.deepEqual(union(a, b), { x: 0, y: 0, width: 15, height: 25 });
  assert.equal(union(null, b), b);
  assert.equal(overlap(a, b), false, "they only touch");
  assert.equal(overlap({ ...a, width: 11 }, b), true);
  assert.equal(overlap(null, b), false);
});

test("direction is that of the first letter", () => {
  assert.equal(isRightToLeft("عصب"), true);
  assert.equal(isRightToLeft("12 שלום"), true);
  assert.equal(isRightToLeft("nerve عصب"), false);
  assert.equal(isRightToLeft("神経"), false);
  assert.equal(isRightToLeft("42"), false);
});

test("the laser stays for a second after it was last heard of, then fades", () => {
  const laser = new Laser();
  assert.equal(laser.fade(0), false);
  laser.point({ x: 0.5, y: 0.5, on: true, disparity: 0.01 }, 1_000);
  laser.fade(1_900);
  assert.equal(laser.dot.alpha, 1);
  laser.fade(2_150);
  assert.ok(laser.dot.alpha > 0.4 && laser.dot.alpha < 0.6);
  assert.equal(laser.fade(2_400), false);
});

test("switched off it fades at once, where it was", () => {
  const laser = new Laser();
  laser.point({ x: 0.5, y: 0.5, on: true, disparity: 0 }, 0);
  laser.point({ x: 0, y: 0, on: false, disparity: 0 }, 100);
  assert.equal(laser.dot.x, 0.5);
  assert.equal(laser.fade(500), false);
});
