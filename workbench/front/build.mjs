// Bundles src/portal into dist/: portal.js and theme.js (classic scripts), portal.css, icon.svg,
// and the licences of what is bundled. `npm run build` runs it.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const source = (name) => join(here, "src", "portal", name);

const common = {
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  target: ["chrome123", "firefox121", "safari17.5"],
};

/** Names of the packages whose code went into a bundle. */
function packages(metafile) {
  const names = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const [, after] = input.split(`node_modules/`);
    if (after) names.add(after.split("/").slice(0, after.startsWith("@") ? 2 : 1).join("/"));
  }
  return [...names].sort();
}

async function licence(name) {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  for (const file of ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"]) {
    try {
      const text = (await readFile(join(folder, file), "utf8")).trim();
      return `${name} ${about.version} (${about.license})\n${"-".repeat(70)}\n${text}\n`;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`${relative(here, folder).split(sep).join("/")} has no licence file`);
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const [script] = await Promise.all([
  build({
    ...common,
    entryPoints: [source("portal.ts")],
    outfile: join(dist, "portal.js"),
    format: "iife",
    metafile: true,
  }),
  build({
    ...common,
    entryPoints: [source("theme.ts")],
    outfile: join(dist, "theme.js"),
    format: "iife",
  }),
  build({
    ...common,
    entryPoints: [source("styles/portal.css")],
    outfile: join(dist, "portal.css"),
    loader: { ".svg": "dataurl" },
  }),
  copyFile(source("icon.svg"), join(dist, "icon.svg")),
]);
const texts = await Promise.all(packages(script.metafile).map(licence));
const plotly = "plotly.js (MIT), shipped as plotly.min.js: its licence stands at the head of that file.\n";
await writeFile(
  join(dist, "licences.txt"),
  `Third-party software in the portal's pages\n${"=".repeat(70)}\n\n${texts.join("\n\n")}\n\n${plotly}`,
);
