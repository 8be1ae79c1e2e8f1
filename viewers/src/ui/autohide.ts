/** Lets controls fade away while nobody touches them. */

const REST_MS = 3500;
const IDLE = "idle";

/**
 * Adds the class `idle` to `root` after a while without a move, a touch or a key. A first touch on
 * what is hidden only brings it back; a mouse brings it back by moving, so its click counts.
 */
export class AutoHide {
  private timer: number | undefined;
  private held = true;
  private swallowing = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly controls: HTMLElement,
  ) {
    for (const name of ["pointermove", "pointerdown", "keydown", "focusin"] as const) {
      root.addEventListener(name, (event) => this.wake(event), { capture: true });
    }
    controls.addEventListener("click", (event) => this.swallow(event), { capture: true });
    // A list opens when it is pressed, not when it is let go.
    controls.addEventListener("mousedown", (event) => this.refuse(event), { capture: true });
    this.show();
  }

  /** Keep the controls while `held` (something needs to be read), hide them later otherwise. */
  hold(held: boolean): void {
    if (this.held === held) return;
    this.held = held;
    this.show();
  }

  private wake(event: Event): void {
    if (event.type === "pointerdown") {
      const touch = event instanceof PointerEvent && event.pointerType === "touch";
      this.swallowing = touch && this.root.classList.contains(IDLE);
    }
    this.show();
  }

  private swallow(event: Event): void {
    this.refuse(event);
    this.swallowing = false;
  }

  private refuse(event: Event): void {
    if (!this.swallowing) return;
    event.stopPropagation();
    event.preventDefault();
  }

  private show(): void {
    this.root.classList.remove(IDLE);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.rest(), REST_MS);
  }

  private rest(): void {
    // Focus that is shown is a keyboard's: it must not go to what cannot be seen.
    if (this.held || this.controls.querySelector(":focus-visible") !== null) return;
    this.root.classList.add(IDLE);
  }
}
