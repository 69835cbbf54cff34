/**
 * The documentation site: built by `npm run site`, every link followed, and opened in Chromium without a network.
 *
 * The browser's requests are answered out of the built folder, so nothing is asked of any host. Without Chromium that part is skipped
 * here, never in CI.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, posix } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root, runCommand } from "../support/command.node.ts";

const dist = join(root, "site/dist");
const executablePath = ["chromium", "chromium-browser", "google-chrome"]
  .flatMap((name) => (process.env.PATH ?? "").split(":").map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
const origin = "http://crossrank.invalid";
const contentTypes: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

let pages: Map<string, string>;
beforeAll(async () => {
  const built = await runCommand("npm", ["run", "--silent", "site"], { cwd: root });
  expect(built, built.stdout + built.stderr).toMatchObject({ code: 0 });
  const paths = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".html"));
  pages = new Map(paths.map((path) => [`/${path}`, readFileSync(join(dist, path), "utf8")]));
});

it("has a page for each page of docs/ and for the functions of each entry point", () => {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"));
  const expected = docs.map((path) => `/${path === "README.md" ? "tasks" : path.replace(".md", "")}.html`);
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: Record<string, { types?: string }> };
  const entries = Object.keys(exports).filter((path) => exports[path]!.types !== undefined);
  const api = entries.map((path) => `/api/crossrank${path.slice(1)}/index.html`);
  expect([...pages.keys()]).toEqual(expect.arrayContaining(["/index.html", ...expected, ...api]));
  expect(pages.get("/api/crossrank/classes/RerankError.html")).toContain("every failure of a public function");
});

it("has no link to a page or a heading that is not there", () => {
  const ids = new Map(Array.from(pages, ([path, html]) => [path, new Set(Array.from(html.matchAll(/\bid="([^"]*)"/g), ([, id]) => id))]));
  const broken: string[] = [];
  let count = 0;
  for (const [path, html] of pages) {
    for (const [, target] of html.matchAll(/\b(?:href|src)="([^"]*)"/g)) {
      if (/^(?:https?:|data:|mailto:)/.test(target!)) continue;
      count += 1;
      const { pathname, hash } = new URL(target!, `${origin}${path}`);
      const file = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const isThere = existsSync(join(dist, file)) && (hash.length < 2 || ids.get(file)?.has(decodeURIComponent(hash.slice(1))));
      if (!isThere) broken.push(`${path}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
  expect(count).toBeGreaterThan(1000);
});

const isSkipped = executablePath === undefined && process.env.CI !== "true";
describe.skipIf(isSkipped)(isSkipped ? "in Chromium (skipped: not installed)" : "in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    expect(executablePath, "chromium is needed: apt-get install chromium").toBeDefined();
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  it("finds a page by its words, asking no host", async () => {
    const { context, problems } = await openSite({ width: 1280, height: 900 });
    const page = await context.newPage();
    await page.goto(`${origin}/index.html`, { waitUntil: "networkidle" });
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator(".VPLocalSearchBox input").fill("platt isotonic");
    await page.locator(".VPLocalSearchBox .result").first().click();
    await page.getByRole("heading", { level: 1, name: "Evaluation" }).waitFor();
    expect(page.url()).toMatch(/\/evaluation\.html#/);
    await context.close();
    expect(problems).toEqual([]);
  });

  it("fits a phone: no page is wider than the screen", async () => {
    const { context, problems } = await openSite({ width: 390, height: 844 });
    const page = await context.newPage();
    const wide: string[] = [];
    // Of the many that a program makes alike, one of each kind.
    const alike = /^\/(?:examples|api|test)\/|^\/404/;
    const paths = [...pages.keys()].filter((name) => !alike.test(name));
    for (const path of [...paths, "/api/crossrank/index.html", "/examples/go/http/main.go.html"]) {
      await page.goto(`${origin}${path}`, { waitUntil: "load" });
      if ((await page.evaluate("document.documentElement.scrollWidth")) !== 390) wide.push(path);
    }
    await context.close();
    expect(wide).toEqual([]);
    expect(problems).toEqual([]);
  });

  /** A context whose requests are answered out of the built folder; what cannot be is a problem. */
  async function openSite(viewport: { width: number; height: number }): Promise<{ context: BrowserContext; problems: string[] }> {
    const context = await browser.newContext({ viewport });
    const problems: string[] = [];
    context.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await context.route("**/*", (route) => {
      const url = new URL(route.request().url());
      const file = join(dist, posix.normalize(url.pathname.endsWith("/") ? `${url.pathname}index.html` : url.pathname));
      if (url.origin === origin && existsSync(file)) {
        return route.fulfill({ body: readFileSync(file), contentType: contentTypes[extname(file)] ?? "application/octet-stream" });
      }
      problems.push(url.href);
      return route.abort();
    });
    return { context, problems };
  }
});
