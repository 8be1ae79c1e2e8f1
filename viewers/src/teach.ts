/** The instructor's page: the same picture, and the means to draw on it and to set the scene. */

import "./style/base.css";
import "./style/teach.css";

import { PenTool, ShapeTool } from "./teach/drawtools.ts";
import { LaserTool } from "./teach/lasertool.ts";
import { Pad } from "./teach/pad.ts";
import { PenBox } from "./teach/penbox.ts";
import { Pose } from "./teach/pose.ts";
import { SceneRail } from "./teach/scenerail.ts";
import { TextTool } from "./teach/texttool.ts";
import { ToolRail, penRow } from "./teach/toolrail.ts";
import { TurnTool } from "./teach/turntool.ts";
import { StrokeWriter } from "./teach/writer.ts";
import { t } from "./text.ts";
import { make } from "./ui/dom.ts";
import { pageFrame } from "./ui/frame.ts";
import { listenForKeys } from "./ui/keys.ts";
import { ViewBar } from "./ui/viewbar.ts";

function open(): void {
  const frame = pageFrame("title.teach", "stereo");
  if (frame === null) return;
  const { root, player, theatre, status, stats } = frame;
  const pens = new PenBox();
  const writer = new StrokeWriter(player, pens);
  const pose = new Pose(player);
  const pen = new PenTool(writer);
  const pad = new Pad(player.stage, pen);
  const tools = new ToolRail(player, pad, {
    pen,
    arrow: new ShapeTool(writer, "arrow"),
    circle: new ShapeTool(writer, "circle"),
    text: new TextTool(player, theatre, writer, pens),
    pointer: new LaserTool(player),
    turn: new TurnTool(pose),
  });
  const scene = new SceneRail(player, pose);
  const bar = new ViewBar(player, stats, false);
  const viewers = make("span", { class: "viewers", testid: "viewers" });
  root.classList.add("desk");
  root.append(
    make("header", { class: "head" }, [status.element, viewers]),
    tools.element,
    theatre,
    stats.element,
    scene.element,
    make("footer", { class: "foot" }, [penRow(pens), bar.element]),
  );
  const update = (): void => {
    const { room } = player;
    status.update();
    bar.update();
    scene.update();
    tools.allowTurning(room.scene?.hasAnatomy === true);
    // A student's link may open this page, but only look.
    const onlooker = room.role === "student";
    root.classList.toggle("onlooker", onlooker);
    pad.enabled = !onlooker;
    viewers.textContent = room.role === null ? "" : t("room.viewers", { count: room.viewers });
  };
  player.onChange(update);
  update();
  listenForKeys({ ...bar.shortcuts, ...tools.shortcuts });
  player.link.start();
}

open();
