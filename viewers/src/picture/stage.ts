/** The canvas: draws each frame with its ink in the chosen mode, and redraws when that changes. */

import type { InkLayer } from "../ink/layer.ts";
import type { Laser } from "../ink/laser.ts";
import { eyesIn, type Eyes, type PictureLayout } from "./eyes.ts";
import type { PresentedFrame } from "./frames.ts";
import { GlRenderer, glContext, hasGpu } from "./glrenderer.ts";
import { panesFor, type DisplayMode, type Pane } from "./layout.ts";
import type { FrameForm, Renderer, View } from "./renderer.ts";
import { SoftRenderer } from "./softrenderer.ts";

const WIDEST_INK_EYE = 1920;

/** How to draw: as the device is best used, or as a test or a doubt demands. */
export type Drawing = "auto" | "webgl2" | "canvas2d";

export class Stage {
  /** Called when the graphics were lost or came back. */
  onLost: () => void = () => undefined;
  private renderer: Renderer | null = null;
  private displayMode: DisplayMode = "2d";
  private swapped = false;
  private frameWidth = 0;
  private frameHeight = 0;
  private layout: PictureLayout | null = null;
  private redrawAsked = 0;
  private readonly view: View;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly ink: InkLayer,
    private readonly laser: Laser,
    private readonly drawing: Drawing,
  ) {
    const eyes = eyesIn(null, this.displayMode, 0, 0);
    this.view = { panes: [], eyes, swap: false, inked: false, dot: laser.dot };
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.renderer = null;
      this.onLost();
    });
    canvas.addEventListener("webglcontextrestored", () => {
      const gl = glContext(canvas);
      this.begin(gl && new GlRenderer(gl));
    });
    this.start();
    new ResizeObserver((entries) => this.resize(entries[0])).observe(canvas);
  }

  /** Whether nothing can be drawn until the graphics come back. */
  get lost(): boolean {
    return this.renderer === null;
  }

  /** What draws: `webgl2`, or `canvas2d` where there is no GPU. */
  get kind(): Renderer["kind"] | "none" {
    return this.renderer?.kind ?? "none";
  }

  /** In which form the next frame is drawn best. */
  get wants(): FrameForm {
    return this.renderer?.wants ?? "image";
  }

  get mode(): DisplayMode {
    return this.displayMode;
  }

  get swap(): boolean {
    return this.swapped;
  }

  /** Where the pictures lie now, in device pixels. */
  get panes(): readonly Pane[] {
    return this.view.panes;
  }

  /** Which parts of the present picture the eyes are shown; null before the first. */
  get eyes(): Eyes | null {
    return this.frameWidth === 0 ? null : this.view.eyes;
  }

  /** Choose how the pair is shown and whether the eyes are exchanged. */
  show(mode: DisplayMode, swap: boolean): void {
    this.displayMode = mode;
    this.swapped = swap;
    this.arrange();
    this.redraw();
  }

  /** Draw a new frame, whose views lie as `layout` says; without one it is a single view. */
  present(frame: PresentedFrame, layout: PictureLayout | null, nowMs: number): void {
    const { renderer } = this;
    if (renderer === null) return;
    const changed =
      frame.width !== this.frameWidth ||
      frame.height !== this.frameHeight ||
      layout !== this.layout;
    if (changed) {
      this.frameWidth = frame.width;
      this.frameHeight = frame.height;
      this.layout = layout;
      this.arrange();
    }
    renderer.upload(frame);
    this.draw(nowMs);
  }

  /** Draw the present frame again before the next repaint: ink, laser or mode changed. */
  redraw(): void {
    if (this.redrawAsked !== 0) return;
    this.redrawAsked = requestAnimationFrame((now) => {
      this.redrawAsked = 0;
      this.draw(now);
    });
  }

  /** The present frame's pixels as drawn, top row first; null where nothing can be drawn. */
  pixels(): { width: number; height: number; data: Uint8ClampedArray<ArrayBuffer> } | null {
    if (this.renderer === null) return null;
    // A 2D canvas keeps what was drawn; WebGL's may be gone when the task ends.
    if (this.renderer.kind === "webgl2" || this.redrawAsked !== 0) this.draw(performance.now());
    return { width: this.canvas.width, height: this.canvas.height, data: this.renderer.read() };
  }

  private draw(nowMs: number): void {
    const { renderer, ink, view } = this;
    if (renderer === null || this.frameWidth === 0) return;
    const changed = ink.refresh();
    if (changed.length > 0) renderer.uploadInk(ink.canvas, changed);
    view.inked = ink.inked;
    const fading = this.laser.fade(nowMs);
    renderer.draw(view);
    if (fading) this.redraw();
  }

  private start(): void {
    const { canvas, drawing } = this;
    const useGl = drawing === "webgl2" || (drawing === "auto" && hasGpu());
    const gl = useGl ? glContext(canvas) : null;
    // `willReadFrequently` keeps the canvas in main memory, where this renderer works.
    const memory: CanvasRenderingContext2DSettings = { alpha: false, willReadFrequently: true };
    const flat = gl === null ? canvas.getContext("2d", memory) : null;
    if (gl !== null) this.begin(new GlRenderer(gl));
    else this.begin(flat && new SoftRenderer(flat, this.ink));
  }

  private begin(renderer: Renderer | null): void {
    this.renderer = renderer;
    // A new context holds no ink, and no frame until the next one comes.
    this.frameWidth = 0;
    this.ink.invalidate();
    this.onLost();
  }

  private resize(entry: ResizeObserverEntry | undefined): void {
    const exact = entry?.devicePixelContentBoxSize?.[0];
    const ratio = window.devicePixelRatio || 1;
    const width = exact?.inlineSize ?? Math.round(this.canvas.clientWidth * ratio);
    const height = exact?.blockSize ?? Math.round(this.canvas.clientHeight * ratio);
    if (width === 0 || height === 0) return;
    if (width === this.canvas.width && height === this.canvas.height) return;
    // Setting the size clears the canvas: draw in the same task, so that it does not flash.
    this.canvas.width = width;
    this.canvas.height = height;
    this.arrange();
    this.draw(performance.now());
  }

  private arrange(): void {
    const { canvas, view } = this;
    if (this.frameWidth === 0) return;
    view.eyes = eyesIn(this.layout, this.displayMode, this.frameWidth, this.frameHeight);
    const eyeWidth = view.eyes.left.width;
    const aspect = eyeWidth / view.eyes.left.height;
    view.swap = this.swapped;
    view.panes = panesFor(this.displayMode, this.swapped, canvas.width, canvas.height, aspect);
    const shown = view.panes[0]?.width ?? eyeWidth;
    const inkWidth = Math.min(WIDEST_INK_EYE, Math.max(eyeWidth, shown));
    this.ink.resize(inkWidth, Math.round(inkWidth / aspect));
  }
}
