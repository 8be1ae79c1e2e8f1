// Bundles the unit tests (tests/*.test.ts) for Node and runs them with Node's own test runner;
// arguments are handed on to it (such as --test-reporter=tap).

import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const outdir = join(root, "node_modules", ".tests");
const tests = (await readdir(join(root, "tests"))).filter((name) => name.endsWith(".test.ts"));

await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: tests.map((name) => `tests/${name}`),
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
});
const built = tests.map((name) => join(outdir, name.replace(/\.ts$/, ".mjs")));
const options = ["--enable-source-maps", "--test", ...process.argv.slice(2), ...built];
const { status } = spawnSync(process.execPath, options, { stdio: "inherit" });
process.exit(status ?? 1);
