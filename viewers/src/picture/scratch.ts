/** A canvas in memory, resized only when it must be. */

export class Scratch {
  readonly canvas = document.createElement("canvas");
  private readonly context = this.canvas.getContext("2d", {
    alpha: false,
    willReadFrequently: true,
  });

  /** The context of a canvas of that size. Its content is what was drawn last. */
  at(width: number, height: number): CanvasRenderingContext2D {
    const { canvas, context } = this;
    if (context === null) throw new Error("this browser gave no 2D canvas");
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    return context;
  }
}
