import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import en from "../locales/en.json" with { type: "json" };
import { t } from "../src/text.ts";

const SOURCES = join(process.cwd(), "src");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith(".ts") ? [readFileSync(path, "utf8")] : [];
  });
}

test("values are put in, unknown ones are left as they stand", () => {
  assert.equal(t("unit.size", { width: 2560, height: 720 }), "2560 x 720");
  assert.equal(t("unit.ms"), "{value} ms");
});

test("every text is used, by its name or by the stem of a name that is put together", () => {
  const code = sources(SOURCES).join("\n");
  const stems = [...code.matchAll(/`([a-z.]+)\$\{/g)].map(([, stem]) => stem ?? "");
  for (const key of Object.keys(en)) {
    const used = code.includes(`"${key}"`) || stems.some((stem) => stem !== "" && key.startsWith(stem));
    assert.ok(used, `nothing says ${key}`);
  }
});
