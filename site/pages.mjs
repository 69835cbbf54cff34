/**
 * Which files the site has, and where: README and docs/, and whatever they link to, followed from link to link.
 *
 * Markdown becomes a page. Another text becomes a page that shows it as code, JSON stays a file. So each link leads into the site.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, posix } from "node:path";

const languages = { ".go": "go", ".java": "java", ".js": "js", ".mjs": "js", ".py": "python", ".rs": "rust", ".toml": "toml", ".ts": "ts" };
Object.assign(languages, { ".xml": "xml", ".yaml": "yaml", ".yml": "yaml" });
const images = [".svg", ".png"];

/**
 * The files of the site by their path in it, below `public/` those that stay as they are.
 *
 * @param root folder of the repository
 * @param starts paths in it, Markdown, from which links are followed
 * @throws Error that names the page and the link, where a link leads to no file
 */
export function collectPages(root, starts) {
  const files = new Map();
  const waiting = [...starts];
  const seen = new Set(starts);
  for (const path of waiting) {
    const content = readFileSync(join(root, path));
    if (isRaw(path)) files.set(posix.join("public", path), content);
    else if (extname(path) !== ".md") files.set(sitePath(path), codePage(path, content.toString()));
    else files.set(sitePath(path), rewriteLinks(content.toString(), follow));

    function follow(target) {
      const [file, anchor] = target.split("#");
      if (/^[a-z]+:/.test(target) || file === "") return target;
      const resolved = posix.join(dirname(path), file);
      if (resolved.startsWith("..") || !existsSync(join(root, resolved)) || !statSync(join(root, resolved)).isFile()) {
        throw new Error(`${path}: the link ${target} leads to no file.`);
      }
      if (!seen.has(resolved)) {
        seen.add(resolved);
        waiting.push(resolved);
      }
      const address = isRaw(resolved) ? `/${resolved}` : `/${sitePath(resolved)}`;
      return anchor === undefined ? address : `${address}#${anchor}`;
    }
  }
  return files;
}

/** Path of a page in the site: docs/ is its root, README.md the first page. */
export function sitePath(path) {
  if (path === "README.md") return "index.md";
  if (path === "docs/README.md") return "tasks.md";
  return `${path.replace(/^docs\//, "").replace(/\.md$/, "")}.md`;
}

function isRaw(path) {
  return extname(path) === ".json" || images.includes(extname(path));
}

function codePage(path, text) {
  return `---\nsearch: false\nprev: false\nnext: false\n---\n\n# ${basename(path)}\n\n\`${path}\` of the repository:\n\n\`\`\`\`${languages[extname(path)] ?? "text"}\n${text}\n\`\`\`\`\n`;
}

/** Links and pictures of a page, in Markdown and in HTML; code stays as it is. */
function rewriteLinks(page, follow) {
  const parts = page.split(/(^```[\s\S]*?^```$|`[^`\n]+`)/m);
  return parts
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            // Badges are pictures on other hosts, which the site asks nothing.
            .replace(/^\[?!\[[^\]]*\]\(https?:[^)]*\)(\]\([^)]*\))?\n/gm, "")
            .replace(/\]\(([^)\s]+)\)/g, (_, target) => `](${follow(target)})`)
            .replace(/\b(src|srcset|href)="([^"]+)"/g, (_, name, target) => `${name}="${follow(target)}"`),
    )
    .join("");
}
