/** Every sentence that a person reads, by key, from `locales/`: English for now. */

import en from "../locales/en.json" with { type: "json" };

export type TextKey = keyof typeof en;

/** The text of `key`; `{name}` in it is replaced by `values.name`. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return en[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
