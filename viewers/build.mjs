// Bundles the pages into dist/: hashed files under assets/, and one HTML file a page.

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
// Built beside the tools (git ignores them), then moved into place.
const fresh = join(root, "node_modules", ".pages-new");
const pages = ["watch", "teach"];

await rm(fresh, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [...pages.map((page) => `src/${page}.ts`), "src/icon.svg"],
  outdir: join(fresh, "assets"),
  entryNames: "[name]-[hash]",
  chunkNames: "shared-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome100", "firefox115", "safari15.4"],
  loader: { ".svg": "copy" },
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
});

const outputs = Object.entries(metafile.outputs);
const iconFile = outputs.find(([file]) => file.endsWith(".svg"))?.[0];
const template = await readFile(join(root, "src", "page.html"), "utf8");
await mkdir(fresh, { recursive: true });
for (const page of pages) {
  const [script, { cssBundle, imports }] = outputs.find(
    ([, output]) => output.entryPoint === `src/${page}.ts`,
  );
  const shared = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
  const html = template
    .replace("%ICON%", basename(iconFile))
    .replace("%STYLE%", basename(cssBundle))
    .replace("%SCRIPT%", basename(script))
    .replace(
      "%PRELOADS%",
      shared.map((path) => `<link rel="modulepreload" href="/assets/${basename(path)}">`).join("\n    "),
    );
  await writeFile(join(fresh, `${page}.html`), html);
}

// Whoever serves dist/ meanwhile sees the old pages or the new ones, never half of them.
const old = join(root, "node_modules", ".pages-old");
await rm(old, { recursive: true, force: true });
await rename(join(root, "dist"), old).catch(() => undefined);
await rename(fresh, join(root, "dist"));
await rm(old, { recursive: true, force: true });
