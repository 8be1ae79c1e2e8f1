import assert from "node:assert/strict";
import { test } from "node:test";

import { HOLD_LIMIT_MS, InkBoard } from "../src/ink/board.ts";
import type { Stroke } from "../src/messages.gen.ts";

function stroke(id: string, frameId: number): Stroke {
  return {
    id, frameId, tool: "pen", colour: "#ffffff", width: 0.01, capturedMs: 0,
    points: [[0.1, 0.1]], text: "", disparity: 0, done: false,
  };
}

function begun(board: InkBoard, id: string, frameId: number, nowMs = 0): void {
  board.apply({ type: "strokeBegun", stroke: stroke(id, frameId) }, nowMs);
}

function seen(board: InkBoard): string[] {
  return board.visible.map(({ id }) => id);
}

test("a stroke that comes early waits for its frame", () => {
  const board = new InkBoard();
  board.present(100, 0);
  begun(board, "a", 102);
  board.present(101, 33);
  assert.deepEqual(seen(board), []);
  board.present(102, 66);
  assert.deepEqual(seen(board), ["a"]);
  assert.deepEqual(board.timings, [
    { id: "a", frameId: 102, receivedAtFrame: 100, shownOnFrame: 102 },
  ]);
});

test("where its frame was dropped, the first later one shows it", () => {
  const board = new InkBoard();
  board.present(100, 0);
  begun(board, "a", 102);
  board.present(103, 66);
  assert.equal(board.timings[0]?.shownOnFrame, 103);
});

test("a stroke that comes late is seen on the next presented frame, not before", () => {
  const board = new InkBoard();
  board.present(100, 0);
  begun(board, "a", 90);
  assert.deepEqual(seen(board), []);
  board.present(101, 33);
  assert.deepEqual(seen(board), ["a"]);
  assert.equal(board.timings[0]?.shownOnFrame, 101);
});

test("without an identity strokes are shown with the next frame", () => {
  const board = new InkBoard();
  begun(board, "a", 90);
  board.present(null, 0);
  assert.deepEqual(seen(board), ["a"]);
  assert.equal(board.timings[0]?.shownOnFrame, null);
});

test("a frame that never comes holds a stroke for two seconds only", () => {
  const board = new InkBoard();
  board.present(5, 0);
  begun(board, "a", 9_000, 10);
  board.present(6, HOLD_LIMIT_MS);
  assert.deepEqual(seen(board), []);
  board.present(7, HOLD_LIMIT_MS + 10);
  assert.deepEqual(seen(board), ["a"]);
});

test("what is due is released over a picture that stands still, what is not stays held", () => {
  const board = new InkBoard();
  board.present(100, 0);
  begun(board, "due", 100, 10);
  begun(board, "early", 101, 10);
  board.release(200);
  assert.deepEqual(seen(board), ["due"]);
});

test("ink of this page shows at once, and the echo of it adds nothing", () => {
  const board = new InkBoard();
  board.present(100, 0);
  board.drawHere(stroke("mine", 100));
  board.extend("mine", [[0.2, 0.2]]);
  begun(board, "mine", 100);
  board.apply({ type: "strokeExtended", id: "mine", points: [[0.2, 0.2]] }, 0);
  board.present(101, 33);
  assert.deepEqual(seen(board), ["mine"]);
  assert.equal(board.visible[0]?.points.length, 2);
  assert.equal(board.timings[0]?.shownOnFrame, 100);
  board.apply({ type: "strokeEnded", id: "mine", disparity: 0.02 }, 0);
  assert.equal(board.visible[0].disparity, 0.02);
  assert.equal(board.visible[0].done, true);
});

test("what the server refused is taken away, what it took stays", () => {
  const board = new InkBoard();
  board.drawHere(stroke("taken", 1));
  board.drawHere(stroke("refused", 1));
  begun(board, "taken", 1);
  board.discardUnconfirmed();
  assert.deepEqual(seen(board), ["taken"]);
});

test("points are added to a pen, an arrow's tip moves", () => {
  const board = new InkBoard();
  board.drawHere({ ...stroke("arrow", 1), tool: "arrow", points: [[0, 0], [0.1, 0.1]] });
  board.extend("arrow", [[0.2, 0.2], [0.3, 0.3]]);
  assert.deepEqual(board.visible[0]?.points, [[0, 0], [0.3, 0.3]]);
});

test("strokes are removed seen or held, and a snapshot replaces all", () => {
  const board = new InkBoard();
  board.present(1, 0);
  begun(board, "a", 1);
  begun(board, "b", 50);
  board.present(2, 10);
  board.apply({ type: "strokesRemoved", ids: ["a", "b"] }, 0);
  board.present(60, 20);
  assert.deepEqual(seen(board), []);
  board.reset([stroke("old", 3), stroke("new", 70)], 30);
  board.present(61, 40);
  assert.deepEqual(seen(board), ["old"]);
});

test("the version tells every change of what is seen", () => {
  const board = new InkBoard();
  const before = board.version;
  begun(board, "a", 5);
  assert.equal(board.version, before, "a held stroke changes nothing yet");
  board.present(5, 0);
  assert.notEqual(board.version, before);
});
