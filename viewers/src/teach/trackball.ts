/** Turning by a virtual ball, in camera axes: x right, y down, z forward. */

export type Quaternion = readonly [x: number, y: number, z: number, w: number];
type Vector = readonly [number, number, number];

/** The product `a` after `b`, normalised. */
export function multiply(a: Quaternion, b: Quaternion): Quaternion {
  const [ax, ay, az, aw] = a;
  const [bx, by, bz, bw] = b;
  return normalised([
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ]);
}

/** A turn in the picture's plane, clockwise as seen, by `angle` radians. */
export function roll(angle: number): Quaternion {
  return [0, 0, Math.sin(angle / 2), Math.cos(angle / 2)];
}

/**
 * The turn that drags the ball's front from one point of the picture to another. Points are
 * relative to the picture's centre in units of the ball's radius. Outside the ball lies a sheet
 * (Holroyd; Henriksen et al. 2004), so that a long drag does not jump.
 */
export function drag(
  from: readonly [number, number],
  to: readonly [number, number],
): Quaternion {
  const a = onBall(from);
  const b = onBall(to);
  const cross: Vector = [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  // Half-angle form: (cross, 1 + dot) for unit vectors.
  return normalised([cross[0], cross[1], cross[2], 1 + dot]);
}

function onBall([x, y]: readonly [number, number]): Vector {
  const away = x * x + y * y;
  const depth = away <= 0.5 ? Math.sqrt(1 - away) : 0.5 / Math.sqrt(away);
  const length = Math.hypot(x, y, depth);
  return [x / length, y / length, -depth / length];
}

function normalised([x, y, z, w]: Quaternion): Quaternion {
  const length = Math.hypot(x, y, z, w);
  return length > 1e-9 ? [x / length, y / length, z / length, w / length] : [0, 0, 0, 1];
}
