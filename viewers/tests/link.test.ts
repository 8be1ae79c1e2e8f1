import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/link/backoff.ts";
import { h264Preferences } from "../src/link/codecs.ts";

test("waits double from a quarter of a second to three, and begin anew when it worked", () => {
  const backoff = new Backoff(() => 0.5);
  const waits = [1, 2, 3, 4, 5, 6].map(() => backoff.next());
  assert.deepEqual(waits, [250, 500, 1000, 2000, 3000, 3000]);
  backoff.reset();
  assert.equal(backoff.next(), 250);
});

test("waits are spread by a quarter either way", () => {
  assert.equal(new Backoff(() => 0).next(), 187.5);
  assert.ok(new Backoff(() => 0.999).next() < 312.5);
});

function codec(mimeType: string, sdpFmtpLine?: string): RTCRtpCodec {
  return { mimeType, clockRate: 90_000, ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }) };
}

test("constrained baseline with mode 1 is offered first, retransmission last, nothing else", () => {
  const high = codec("video/H264", "packetization-mode=1;profile-level-id=640c1f");
  const mode0 = codec("video/H264", "packetization-mode=0;profile-level-id=42e01f");
  const best = codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  const rtx = codec("video/rtx");
  const found = h264Preferences([codec("video/VP8"), rtx, high, mode0, best, codec("video/AV1")]);
  assert.deepEqual(found, [best, mode0, high, rtx]);
});

test("without H.264 there is nothing to offer", () => {
  assert.equal(h264Preferences([codec("video/VP8"), codec("video/rtx")]), null);
  assert.equal(h264Preferences(undefined), null);
});
