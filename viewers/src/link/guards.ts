/** Turns text from the server into a message, checking it against the generated shapes. */

import { SERVER_TYPES, SHAPES, type ServerMessage, type Shape } from "../messages.gen.ts";

/** The message in `text`, or null where it is not one that this page knows. */
export function parseServerMessage(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value["type"] !== "string") return null;
  const struct = own(SERVER_TYPES, value["type"]);
  return struct !== undefined && hasFields(value, struct) ? (value as unknown as ServerMessage) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function hasFields(value: unknown, struct: string): boolean {
  const fields = own(SHAPES, struct);
  if (fields === undefined || !isRecord(value)) return false;
  // Fields that this page does not know are left alone: the server may be newer.
  return Object.entries(fields).every(([name, shape]) => matches(value[name], shape));
}

function matches(value: unknown, shape: Shape): boolean {
  if (shape === "integer") return Number.isInteger(value);
  if (shape === "number") return Number.isFinite(value);
  if (typeof shape === "string") return typeof value === shape;
  if ("literal" in shape) return typeof value === "string" && shape.literal.includes(value);
  if ("nullable" in shape) return value === null || matches(value, shape.nullable);
  if ("struct" in shape) return hasFields(value, shape.struct);
  if ("tagged" in shape) return shape.tagged.some((struct) => hasFields(value, struct));
  if (!Array.isArray(value)) return false;
  if ("list" in shape) return value.every((item) => matches(item, shape.list));
  return (
    value.length === shape.tuple.length && shape.tuple.every((item, i) => matches(value[i], item))
  );
}
