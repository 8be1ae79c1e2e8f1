/** What the picture shows: video, anatomy, or both; and how the anatomy is seen. */

import type { Mode } from "../messages.gen.ts";
import type { Player } from "../player.ts";
import { t } from "../text.ts";
import { button, setPressed } from "../ui/button.ts";
import { make } from "../ui/dom.ts";
import type { Pose } from "./pose.ts";

const SLIDER_EVERY_MS = 100;

export class SceneRail {
  readonly element: HTMLElement;
  private readonly modes: Readonly<Record<Mode, HTMLButtonElement>>;
  private readonly visible: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;
  private readonly behind: HTMLButtonElement;
  private readonly opacity: HTMLInputElement;
  private readonly none: HTMLElement;
  private sliding = false;
  private timer: number | undefined;

  constructor(
    private readonly player: Player,
    pose: Pose,
  ) {
    const mode = (name: Mode): HTMLButtonElement =>
      button({
        testid: `scene-${name}`,
        icon: name,
        text: `scene.${name}`,
        press: () => player.link.send({ type: "sceneSet", mode: name }),
      });
    this.modes = {
      video: mode("video"),
      anatomy: mode("anatomy"),
      beside: mode("beside"),
      over: mode("over"),
    };
    this.visible = button({
      testid: "anatomy-toggle",
      icon: "visible",
      text: "scene.visible",
      press: () => {
        const anatomyVisible = !(player.room.scene?.anatomyVisible ?? true);
        player.link.send({ type: "sceneSet", anatomyVisible });
      },
    });
    this.reset = button({
      testid: "reset-view",
      icon: "reset",
      text: "scene.reset",
      press: () => pose.reset(),
    });
    this.behind = button({
      testid: "hide-behind",
      icon: "behind",
      text: "scene.behind",
      hint: "scene.behind.hint",
      press: () => {
        const hideBehind = !(player.room.scene?.hideBehind ?? false);
        player.link.send({ type: "sceneSet", hideBehind });
      },
    });
    this.opacity = this.slider();
    this.none = make("p", { class: "rail-note", text: t("scene.none") });
    const opacity = make("label", { class: "slider" }, [
      make("span", { class: "button-text", text: t("scene.opacity") }),
      this.opacity,
    ]);
    this.element = make("div", { class: "rail scene", role: "toolbar", label: t("scene.label") }, [
      make("div", { class: "group" }, Object.values(this.modes)),
      make("div", { class: "group" }, [this.visible, this.reset, opacity, this.behind]),
      this.none,
    ]);
    this.update();
  }

  /** Show the scene as the room has it. */
  update(): void {
    const scene = this.player.room.scene;
    const some = scene?.hasAnatomy === true;
    for (const [name, made] of Object.entries(this.modes)) {
      setPressed(made, scene?.mode === name);
      made.disabled = !some && name !== "video";
    }
    setPressed(this.visible, scene?.anatomyVisible === true);
    setPressed(this.behind, scene?.hideBehind === true);
    // Only over the video is there tissue that could hide it.
    this.behind.hidden = !some || scene.mode !== "over";
    for (const control of [this.visible, this.reset, this.opacity]) control.disabled = !some;
    this.none.hidden = some || scene === null;
    if (!this.sliding) this.opacity.value = String(scene?.anatomyOpacity ?? 1);
  }

  private slider(): HTMLInputElement {
    const slider = make("input", { testid: "anatomy-opacity" });
    slider.type = "range";
    slider.min = "0";
    slider.max = "1";
    slider.step = "0.05";
    const send = (): void => {
      this.timer = undefined;
      this.player.link.send({ type: "sceneSet", anatomyOpacity: Number(slider.value) });
    };
    slider.addEventListener("input", () => {
      this.sliding = true;
      this.timer ??= window.setTimeout(send, SLIDER_EVERY_MS);
    });
    slider.addEventListener("change", () => {
      this.sliding = false;
      window.clearTimeout(this.timer);
      send();
    });
    return slider;
  }
}
