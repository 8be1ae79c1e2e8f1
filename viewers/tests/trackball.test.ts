import assert from "node:assert/strict";
import { test } from "node:test";

import { drag, multiply, roll, type Quaternion } from "../src/teach/trackball.ts";

type Vector = readonly [number, number, number];

function rotate([x, y, z, w]: Quaternion, v: Vector): Vector {
  const t: Vector = [2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])];
  return [
    v[0] + w * t[0] + y * t[2] - z * t[1],
    v[1] + w * t[1] + z * t[0] - x * t[2],
    v[2] + w * t[2] + x * t[1] - y * t[0],
  ];
}

const FRONT: Vector = [0, 0, -1]; // towards the viewer: z is forward

test("the point under the finger follows it: right, down, and both", () => {
  for (const to of [[0.3, 0], [0, 0.3], [-0.2, 0.4]] as const) {
    const moved = rotate(drag([0, 0], to), FRONT);
    assert.ok(Math.abs(moved[0] - to[0]) < 1e-9 && Math.abs(moved[1] - to[1]) < 1e-9, String(moved));
  }
});

test("a drag back undoes a drag", () => {
  const there = drag([0.1, 0.2], [0.5, -0.3]);
  const back = drag([0.5, -0.3], [0.1, 0.2]);
  const [x, y, z, w] = multiply(back, there);
  assert.ok(Math.hypot(x, y, z) < 1e-9 && Math.abs(w) > 1 - 1e-9);
});

test("far outside the ball a drag still turns, smoothly", () => {
  const [x, y, z, w] = drag([2, 0], [2.1, 0]);
  assert.ok(Math.abs(Math.hypot(x, y, z, w) - 1) < 1e-9);
  assert.ok(2 * Math.acos(w) < 0.1);
});

test("a roll is clockwise as seen: right goes down", () => {
  const [x, y] = rotate(roll(Math.PI / 2), [1, 0, 0]);
  assert.ok(Math.abs(x) < 1e-9 && Math.abs(y - 1) < 1e-9);
});

test("a thousand small turns leave a unit quaternion", () => {
  let pose: Quaternion = [0, 0, 0, 1];
  for (let i = 0; i < 1000; i++) pose = multiply(drag([0, 0], [0.01, 0.003]), pose);
  assert.ok(Math.abs(Math.hypot(...pose) - 1) < 1e-9);
});
