/** What both pages begin with: the token, the video, the canvas, and the player between them. */

import { Player } from "../player.ts";
import { t, type TextKey } from "../text.ts";
import { make } from "./dom.ts";
import { StatsPanel } from "./statspanel.ts";
import { StatusLine } from "./status.ts";
import { WakeLock } from "./wakelock.ts";

export interface PageFrame {
  readonly root: HTMLElement;
  readonly player: Player;
  /** Holds the canvas, and whatever lies over the picture. */
  readonly theatre: HTMLElement;
  readonly status: StatusLine;
  readonly stats: StatsPanel;
}

/**
 * Build the common parts; `rendition` is what the page receives unless its address names another one;
 * null (and a sentence on the page) where the address has no token.
 */
export function pageFrame(title: TextKey, rendition: string): PageFrame | null {
  document.title = t(title);
  const root = document.getElementById("app") ?? document.body;
  const token = location.hash.slice(1);
  // Another link pasted into the same tab is another room.
  window.addEventListener("hashchange", () => location.reload());
  if (token === "") {
    root.append(make("p", { class: "alone", testid: "status", role: "status", text: t("status.notoken") }));
    return null;
  }
  const canvas = make("canvas", { class: "stage", testid: "stage", label: t("stage.label"), role: "img" });
  const video = make("video", { class: "feed" });
  video.muted = true;
  video.playsInline = true;
  video.autoplay = true;
  video.disablePictureInPicture = true;
  video.setAttribute("aria-hidden", "true");
  const theatre = make("div", { class: "theatre" }, [video, canvas]);
  const player = new Player(canvas, video, token, rendition);
  window.theatron = player.hooks;
  const stats = new StatsPanel(() => player.stats());
  const status = new StatusLine(player);
  const wakeLock = new WakeLock();
  player.onChange(() => wakeLock.set(player.flowing));
  return { root, player, theatre, status, stats };
}
