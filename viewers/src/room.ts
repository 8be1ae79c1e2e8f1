/** What the server said last about the room. */

import type { Role, SceneState, SourceInfo } from "./messages.gen.ts";

export interface Room {
  role: Role | null;
  scene: SceneState | null;
  source: SourceInfo | null;
  viewers: number;
  /** The last thing that the server would not do, and when it said so (`performance.now()`). */
  refusal: { readonly reason: string; readonly atMs: number } | null;
}

/** A room of which nothing is known yet. */
export function newRoom(): Room {
  return { role: null, scene: null, source: null, viewers: 0, refusal: null };
}
