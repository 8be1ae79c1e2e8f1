/** Line icons on a 24 x 24 grid, made as SVG elements (no fonts, no inline markup). */

const SVG = "http://www.w3.org/2000/svg";

/** Each icon is one or more stroked paths. */
const PATHS = {
  flat: ["M4 6h16v12H4z"],
  sbs: ["M3 7h8v10H3z", "M13 7h8v10h-8z"],
  glasses: ["M2.5 9.5c3-1 16-1 19 0", "M4 9v4a3.5 3.5 0 0 0 7 0V9", "M13 9v4a3.5 3.5 0 0 0 7 0V9"],
  swap: ["M4 9h14", "M14.5 5.5 18 9l-3.5 3.5", "M20 15H6", "M9.5 11.5 6 15l3.5 3.5"],
  views: ["M8.5 8.5H3V20h11v-5.5", "M11.5 6V4.5", "M9 4h12v10H9z"],
  lowdata: ["M5 20v-4", "M10 20v-8", "M15 20v-5", "M20 20v-2", "M4 4l5 5", "M9 5v4H5"],
  stats: ["M4 19h16", "M7 15v-4", "M12 15V6", "M17 15v-7"],
  fullscreen: ["M4 9V4h5", "M15 4h5v5", "M20 15v5h-5", "M9 20H4v-5"],
  pen: ["M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19z", "M14.5 6.5l3 3"],
  arrow: ["M5 19 19 5", "M10 5h9v9"],
  circle: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z"],
  text: ["M5 7V5h14v2", "M12 5v14", "M9 19h6"],
  pointer: [
    "M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
    "M12 3v3",
    "M12 18v3",
    "M3 12h3",
    "M18 12h3",
    "M6 6l1.5 1.5",
    "M16.5 16.5 18 18",
    "M18 6l-1.5 1.5",
    "M7.5 16.5 6 18",
  ],
  turn: ["M12 4a8 3.2 0 1 0 0 6.4", "M19.5 12a8 8 0 1 1-4-7", "M19.8 3.2l-.6 4-4-.6"],
  undo: ["M8.5 5 4 9.5 8.5 14", "M4 9.5h10a5.5 5.5 0 0 1 0 11h-3"],
  clear: ["M4 7h16", "M9 7V4h6v3", "M6 7l1 13h10l1-13", "M10 11v5", "M14 11v5"],
  video: ["M3 6h12v12H3z", "M15 10.5 21 7v10l-6-3.5z"],
  anatomy: [
    "M12 3c-5 0-8 3.3-8 7.5 0 2.3 1 4 2.5 5.2V19h11v-3.3C19 14.5 20 12.8 20 10.5 20 6.3 17 3 12 3z",
    "M9 11.5v.1",
    "M15 11.5v.1",
    "M10 19v2",
    "M14 19v2",
  ],
  beside: ["M3 6h18v12H3z", "M12 6v12"],
  over: ["M3 4h13v11H3z", "M8 9h13v11H8z"],
  visible: ["M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6z", "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"],
  behind: ["M3 15c3-4 6-4 9-1s6 3 9-1v7H3z", "M8 11.4V9a4 4 0 0 1 8 0v5.6"],
  reset: ["M4 12a8 8 0 1 0 2.6-5.9", "M4 4v4.5h4.5"],
} as const satisfies Record<string, readonly string[]>;

export type IconName = keyof typeof PATHS;

/** The icon `name`, hidden from screen readers: the label beside it speaks. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  for (const line of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
