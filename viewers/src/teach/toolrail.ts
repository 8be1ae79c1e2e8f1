/** The instructor's tools, undo and clear; and the pens: colours and widths. */

import { COLOURS, WIDTHS } from "../ink/palette.ts";
import type { Player } from "../player.ts";
import { t } from "../text.ts";
import { button, setPressed } from "../ui/button.ts";
import { make } from "../ui/dom.ts";
import type { IconName } from "../ui/icons.ts";
import type { Shortcuts } from "../ui/keys.ts";
import type { Pad, PadTool } from "./pad.ts";
import type { PenBox } from "./penbox.ts";

export type ToolName = "pen" | "arrow" | "circle" | "text" | "pointer" | "turn";
const KEYS: Readonly<Record<ToolName, string>> = {
  pen: "p",
  arrow: "a",
  circle: "c",
  text: "t",
  pointer: "l",
  turn: "r",
};

export class ToolRail {
  readonly element: HTMLElement;
  readonly shortcuts: Shortcuts;
  private readonly buttons: Readonly<Record<ToolName, HTMLButtonElement>>;

  constructor(
    player: Player,
    private readonly pad: Pad,
    private readonly tools: Readonly<Record<ToolName, PadTool>>,
  ) {
    const tool = (name: ToolName & IconName): HTMLButtonElement =>
      button({
        testid: `tool-${name}`,
        icon: name,
        text: `tool.${name}`,
        ...(name === "turn" ? { hint: "tool.turn.hint" as const } : {}),
        key: KEYS[name],
        press: () => this.choose(name),
      });
    this.buttons = {
      pen: tool("pen"),
      arrow: tool("arrow"),
      circle: tool("circle"),
      text: tool("text"),
      pointer: tool("pointer"),
      turn: tool("turn"),
    };
    const undo = (): void => void player.link.send({ type: "undo" });
    const clear = (): void => void player.link.send({ type: "clear" });
    this.element = make("div", { class: "rail tools", role: "toolbar", label: t("tools.label") }, [
      make("div", { class: "group" }, Object.values(this.buttons)),
      make("div", { class: "group" }, [
        button({ testid: "undo", icon: "undo", text: "ink.undo", key: "u", press: undo }),
        button({ testid: "clear", icon: "clear", text: "ink.clear", hint: "ink.clear.hint", key: "x", press: clear }),
      ]),
    ]);
    const keys = Object.entries(KEYS) as [ToolName, string][];
    this.shortcuts = {
      ...Object.fromEntries(keys.map(([name, key]) => [key, () => this.choose(name)])),
      u: undo,
      "ctrl+z": undo,
      x: clear,
    };
    this.choose("pen");
  }

  /** The anatomy can be turned only where there is some. */
  allowTurning(allowed: boolean): void {
    const { turn } = this.buttons;
    turn.disabled = !allowed;
    if (!allowed && turn.getAttribute("aria-pressed") === "true") this.choose("pen");
  }

  private choose(name: ToolName): void {
    if (this.buttons[name].disabled) return;
    this.pad.use(this.tools[name]);
    for (const [each, made] of Object.entries(this.buttons)) setPressed(made, each === name);
  }
}

/** Six colours and three widths, as swatches large enough for gloves. */
export function penRow(pens: PenBox): HTMLElement {
  const colours = COLOURS.map(({ name, value }) => {
    const swatch = make("button", { class: "swatch", testid: `colour-${name}`, label: t(`ink.colour.${name}`) });
    swatch.title = t(`ink.colour.${name}`);
    swatch.style.setProperty("--ink", value);
    return { name, swatch, choose: () => (pens.colour = name) };
  });
  const widths = WIDTHS.map(({ name, line }) => {
    const swatch = make("button", { class: "swatch line", testid: `width-${name}`, label: t(`ink.width.${name}`) });
    swatch.title = t(`ink.width.${name}`);
    swatch.style.setProperty("--line", `${Math.round(line * 1000) + 1}px`);
    return { name, swatch, choose: () => (pens.width = name) };
  });
  const groups = [
    { items: colours, label: t("ink.colours"), chosen: () => pens.colour as string },
    { items: widths, label: t("ink.widths"), chosen: () => pens.width as string },
  ];
  return make(
    "div",
    { class: "pens" },
    groups.map(({ items, label, chosen }) => {
      const show = (): void => {
        for (const { name, swatch } of items) setPressed(swatch, name === chosen());
      };
      for (const { swatch, choose } of items) {
        swatch.type = "button";
        swatch.addEventListener("click", () => {
          choose();
          show();
        });
      }
      show();
      return make("div", { class: "group", role: "group", label }, items.map(({ swatch }) => swatch));
    }),
  );
}
