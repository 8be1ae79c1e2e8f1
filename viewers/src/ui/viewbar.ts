/** The buttons that say how the picture is shown; the same on both pages. */

import type { DisplayMode } from "../picture/layout.ts";
import type { Player } from "../player.ts";
import { t } from "../text.ts";
import { button, setPressed } from "./button.ts";
import { make } from "./dom.ts";
import { enterFullscreen, isFullscreen, leaveFullscreen, onFullscreenChange } from "./fullscreen.ts";
import type { Shortcuts } from "./keys.ts";
import { loadPrefs, savePrefs } from "./prefs.ts";
import { RenditionMenu } from "./renditionmenu.ts";
import type { StatsPanel } from "./statspanel.ts";

export class ViewBar {
  readonly element: HTMLElement;
  readonly shortcuts: Shortcuts;
  private readonly modes: Readonly<Record<DisplayMode, HTMLButtonElement>>;
  private readonly swap: HTMLButtonElement;
  private readonly renditions: RenditionMenu;
  private readonly lowData: HTMLButtonElement;
  /** What "Low data" goes back to. */
  private full = "stereo";
  private readonly statsToggle: HTMLButtonElement;
  private readonly fullscreen: HTMLButtonElement;
  /** Side by side was remembered, but only a touch may fill the screen. */
  private fillAtTouch: boolean;

  /** `fillForSbs`: side by side takes the whole screen, as a 3D panel needs it. */
  constructor(
    private readonly player: Player,
    private readonly stats: StatsPanel,
    private readonly fillForSbs: boolean,
  ) {
    const mode = (name: DisplayMode, picture: "flat" | "sbs" | "glasses", key: string) =>
      button({
        testid: `mode-${name}`,
        icon: picture,
        text: `mode.${name}`,
        key,
        press: () => this.choose(name),
      });
    this.modes = {
      "2d": mode("2d", "flat", "1"),
      sbs: mode("sbs", "sbs", "2"),
      anaglyph: mode("anaglyph", "glasses", "3"),
    };
    const press = {
      swap: () => this.exchange(),
      lowData: () => player.select(player.rendition === "mono" ? this.full : "mono"),
      stats: () => this.toggleStats(),
      fullscreen: () => void (isFullscreen() ? leaveFullscreen() : enterFullscreen()),
    };
    this.swap = button({ testid: "mode-swap", icon: "swap", text: "mode.swap", hint: "mode.swap.hint", key: "s", press: press.swap });
    this.renditions = new RenditionMenu(player);
    this.lowData = button({ testid: "low-data", icon: "lowdata", text: "view.lowdata", hint: "view.lowdata.hint", press: press.lowData });
    this.statsToggle = button({ testid: "stats-toggle", icon: "stats", text: "view.stats", key: "i", press: press.stats });
    this.fullscreen = button({ testid: "fullscreen", icon: "fullscreen", text: "view.fullscreen", key: "f", press: press.fullscreen });
    this.element = make("div", { class: "viewbar", role: "toolbar", label: t("mode.label") }, [
      make("div", { class: "group" }, [...Object.values(this.modes), this.swap]),
      make("div", { class: "group" }, [this.renditions.element, this.lowData, this.statsToggle, this.fullscreen]),
    ]);
    this.shortcuts = {
      "1": () => this.choose("2d"),
      "2": () => this.choose("sbs"),
      "3": () => this.choose("anaglyph"),
      s: press.swap,
      i: press.stats,
      f: press.fullscreen,
    };
    const prefs = loadPrefs();
    player.stage.show(prefs.mode, prefs.swap);
    this.fillAtTouch = fillForSbs && prefs.mode === "sbs";
    player.stage.canvas.addEventListener("pointerup", () => {
      if (this.fillAtTouch) void enterFullscreen();
      this.fillAtTouch = false;
    });
    onFullscreenChange(() => this.update());
    this.update();
  }

  /** Show the buttons as things are. */
  update(): void {
    const { stage, rendition } = this.player;
    if (rendition !== "mono") this.full = rendition;
    this.renditions.update();
    for (const [name, made] of Object.entries(this.modes)) setPressed(made, stage.mode === name);
    setPressed(this.swap, stage.swap);
    setPressed(this.lowData, rendition === "mono");
    setPressed(this.statsToggle, this.stats.open);
    setPressed(this.fullscreen, isFullscreen());
  }

  private choose(mode: DisplayMode): void {
    const { stage } = this.player;
    this.fillAtTouch = false;
    stage.show(mode, stage.swap);
    if (this.fillForSbs && mode === "sbs" && !isFullscreen()) void enterFullscreen();
    this.keep();
  }

  private exchange(): void {
    const { stage } = this.player;
    stage.show(stage.mode, !stage.swap);
    this.keep();
  }

  private keep(): void {
    const { mode, swap } = this.player.stage;
    savePrefs({ mode, swap });
    this.update();
  }

  private toggleStats(): void {
    this.stats.toggle();
    this.update();
  }
}
