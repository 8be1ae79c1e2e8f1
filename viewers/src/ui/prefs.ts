/** What this device remembers: how its owner likes to see. */

import type { DisplayMode } from "../picture/layout.ts";

const KEY = "theatron.view";
const MODES: readonly string[] = ["2d", "sbs", "anaglyph"] satisfies DisplayMode[];

export interface Prefs {
  mode: DisplayMode;
  swap: boolean;
}

/** What was remembered, or the plain picture. Storage may be forbidden; that harms nothing. */
export function loadPrefs(): Prefs {
  const prefs: Prefs = { mode: "2d", swap: false };
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (typeof saved === "object" && saved !== null) {
      if ("mode" in saved && MODES.includes(String(saved.mode))) prefs.mode = saved.mode as DisplayMode;
      if ("swap" in saved) prefs.swap = saved.swap === true;
    }
  } catch {
    // Unreadable or forbidden: begin plain.
  }
  return prefs;
}

export function savePrefs(prefs: Prefs): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // Forbidden or full: the choice lasts as long as the page.
  }
}
