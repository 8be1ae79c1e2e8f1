/** Turns the anatomy: one finger turns, two zoom, move and roll, the wheel zooms. */

import type { Contact, PadTool } from "./pad.ts";
import type { Pose } from "./pose.ts";
import { drag, roll } from "./trackball.ts";

/** The ball's radius as a fraction of the picture's height. */
const BALL = 0.45;
const WHEEL_PER_PIXEL = 0.0012;

type Place = readonly [number, number];

export class TurnTool implements PadTool {
  readonly multi = true;
  /** Each contact as it was last seen; x in units of the picture's height. */
  private readonly contacts = new Map<number, Contact>();

  constructor(private readonly pose: Pose) {}

  down(contact: Contact): void {
    this.contacts.set(contact.id, contact);
  }

  move(contact: Contact): void {
    const before = this.contacts.get(contact.id);
    if (before === undefined) return;
    const other = [...this.contacts.values()].find(({ id }) => id !== contact.id);
    this.contacts.set(contact.id, contact);
    if (other !== undefined) this.pinch(before, contact, other);
    else if (contact.secondary) {
      this.pose.shift(contact.at.x - before.at.x, contact.at.y - before.at.y);
    } else {
      this.pose.turn(drag(onBall(before), onBall(contact)));
    }
  }

  up({ id }: Contact): void {
    this.contacts.delete(id);
  }

  wheel(steps: number): void {
    this.pose.zoom(Math.exp(-steps * WHEEL_PER_PIXEL));
  }

  private pinch(before: Contact, after: Contact, other: Contact): void {
    const fixed = square(other);
    const [ax, ay] = away(fixed, square(before));
    const [bx, by] = away(fixed, square(after));
    const from = Math.hypot(ax, ay);
    const to = Math.hypot(bx, by);
    if (from < 0.01 || to < 0.01) return;
    this.pose.zoom(to / from);
    this.pose.turn(roll(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)));
    // The middle of the two fingers moves half as far as the one that moves.
    this.pose.shift((after.at.x - before.at.x) / 2, (after.at.y - before.at.y) / 2);
  }
}

/** A contact in units of the picture's height, so that both axes count alike. */
function square({ at, pane }: Contact): Place {
  return [(at.x * pane.width) / pane.height, at.y];
}

function away(from: Place, to: Place): Place {
  return [to[0] - from[0], to[1] - from[1]];
}

function onBall(contact: Contact): Place {
  const [x, y] = square(contact);
  return [(x - contact.pane.width / contact.pane.height / 2) / BALL, (y - 0.5) / BALL];
}
