// Bundles src/portal into dist/: portal.js and theme.js (classic scripts), portal.css, icon.svg;
// every folder of src/panels with an index.ts or index.tsx into dist/panels/<folder>.js (a module),
// their styles into dist/panels/panels.css; and the licences of all that is bundled, in each place.
// `npm run build` runs it.
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
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

/** Folders of the packages whose code went into bundles, below this one. */
function packages(...metafiles) {
  const folders = new Set();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const at = input.lastIndexOf("node_modules/");
    if (at < 0) continue;
    const after = input.slice(at + "node_modules/".length);
    const name = after.split("/").slice(0, after.startsWith("@") ? 2 : 1).join("/");
    folders.add(`${input.slice(0, at)}node_modules/${name}`);
  }
  return [...folders].sort();
}

async function licence(place) {
  const folder = join(here, place);
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  for (const file of ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "license", "license.md"]) {
    try {
      const text = (await readFile(join(folder, file), "utf8")).trim();
      return `${about.name} ${about.version} (${about.license})\n${"-".repeat(70)}\n${text}\n`;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  // a few packages ship none and name a well-known one
  if (about.license) return `${about.name} ${about.version} (${about.license})\n`;
  throw new Error(`${relative(here, folder).split(sep).join("/")} has no licence`);
}

/** The folders of src/panels that are panels: [name, its entry]. */
async function panels() {
  const root = join(here, "src", "panels");
  const found = [];
  for (const { name } of await readdir(root, { withFileTypes: true })) {
    const entry = ["index.ts", "index.tsx"].map((file) => join(root, name, file)).find(existsSync);
    if (entry) found.push([name, entry]);
  }
  return found.sort();
}

/** One style of all panels: the shared one, then `<name>/<name>.css` of each that has one. */
function panelStyle(all) {
  const own = all.map(([name]) => `./${name}/${name}.css`);
  const there = ["./styles/panels.css", ...own].filter((file) => existsSync(join(here, "src", "panels", file)));
  return there.map((file) => `@import "${file}";`).join("\n");
}

async function licences(title, metafiles) {
  const texts = await Promise.all(packages(...metafiles).map(licence));
  return `${title}\n${"=".repeat(70)}\n\n${texts.join("\n\n")}`;
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
const plotly = "plotly.js (MIT), shipped as plotly.min.js: its licence stands at the head of that file.\n";
await writeFile(
  join(dist, "licences.txt"),
  `${await licences("Third-party software in the portal's pages", [script.metafile])}\n\n${plotly}`,
);

// written for React and bundled with Preact, which is a sixth of its size
const LIGHT = ["dag"];
const preact = {
  react: "preact/compat",
  "react-dom": "preact/compat",
  "react-dom/client": "preact/compat/client",
  "react/jsx-runtime": "preact/jsx-runtime",
};
const scripts = (entries, alias) =>
  build({
    ...common,
    entryPoints: Object.fromEntries(entries),
    outdir: join(dist, "panels"),
    format: "esm",
    jsx: "automatic",
    alias,
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".css": "text" },
    metafile: true,
  });

const all = await panels();
const [modules, light, style] = await Promise.all([
  scripts(all.filter(([name]) => !LIGHT.includes(name)), {}),
  scripts(all.filter(([name]) => LIGHT.includes(name)), preact),
  build({
    ...common,
    stdin: { contents: panelStyle(all), loader: "css", resolveDir: join(here, "src", "panels") },
    outfile: join(dist, "panels", "panels.css"),
    loader: { ".svg": "dataurl" },
    metafile: true,
  }),
]);
await writeFile(
  join(dist, "panels", "licences.txt"),
  await licences("Third-party software in the panels", [modules.metafile, light.metafile, style.metafile]),
);
