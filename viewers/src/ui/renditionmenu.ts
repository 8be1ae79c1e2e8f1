/** The list of the renditions on offer, where there are more than the usual two. */

import type { RenditionInfo } from "../messages.gen.ts";
import type { Player } from "../player.ts";
import { t } from "../text.ts";
import { make } from "./dom.ts";
import { icon } from "./icons.ts";

/** What every room offers: the view bar's "Low data" button chooses between these. */
const USUAL: readonly string[] = ["stereo", "mono"];

/** A rendition in words that say what is seen. */
export function renditionWords({ kind, columns, rows }: RenditionInfo): string {
  if (kind !== "quilt") return t(`rendition.${kind}`);
  const views = columns * rows;
  return views === 1 ? t("rendition.quilt.one") : t("rendition.quilt", { views, columns, rows });
}

/**
 * Looks like a button that names the present choice; the browser's own list, which works by finger
 * and by keyboard, lies over it unseen.
 */
export class RenditionMenu {
  readonly element: HTMLElement;
  private readonly select: HTMLSelectElement;
  private readonly words: HTMLElement;
  private listed: readonly RenditionInfo[] = [];

  constructor(private readonly player: Player) {
    this.select = make("select", { testid: "rendition", label: t("view.renditions") });
    this.select.title = t("view.renditions.hint");
    this.select.addEventListener("change", () => player.select(this.select.value));
    this.words = make("span", { class: "button-text" });
    this.words.setAttribute("aria-hidden", "true");
    this.element = make("div", { class: "button chooser" }, [icon("views"), this.words, this.select]);
    this.update();
  }

  /** List what the room offers now, and show what is chosen. */
  update(): void {
    const { renditions, rendition } = this.player;
    if (renditions !== this.listed) this.list(renditions);
    if (this.select.value !== rendition) this.select.value = rendition;
    const chosen = renditions.find(({ name }) => name === rendition);
    const words = chosen === undefined ? t("view.renditions") : renditionWords(chosen);
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  private list(renditions: readonly RenditionInfo[]): void {
    this.listed = renditions;
    const options = renditions.map((each) => {
      const option = make("option", { text: renditionWords(each) });
      option.value = each.name;
      return option;
    });
    this.select.replaceChildren(...options);
    this.element.hidden = renditions.every(({ name }) => USUAL.includes(name));
  }
}
