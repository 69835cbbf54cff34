/** The pages of README and docs/ as they are read on GitHub: links lead to files and headings that exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, it } from "vitest";
import { root } from "./support/command.node.ts";
import { headingIds, withoutCode } from "./support/markdown.ts";

const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"));
const paths = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs.map((path) => `docs/${path}`)];

it.each(paths)("%s links to files and headings that exist", (path) => {
  const page = withoutCode(readFileSync(join(root, path), "utf8"));
  const targets = [...page.matchAll(/\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"\s]+)"/g)].map(([, markdown, html]) => (markdown ?? html)!);
  const broken = targets.filter((target) => {
    if (/^(?:https?|mailto):/.test(target)) return false;
    const [file = "", heading] = target.split("#");
    const resolved = file === "" ? path : posix.join(posix.dirname(path), file);
    if (!existsSync(join(root, resolved))) return true;
    return heading !== undefined && !headingIds(readFileSync(join(root, resolved), "utf8")).includes(heading);
  });
  expect(broken).toEqual([]);
});
