import assert from "node:assert/strict";
import { test } from "node:test";

import { parseServerMessage } from "../src/link/guards.ts";

const WELCOME = {
  type: "welcome", viewerId: "v1", role: "student", room: "theatre", version: "0.1.0", seq: 3,
  scene: {
    mode: "video", anatomyVisible: true, anatomyOpacity: 1, hideBehind: false, hasAnatomy: false,
    pose: { rotation: [0, 0, 0, 1], shift: [0, 0], zoom: 1 },
  },
  strokes: [
    {
      id: "s", tool: "pen", colour: "#ffffff", width: 0.01, frameId: 7, capturedMs: 1.5,
      points: [[0, 0], [0.5, 0.5]], text: "", disparity: 0, done: true,
    },
  ],
  renditions: [
    {
      name: "quilt:8x6", width: 3072, height: 3072, kind: "quilt",
      columns: 8, rows: 6, tileWidth: 384, tileHeight: 512,
    },
  ],
  source: { state: "live", reason: "" },
  viewers: 1,
  anchor: null,
};

function parse(value: unknown): unknown {
  return parseServerMessage(JSON.stringify(value));
}

test("a whole welcome is a message, with or without an anchor", () => {
  assert.deepEqual(parse(WELCOME), WELCOME);
  const anchor = { frameId: 1, rtpTimestamp: 2, capturedMs: 3.5, ticksPerFrame: 3000 };
  assert.notEqual(parse({ ...WELCOME, anchor }), null);
});

test("fields that this page does not know are left alone", () => {
  assert.notEqual(parse({ ...WELCOME, later: 1 }), null);
});

test("what is not a message is none", () => {
  for (const text of ["", "{", "null", "[]", "3", '"welcome"', "{}", '{"type":7}']) {
    assert.equal(parseServerMessage(text), null, text);
  }
  for (const type of ["hello", "unheard", "constructor", "__proto__", "toString"]) {
    assert.equal(parse({ type }), null, type);
  }
});

test("a wrong or missing field makes a message none", () => {
  const wrong: readonly Record<string, unknown>[] = [
    { ...WELCOME, seq: "3" },
    { ...WELCOME, seq: 3.5 },
    { ...WELCOME, role: "surgeon" },
    { ...WELCOME, strokes: {} },
    { ...WELCOME, strokes: [{ ...WELCOME.strokes[0], points: [[0]] }] },
    { ...WELCOME, strokes: [{ ...WELCOME.strokes[0], frameId: null }] },
    { ...WELCOME, scene: { ...WELCOME.scene, pose: { rotation: [0, 0, 0], shift: [0, 0], zoom: 1 } } },
    { ...WELCOME, anchor: { frameId: 1 } },
    { ...WELCOME, source: null },
    { ...WELCOME, renditions: [{ ...WELCOME.renditions[0], kind: "hologram" }] },
  ];
  wrong.forEach((message, i) => assert.equal(parse(message), null, `case ${i}`));
});

test("events are told apart by their type", () => {
  const event = (inner: unknown): unknown => parse({ type: "event", seq: 4, event: inner });
  assert.notEqual(event({ type: "strokesRemoved", ids: ["a"] }), null);
  assert.notEqual(event({ type: "strokeEnded", id: "a", disparity: 0 }), null);
  assert.equal(event({ type: "strokesRemoved", ids: [1] }), null);
  assert.equal(event({ type: "strokeEnded", ids: ["a"] }), null);
});
