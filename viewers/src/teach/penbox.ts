/** What the instructor draws with: the chosen colour and width. */

import { COLOURS, WIDTHS, type ColourName, type WidthName } from "../ink/palette.ts";

export class PenBox {
  colour: ColourName = "green";
  width: WidthName = "medium";

  /** `#rrggbb`. */
  get colourValue(): string {
    return COLOURS.find(({ name }) => name === this.colour)?.value ?? COLOURS[0].value;
  }

  /** Line width as a fraction of the picture's width. */
  get lineWidth(): number {
    return this.chosen.line;
  }

  /** Height of letters as a fraction of the picture's width. */
  get textHeight(): number {
    return this.chosen.text;
  }

  private get chosen(): (typeof WIDTHS)[number] {
    return WIDTHS.find(({ name }) => name === this.width) ?? WIDTHS[1];
  }
}
