/** Bodies within all limits that keep the event loop busy: how long others wait, for ten of the worst that are known. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deadlineMs, expectWorking, json, mainThreadMs, type ServerProcess, startServer, stopServer } from "./support.node.ts";

const longestStallMs = 300;
const bodyBytes = 16 * 2 ** 20 - 1000;

let server: ServerProcess;
beforeAll(async () => {
  // One thread for the model: what is measured is the server's own.
  server = await startServer({ args: ["--workers", "1"] });
});
afterAll(() => stopServer(server));

const filled = (unit: string, bytes = bodyBytes): string => new Array(Math.floor(bytes / (Buffer.byteLength(unit) + 1))).fill(unit).join();
const withDocuments = (list: string): string => `{"query":"q","documents":[${list}]}`;
const withField = (value: string): string => withDocuments(`{"text":"a","more":${value}}`);
const keys = (count: number, prefix = ""): string =>
  Array.from({ length: count }, (_, index) => `"${prefix}${index.toString(36)}":1`).join();
const escaped = (text: string): string => withDocuments(filled(`"${text.repeat(Math.floor(80_000 / text.length))}"`));

const shapes: Readonly<Record<string, () => string>> = {
  "brackets in brackets": () => "[".repeat(bodyBytes / 2) + "]".repeat(bodyBytes / 2),
  "brackets that never close": () => "[".repeat(bodyBytes),
  "empty lists side by side": () => withField(`[${filled("[]")}]`),
  "as many lists as may be": () => withField(`[${filled("[]", 99_000 * 3)}]`),
  "as many keys as may be, long ones": () => withDocuments(`{"text":"a",${keys(99_000, "k".repeat(100))}}`),
  "keys without end": () => withDocuments(`{"text":"a",${keys(1_500_000)}}`),
  "as many numbers as may be, which grow when they are written": () => withField(`[${filled("1e20", 499_000 * 5)}]`),
  "long numbers": () => withField(`[${filled(`0.${"1234567890".repeat(80)}`)}]`),
  "escaped lone surrogates": () => escaped("\\ud800"),
  "escaped letters": () => escaped("\\u00e9"),
  "1,024 documents of 16 kB": () => withDocuments(new Array(1024).fill(`"${"word ".repeat(3270)}"`).join()),
  emoji: () => withDocuments(filled(`"${"😀".repeat(4000)}"`)),
};

/** The most that the server's main thread computes while one /health waits, as a body is read, answered or given up. */
async function longestStall(body: Buffer): Promise<number> {
  const abort = new AbortController();
  let isOver = false;
  const init = { method: "POST", headers: json, body, signal: AbortSignal.any([abort.signal, AbortSignal.timeout(deadlineMs)]) };
  const answer = fetch(`${server.url}/rerank`, init)
    .then((response) => response.arrayBuffer())
    .catch((error: Error) => expect(error.name).toMatch(/AbortError|TimeoutError/))
    .finally(() => {
      isOver = true;
    });
  // A ranking of minutes is given up: what the model does is not asked here.
  const timer = setTimeout(() => abort.abort(), 8000);
  let longestMs = 0;
  while (!isOver) {
    const startedMs = mainThreadMs(server);
    await (await fetch(`${server.url}/health`)).text();
    longestMs = Math.max(longestMs, mainThreadMs(server) - startedMs);
  }
  clearTimeout(timer);
  await answer;
  return longestMs;
}

describe.skipIf(process.platform !== "linux" /* which tells what a thread computes */)("nobody waits longer than a moment", () => {
  it.each(Object.keys(shapes))("for a body of %s", async (name) => {
    const body = Buffer.from(shapes[name]!());
    expect(body.length).toBeLessThanOrEqual(16 * 2 ** 20);
    const stallMs = await longestStall(body);
    console.info(`${name}: ${Math.round(stallMs)} ms`);
    expect(stallMs).toBeLessThan(longestStallMs);
    await expectWorking(server.url);
  });

  it("for eight bodies at once, which are taken in turns", async () => {
    const body = Buffer.from(shapes["as many keys as may be, long ones"]!());
    const stalls = await Promise.all(Array.from({ length: 8 }, () => longestStall(body)));
    console.info(`eight at once: ${Math.round(Math.max(...stalls))} ms`);
    // What arrives of the others comes on top.
    expect(Math.max(...stalls)).toBeLessThan(2 * longestStallMs);
  });
});
