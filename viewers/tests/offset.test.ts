import assert from "node:assert/strict";
import { test } from "node:test";

import { ClockOffset } from "../src/time/offset.ts";
import { Rate } from "../src/time/rate.ts";

test("the shortest round trip gives the offset", () => {
  const clock = new ClockOffset();
  assert.equal(clock.offsetMs, null);
  assert.equal(clock.rttMs, null);
  clock.add(0, 1_050, 80); // 10 ms there, 70 back: offset 1010 at best, 1010 - 30 by halves
  clock.add(100, 1_102, 104);
  clock.add(200, 1_260, 240);
  assert.equal(clock.offsetMs, 1_000);
  assert.equal(clock.rttMs, 4);
});

test("a probe that ended before it began, or holds no time, is no probe", () => {
  const clock = new ClockOffset();
  clock.add(10, 500, 5);
  clock.add(10, Number.NaN, 12);
  assert.equal(clock.offsetMs, null);
});

test("old probes leave the window, so that drift is followed", () => {
  const clock = new ClockOffset();
  clock.add(0, 1, 2);
  for (let i = 1; i <= 24; i++) clock.add(i * 1000, i * 1000 + 102, i * 1000 + 4);
  assert.equal(clock.offsetMs, 100);
  clock.reset();
  assert.equal(clock.offsetMs, null);
});

test("rate counts the last second only", () => {
  const rate = new Rate();
  for (let i = 0; i < 90; i++) rate.mark(i * (1000 / 30));
  assert.equal(rate.perSecond(89 * (1000 / 30)), 30);
  assert.equal(rate.perSecond(10_000), 0);
});
