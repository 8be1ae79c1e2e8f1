/** Pointer events on the stage, as points of the picture, given to the chosen tool. */

import { paneAt, toPicture, type Pane, type PicturePoint } from "../picture/layout.ts";
import type { Stage } from "../picture/stage.ts";

/** A resting hand is not a finger: after the pen was seen, touches count for nothing this long. */
const PALM_MS = 1500;

/** One pointer on the picture; it keeps the pane on which it went down. */
export interface Contact {
  readonly id: number;
  readonly pane: Pane;
  /** Where it is now. */
  readonly at: PicturePoint;
  /** Whether it means "move" instead of "turn": Shift, or not the main button. */
  readonly secondary: boolean;
}

/** A tool's hands. */
export interface PadTool {
  /** Whether several fingers may work at once. */
  readonly multi: boolean;
  down(contact: Contact): void;
  /** `path` holds every point since the last call, the newest last. */
  move(contact: Contact, path: readonly PicturePoint[]): void;
  up(contact: Contact): void;
  /** A mouse or pen passes over without touching; null when it has left. */
  hover?(point: PicturePoint | null): void;
  /** The wheel was turned: `steps` pixels, upwards negative. */
  wheel?(steps: number): void;
}

export class Pad {
  private tool: PadTool;
  /** Whether touches count: not on an onlooker's page. */
  enabled = true;
  private readonly contacts = new Map<number, Contact>();
  private lastPenMs = -Infinity;

  constructor(
    private readonly stage: Stage,
    tool: PadTool,
  ) {
    this.tool = tool;
    const { canvas } = stage;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => this.tool.hover?.(null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (this.tool.wheel === undefined || !this.enabled) return;
        event.preventDefault();
        this.tool.wheel(event.deltaY);
      },
      { passive: false },
    );
  }

  /** Hand the picture to another tool; what the former one was doing ends there. */
  use(tool: PadTool): void {
    for (const contact of this.contacts.values()) this.tool.up(contact);
    this.contacts.clear();
    this.tool.hover?.(null);
    this.tool = tool;
  }

  private down(event: PointerEvent): void {
    if (event.pointerType === "pen") this.lastPenMs = event.timeStamp;
    const palm = event.pointerType === "touch" && event.timeStamp - this.lastPenMs < PALM_MS;
    if (!this.enabled || palm || (!this.tool.multi && this.contacts.size > 0)) return;
    const [x, y] = this.devicePixels(event);
    const pane = paneAt(this.stage.panes, x, y);
    if (pane === null) return;
    event.preventDefault();
    this.stage.canvas.setPointerCapture(event.pointerId);
    const secondary = event.shiftKey || event.button > 0;
    const contact = { id: event.pointerId, pane, at: toPicture(pane, x, y), secondary };
    this.contacts.set(event.pointerId, contact);
    this.tool.down(contact);
  }

  private move(event: PointerEvent): void {
    if (event.pointerType === "pen") this.lastPenMs = event.timeStamp;
    const contact = this.contacts.get(event.pointerId);
    if (contact === undefined) {
      if (event.pointerType !== "touch") this.hover(event);
      return;
    }
    const path = coalesced(event).map((each) => {
      const [x, y] = this.devicePixels(each);
      return toPicture(contact.pane, x, y);
    });
    const moved = { ...contact, at: path[path.length - 1] ?? contact.at };
    this.contacts.set(event.pointerId, moved);
    this.tool.move(moved, path);
  }

  private up(event: PointerEvent): void {
    const contact = this.contacts.get(event.pointerId);
    if (contact === undefined) return;
    this.contacts.delete(event.pointerId);
    this.tool.up(contact);
  }

  private hover(event: PointerEvent): void {
    if (this.tool.hover === undefined || !this.enabled) return;
    const [x, y] = this.devicePixels(event);
    const pane = paneAt(this.stage.panes, x, y);
    this.tool.hover(pane && toPicture(pane, x, y));
  }

  private devicePixels(event: PointerEvent): [number, number] {
    const { canvas } = this.stage;
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * canvas.width) / box.width,
      ((event.clientY - box.top) * canvas.height) / box.height,
    ];
  }
}

function coalesced(event: PointerEvent): readonly PointerEvent[] {
  const all = typeof event.getCoalescedEvents === "function" ? event.getCoalescedEvents() : [];
  return all.length > 0 ? all : [event];
}
