/** Text: a field opens on the picture where it was touched. */

import { MAX_TEXT_CHARS } from "../messages.gen.ts";
import type { Player } from "../player.ts";
import { t } from "../text.ts";
import { make } from "../ui/dom.ts";
import type { Contact, PadTool } from "./pad.ts";
import type { PenBox } from "./penbox.ts";
import type { StrokeWriter } from "./writer.ts";

export class TextTool implements PadTool {
  readonly multi = false;
  private close: (() => void) | null = null;
  private field: HTMLInputElement | null = null;

  constructor(
    private readonly player: Player,
    private readonly theatre: HTMLElement,
    private readonly writer: StrokeWriter,
    private readonly pens: PenBox,
  ) {}

  down(contact: Contact): void {
    this.close?.();
    const { writer } = this;
    const frameId = writer.frameNow;
    const field = this.make(contact);
    this.field = field;
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      const text = field.value.trim();
      this.field = null;
      field.remove();
      if (text !== "") writer.text(text, contact.at, frameId);
    };
    this.close = close;
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      // Enter also ends a composition of Japanese or Chinese; that one is not ours.
      if (event.isComposing) return;
      if (event.key === "Escape") field.value = "";
      if (event.key === "Enter" || event.key === "Escape") close();
    });
    this.theatre.append(field);
  }

  move(): void {
    // The field stays where it was opened.
  }

  /** Only now: the touch itself takes the focus away, and a tablet's keyboard needs its end. */
  up(): void {
    this.field?.focus();
  }

  private make({ pane, at }: Contact): HTMLInputElement {
    const { canvas } = this.player.stage;
    const scale = canvas.clientWidth / canvas.width;
    const field = make("input", { class: "text-field", testid: "text-field" });
    field.type = "text";
    field.dir = "auto";
    field.maxLength = MAX_TEXT_CHARS;
    field.placeholder = t("tool.text.placeholder");
    field.setAttribute("aria-label", t("tool.text"));
    const size = Math.max(16, this.pens.textHeight * pane.width * scale);
    const left = canvas.offsetLeft + (pane.x + at.x * pane.width) * scale;
    field.style.left = `${Math.min(left, canvas.offsetLeft + canvas.clientWidth - 160)}px`;
    field.style.top = `${canvas.offsetTop + (pane.y + at.y * pane.height) * scale}px`;
    field.style.fontSize = `${size}px`;
    field.style.color = this.pens.colourValue;
    return field;
  }
}
