// One script and one style sheet into ../build, with the licences of what is bundled and a digest of the sources.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "..", "build");

export function sources() {
  const own = readdirSync(join(here, "src")).sort().map((name) => `src/${name}`);
  return [...own, "build.mjs", "package.json", "package-lock.json", "tsconfig.json"];
}

function digest() {
  const hash = createHash("sha256");
  for (const name of sources()) {
    hash.update(`${name}\n`).update(readFileSync(join(here, name))).update("\n");
  }
  return hash.digest("hex");
}

// Addresses of a mirror would tell whose machine this was built on; the digests are what is checked.
function strip_addresses() {
  const path = join(here, "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  for (const each of Object.values(lock.packages)) delete each.resolved;
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}

function notices(inputs) {
  const packages = new Set();
  for (const path of Object.keys(inputs)) {
    const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (found) packages.add(found[1]);
  }
  const parts = [...packages].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const told = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].find((each) => existsSync(join(folder, each)));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${told.license}`;
    return `${name} ${told.version} (${told.license})\n\n${text}\n`;
  });
  return `The canvas holds these libraries.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

strip_addresses();
mkdirSync(out, { recursive: true });
const made = await build({
  absWorkingDir: here,
  entryPoints: [{ in: "src/canvas.tsx", out: "canvas" }],
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
writeFileSync(join(out, "NOTICES.txt"), notices(made.metafile.inputs));
writeFileSync(join(out, "sources.sha256"), `${digest()}\n`);
