/** Figures on demand. */

import type { Stats } from "../stats.ts";
import { t, type TextKey } from "../text.ts";
import { make } from "./dom.ts";

const REFRESH_MS = 500;

type Row = readonly [TextKey, (stats: Stats) => string];

const ROWS: readonly Row[] = [
  ["stats.latency", ({ latencyMs }) => ms(latencyMs)],
  ["stats.fps", ({ fps }) => t("unit.fps", { value: fps })],
  ["stats.frame", ({ frameId }) => known(frameId)],
  [
    "stats.size",
    ({ renditionWidth, renditionHeight }) =>
      t("unit.size", { width: renditionWidth, height: renditionHeight }),
  ],
  ["stats.view", ({ eyes }) => viewSize(eyes)],
  ["stats.skipped", ({ skipped, presented }) => t("unit.of", { part: skipped, whole: skipped + presented })],
  ["stats.rtt", ({ rttMs }) => ms(rttMs)],
  ["stats.clock", ({ clockOffsetMs }) => ms(clockOffsetMs)],
  ["stats.strokes", ({ strokes }) => String(strokes)],
  ["stats.viewers", ({ viewers }) => String(viewers)],
  ["stats.renderer", ({ renderer }) => t(`renderer.${renderer}`)],
  ["stats.connection", ({ connection }) => connection],
];

function viewSize(eyes: Stats["eyes"]): string {
  if (eyes === null) return t("stats.none");
  return t("unit.size", { width: eyes.left.width, height: eyes.left.height });
}

function known(value: number | null): string {
  return value === null ? t("stats.none") : String(value);
}

function ms(value: number | null): string {
  return value === null ? t("stats.none") : t("unit.ms", { value: value.toFixed(1) });
}

export class StatsPanel {
  readonly element: HTMLElement;
  private readonly cells: HTMLElement[] = [];
  private timer: number | undefined;

  constructor(private readonly stats: () => Stats) {
    const list = make("dl", { class: "stats-list" });
    for (const [key] of ROWS) {
      const cell = make("dd");
      this.cells.push(cell);
      list.append(make("dt", { text: t(key) }), cell);
    }
    this.element = make("aside", { class: "stats", testid: "stats", label: t("stats.title") }, [list]);
    this.element.hidden = true;
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    window.clearInterval(this.timer);
    if (this.element.hidden) return;
    this.fill();
    this.timer = window.setInterval(() => this.fill(), REFRESH_MS);
  }

  private fill(): void {
    const stats = this.stats();
    ROWS.forEach(([, text], i) => {
      const cell = this.cells[i];
      if (cell !== undefined) cell.textContent = text(stats);
    });
  }
}
