import assert from "node:assert/strict";
import { test } from "node:test";

import type { Anchor } from "../src/messages.gen.ts";
import { Identities, identify, ticksBetween } from "../src/time/identity.ts";

const TICKS = 3000; // 30 frames a second

/** The RTP timestamp as the server makes it: capture time, the low six bits being the frame id's. */
function rtpOf(frameId: number, ticks: number): number {
  return (((Math.floor(ticks) & ~63) | (frameId & 63)) >>> 0) % 2 ** 32;
}

function anchorAt(frameId: number, ticks: number, capturedMs = ticks / 90): Anchor {
  return { frameId, rtpTimestamp: rtpOf(frameId, ticks), capturedMs, ticksPerFrame: TICKS };
}

function identityOf(rtp: number, anchor: Anchor): { frameId: number; capturedMs: number } {
  return identify(rtp, anchor, { frameId: 0, capturedMs: 0 });
}

test("ticks are signed and right across the wrap", () => {
  assert.equal(ticksBetween(0xffff_ff00, 0x100), 0x200);
  assert.equal(ticksBetween(0x100, 0xffff_ff00), -0x200);
});

test("every frame near an anchor is identified, also with jitter and dropped frames", () => {
  const anchor = anchorAt(5000, 7_000_000);
  for (let step = -25; step <= 25; step++) {
    for (const jitter of [-1400, 0, 1400]) {
      const id = 5000 + step;
      const found = identityOf(rtpOf(id, 7_000_000 + step * TICKS + jitter), anchor);
      assert.equal(found.frameId, id);
    }
  }
});

test("the id is right half a cycle of 64 away, and not beyond", () => {
  const anchor = anchorAt(100, 1_000_000);
  // The source ran 31 frames ahead of its rate: still the nearest number with these low bits.
  assert.equal(identityOf(rtpOf(131, 1_000_000), anchor).frameId, 131);
  assert.equal(identityOf(rtpOf(133, 1_000_000), anchor).frameId, 69);
});

test("identity survives the wrap of the RTP clock", () => {
  const before = 2 ** 32 - 10 * TICKS;
  const anchor = anchorAt(200, before, 1_000);
  for (let step = 0; step < 20; step++) {
    const ticks = (before + step * TICKS) % 2 ** 32;
    const found = identityOf(rtpOf(200 + step, ticks), anchor);
    assert.equal(found.frameId, 200 + step);
    assert.ok(Math.abs(found.capturedMs - (1_000 + (step * 1000) / 30)) < 1.5);
  }
});

test("capture time is known to the grain of 64 ticks", () => {
  const anchor = anchorAt(0, 0, 5_000);
  const found = identityOf(rtpOf(30, 30 * TICKS), anchor);
  assert.ok(Math.abs(found.capturedMs - 6_000) <= 64 / 90);
});

test("the nearest anchor speaks: a jump of the source's time is followed from its frame on", () => {
  const identities = new Identities();
  assert.equal(identities.at(0), null);
  identities.add(anchorAt(1000, 1_000_000));
  // The source stood still for ten seconds: frames go on by one, time does not.
  identities.add(anchorAt(1010, 1_000_000 + 10 * 90_000));
  assert.equal(identities.at(rtpOf(1005, 1_000_000 + 5 * TICKS))?.frameId, 1005);
  assert.equal(identities.at(rtpOf(1012, 1_900_000 + 2 * TICKS))?.frameId, 1012);
});

test("an anchor without a usable rate is ignored, and reset forgets all", () => {
  const identities = new Identities();
  identities.add({ ...anchorAt(1, 90), ticksPerFrame: 0 });
  assert.equal(identities.at(90), null);
  identities.add(anchorAt(1, 90));
  assert.notEqual(identities.at(90), null);
  identities.reset();
  assert.equal(identities.at(90), null);
});
