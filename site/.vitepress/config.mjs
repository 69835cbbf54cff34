import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { slug } from "github-slugger";
import { defineConfig } from "vitepress";

const pages = fileURLToPath(new URL("../.pages/", import.meta.url));
const { description, version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** Pages in the order of the sidebar. A page that is not named here stands at the end of "Rerank". */
const groups = {
  Start: ["index", "tasks"],
  Rerank: ["library", "configuration", "errors", "command-line", "frameworks"],
  Models: ["models", "custom-models", "providers", "chat-models", "remote", "combine", "backends", "downloads"],
  Serve: ["server", "other-languages", "agents", "deploy", "bundlers"],
  Measure: ["evaluation", "benchmarks"],
  Understand: ["troubleshooting", "how-it-is-fast", "correctness"],
  Decisions: readdirSync(`${pages}decisions`).map((name) => `decisions/${name.replace(".md", "")}`),
  Project: ["ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG", "LICENSE"],
};
const placed = Object.values(groups).flat();
const others = readdirSync(pages).filter((name) => name.endsWith(".md") && !placed.includes(name.replace(".md", "")));
groups.Rerank.push(...others.map((name) => name.replace(".md", "")));

const titles = { index: "What it is", tasks: "By task" };
const item = (name) => ({ text: titles[name] ?? heading(name), link: `/${name === "index" ? "" : name}` });
const sidebar = Object.entries(groups).map(([text, names]) => ({
  text,
  collapsed: text === "Decisions" || text === "Project",
  items: names.filter((name) => existsSync(`${pages}${name}.md`)).map(item),
}));

export default defineConfig({
  title: "crossrank",
  description,
  lang: "en-US",
  srcDir: ".pages",
  outDir: "dist",
  // For a site that does not stand at the root of its host: SITE_BASE=/crossrank/ npm run site
  base: process.env.SITE_BASE ?? "/",
  markdown: { anchor: { slugify: slug } }, // As on GitHub, so that one link serves both.
  themeConfig: {
    search: { provider: "local", options: { miniSearch: { searchOptions: { boostDocument: (id) => (id.includes("/api/") ? 0.3 : 1) } } } },
    outline: [2, 3],
    nav: [
      { text: "Docs", link: existsSync(`${pages}tasks.md`) ? "/tasks" : "/library" },
      { text: "API", link: "/api/" },
      { text: version, link: "/CHANGELOG" },
    ],
    sidebar: { "/": sidebar, "/api/": apiSidebar(JSON.parse(readFileSync(`${pages}navigation.json`, "utf8"))) },
  },
});

/** The first heading of a page, without its marks. */
function heading(name) {
  return (/^# (.+)$/m.exec(readFileSync(`${pages}${name}.md`, "utf8"))?.[1] ?? name).replaceAll("`", "");
}

/** TypeDoc's navigation as VitePress reads it. Entry points stand side by side, below them the kinds of their exports. */
function apiSidebar([main]) {
  const isEntry = ({ children, path }) => children !== undefined && path !== undefined;
  const entries = [main, ...main.children.filter(isEntry).map((entry) => ({ ...entry, title: `${main.title}/${entry.title}` }))];
  return entries.map(({ title, path, children }) => ({
    text: title,
    link: apiLink(path),
    items: children
      .filter((child) => !isEntry(child))
      .flatMap((kind) => kind.children)
      .map((member) => ({ text: member.title, link: apiLink(member.path) })),
  }));
}

function apiLink(path) {
  return `/api/${path.replace(/(index)?\.md$/, "")}`;
}
