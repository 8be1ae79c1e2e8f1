/** Colours and widths of ink. */

/**
 * Each colour stands out from tissue and reaches both eyes through red-cyan glasses: it has red
 * and green or blue in it (pure red or pure blue would be seen by one eye only, and shimmer).
 */
export const COLOURS = [
  { name: "green", value: "#8cff66" },
  { name: "yellow", value: "#ffe14d" },
  { name: "white", value: "#ffffff" },
  { name: "blue", value: "#8fdcff" },
  { name: "violet", value: "#e3b3ff" },
  { name: "black", value: "#11161b" },
] as const;

/** Line widths, and for text the letters' height, as fractions of the picture's width. */
export const WIDTHS = [
  { name: "thin", line: 0.003, text: 0.025 },
  { name: "medium", line: 0.006, text: 0.04 },
  { name: "thick", line: 0.012, text: 0.06 },
] as const;

export type ColourName = (typeof COLOURS)[number]["name"];
export type WidthName = (typeof WIDTHS)[number]["name"];
