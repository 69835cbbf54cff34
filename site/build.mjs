/** Builds the documentation site into site/dist, out of README, docs/ and the docstrings: `npm run site`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { writeApi } from "./api.mjs";
import { collectPages } from "./pages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
const pages = join(here, ".pages");

rmSync(pages, { recursive: true, force: true });
const docs = readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })
  .filter(({ name }) => name.endsWith(".md"))
  .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
for (const [path, content] of collectPages(root, ["README.md", ...docs])) {
  const file = join(pages, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
const navigation = await writeApi(root, join(pages, "api"));
writeFileSync(join(here, ".pages/navigation.json"), JSON.stringify(navigation));
await build(here);
