/** Says in one plain sentence how the connection and the source do. */

import type { Player } from "../player.ts";
import { t, type TextKey } from "../text.ts";
import { make } from "./dom.ts";

/** How grave it is: nothing to do, wait, or act. */
export type Level = "good" | "wait" | "bad";

export interface Situation {
  readonly level: Level;
  readonly text: string;
}

const REFUSAL_MS = 6000;

/** The sentence for the player's state. */
export function situation(player: Player): Situation {
  const { link, room, stage } = player;
  const state = link.state;
  switch (state.kind) {
    case "unsupported":
      return { level: "bad", text: t("status.unsupported") };
    case "refused":
      return { level: "bad", text: said("status.refused", "status.refused.plain", state.reason) };
    case "waiting": {
      const reason = state.trouble === "server" ? state.reason : "";
      return {
        level: "wait",
        text: said("status.waiting.server.reason", `status.waiting.${state.trouble}`, reason),
      };
    }
    case "connecting":
      return { level: "wait", text: t("status.connecting") };
    default:
      break;
  }
  if (room.refusal !== null && performance.now() - room.refusal.atMs < REFUSAL_MS) {
    return { level: "wait", text: room.refusal.reason };
  }
  if (stage.lost) return { level: "wait", text: t("status.lost") };
  switch (room.source?.state) {
    case "slate":
      return {
        level: "wait",
        text: said("status.source.slate", "status.source.slate.plain", room.source.reason),
      };
    case "ended":
      return { level: "wait", text: t("status.source.ended") };
    case "connecting":
      return { level: "wait", text: t("status.source.connecting") };
    default:
      break;
  }
  if (state.kind === "joined" || !player.flowing) return { level: "wait", text: t("status.joined") };
  return { level: "good", text: t("status.live") };
}

function said(withReason: TextKey, plain: TextKey, reason: string): string {
  return reason === "" ? t(plain) : t(withReason, { reason });
}

/** The line itself; `update` brings it up to date and tells how grave it is. */
export class StatusLine {
  readonly element: HTMLElement;
  private readonly words: HTMLElement;

  constructor(private readonly player: Player) {
    this.words = make("span", { class: "status-text" });
    this.element = make("div", { class: "status", testid: "status", role: "status" }, [
      make("span", { class: "status-lamp" }),
      this.words,
    ]);
    this.update();
  }

  update(): Level {
    const { level, text } = situation(this.player);
    if (this.words.textContent !== text) this.words.textContent = text;
    this.element.dataset["level"] = level;
    return level;
  }
}
