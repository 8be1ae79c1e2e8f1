/** Large buttons with an icon and a word; groups of which one is chosen. */

import { t, type TextKey } from "../text.ts";
import { make } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";

export interface ButtonOptions {
  readonly testid: string;
  readonly icon: IconName;
  readonly text: TextKey;
  readonly hint?: TextKey;
  readonly key?: string;
  readonly press: () => void;
}

/** A button of at least 48 x 48 CSS pixels; its tooltip names the shortcut. */
export function button(options: ButtonOptions): HTMLButtonElement {
  const label = t(options.text);
  const made = make("button", { class: "button", testid: options.testid }, [
    icon(options.icon),
    make("span", { class: "button-text", text: label }),
  ]);
  made.type = "button";
  const hint = options.hint === undefined ? label : t(options.hint);
  made.title = options.key === undefined ? hint : t("shortcut", { label: hint, key: options.key });
  if (options.key !== undefined) made.setAttribute("aria-keyshortcuts", options.key);
  made.addEventListener("click", options.press);
  return made;
}

/** Show a button as on or off. */
export function setPressed(target: HTMLButtonElement, on: boolean): void {
  target.setAttribute("aria-pressed", String(on));
}
