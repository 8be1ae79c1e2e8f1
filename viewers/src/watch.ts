/** The student's page: the picture, and a few controls that step aside. */

import "./style/base.css";
import "./style/watch.css";

import { AutoHide } from "./ui/autohide.ts";
import { make } from "./ui/dom.ts";
import { pageFrame } from "./ui/frame.ts";
import { listenForKeys } from "./ui/keys.ts";
import { ViewBar } from "./ui/viewbar.ts";

function open(): void {
  const frame = pageFrame("title.watch", "stereo");
  if (frame === null) return;
  const { root, player, theatre, status, stats } = frame;
  const bar = new ViewBar(player, stats, true);
  const controls = make("div", { class: "controls" }, [bar.element]);
  root.append(theatre, status.element, stats.element, controls);
  const hide = new AutoHide(root, controls);
  const update = (): void => {
    hide.hold(status.update() !== "good");
    bar.update();
  };
  player.onChange(update);
  update();
  listenForKeys(bar.shortcuts);
  player.link.start();
}

open();
