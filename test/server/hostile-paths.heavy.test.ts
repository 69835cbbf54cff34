/** Methods, paths, keys and origins that lead nowhere. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { routes } from "../../src/server/routes.ts";
import {
  ask,
  documents,
  exchange,
  expectNoInternals,
  expectRefusal,
  expectWorking,
  marker,
  post,
  query,
  requestText,
  type ServerProcess,
  startServer,
  statusesIn,
  stopServer,
} from "./support.node.ts";

const key = `key-${marker}`;
const body = JSON.stringify({ query, documents });

let server: ServerProcess;
/** Started with a key. */
let locked: ServerProcess;

beforeAll(async () => {
  [server, locked] = await Promise.all([startServer(), startServer({ env: { CROSSRANK_API_KEYS: `other, ${key}` } })]);
});
afterEach(() => expectWorking(server.url));
afterAll(() => Promise.all([server, locked].map(stopServer)));

describe("methods and paths", () => {
  const raw = async (method: string, path: string): Promise<{ status: number | undefined; text: string }> => {
    const { text } = await exchange(server.port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    return { status: statusesIn(text)[0], text };
  };

  it("other than those of a path get 405, and which one it takes", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "QUERY", "M-SEARCH"]) {
      for (const { path } of routes) {
        const { status, text } = await raw(method, path);
        expect(status, `${method} ${path}`).toBe(405);
        expect(text).toMatch(/^allow: POST\r$/im);
        expectNoInternals(text);
      }
    }
    for (const path of ["/health", "/ready", "/metrics", "/info", "/openapi.json", "/docs"]) {
      expect((await raw("HEAD", path)).status).toBe(200);
      for (const method of ["POST", "PUT", "OPTIONS", "DELETE", "TRACE"])
        expect((await raw(method, path)).status, `${method} ${path}`).toBe(405);
    }
  });

  it("that HTTP has not are refused, and no tunnel is dug", async () => {
    for (const method of ["get", "PoSt", "GETT", "G@T"]) expect((await raw(method, "/rerank")).status, method).toBe(400);
    expect((await raw("CONNECT", "localhost:22")).status).toBeUndefined();
    expect((await raw("OPTIONS", "*")).status).toBe(400);
  });

  it.each([
    ...["/Rerank", "/RERANK", "/rerank;x=1", "/rerank%20", "/rerank%00", "/rerank.json"],
    ...[
      "/%2frerank",
      "/rerank%2f",
      "/rerank%3f",
      "/v1%2frerank",
      "/%",
      "/%ff",
      "/%zz",
      "/docs/../../package.json",
      "/docs/%2e%2e%2fpackage.json",
    ],
    ...[
      "/docs/..%5cpackage.json",
      "/docs/swagger-ui.css/x",
      "/docs/cli.js",
      "/../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/.env",
      "/__proto__",
    ],
  ])("is nothing at %s", async (path) => {
    for (const method of ["GET", "POST"]) {
      const { status, text } = await raw(method, path);
      expect(status, text.slice(0, 200)).toBe(404);
      expectNoInternals(text);
      expect(text).not.toContain("root:");
    }
  });

  it("are the same with dots, as URLs have it, with slashes too many, with a query and with a fragment", async () => {
    const slashes = ["//rerank", "/rerank/", "/rerank//", "/./rerank/.", "//v1//rerank", `/${"/".repeat(8000)}rerank`];
    for (const path of [...slashes, "/x/../rerank", "/./rerank", "/%2e%2e/rerank", "/rerank?a=b&c", `/rerank?key=${marker}`, "/rerank#x"]) {
      expect((await raw("GET", path)).status, path).toBe(405);
    }
    for (const path of ["\\rerank", "/\\rerank", "/r\\..\\rerank", "rerank", "", "/é", "/a\tb", "http://", "http://x:99999/health"]) {
      expect((await raw("GET", path)).status, path).toBe(400);
    }
  });
});

describe("keys", () => {
  const open = ["/health", "/ready", "/tei/health", "/infinity/health", "/vllm/health", "/llamacpp/health", "/v1/cluster/auth", "/docs"];
  const closed = [
    "/info",
    "/tei/info",
    "/v1/models",
    "/v1/models/mini",
    "/xinference/v1/models/a/b",
    "/vllm/v1/models",
    "/infinity/models",
    "/metrics",
    "/openapi.json",
  ];
  const wrong: Record<string, string>[] = [
    {},
    { authorization: "Bearer " },
    { authorization: "Bearer" },
    { authorization: `Bearer ${marker}` },
    { authorization: `Bearer ${key}x` },
    { authorization: `Bearer ${key.slice(0, -1)}` },
    { authorization: `Bearer ${key.toUpperCase()}` },
    { authorization: `Bearer ${key} ${key}` },
    { authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` },
    { authorization: key },
    { "api-key": `Bearer ${key}` },
    { "x-api-key": `${key},other` },
    { "x-api-key": marker.repeat(1000) },
    { authorization: `Bearer ${marker}`, "x-api-key": key },
    { cookie: `key=${key}`, "x-forwarded-for": "127.0.0.1", "x-original-url": "/health" },
  ];

  it("that are wrong or missing get 401 on every path but the probes', before anything else is looked at", async () => {
    for (const headers of wrong) {
      for (const { path } of routes) {
        const answer = await post(`${locked.url}${path}?key=${key}`, `{"${marker}`, headers);
        expectRefusal(answer, 401);
        expect(answer.text).not.toContain(marker);
      }
      for (const path of closed) {
        const answer = await ask(`${locked.url}${path}`, headers);
        expectRefusal(answer, 401);
        expect(answer.headers.get("www-authenticate")).toBe("Bearer");
        expect((await ask(`${locked.url}${path}`, headers, "HEAD")).status).toBe(401);
      }
      for (const path of open) expect((await ask(`${locked.url}${path}`, headers)).status).toBe(200);
    }
  });

  it("that are right open every path, in each of the three headers", async () => {
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer   ${key} ` },
      { "api-key": key },
      { "x-api-key": key },
    ]) {
      await expectWorking(locked.url, headers as Record<string, string>);
      for (const path of closed) expect((await ask(`${locked.url}${path}`, headers as Record<string, string>)).status).toBe(200);
    }
    await expectWorking(locked.url, { authorization: "Bearer other" });
  });

  it("that are missing end a large body early", async () => {
    const head = requestText("/rerank", "").replace("Content-Length: 0", "Content-Length: 16000000");
    const { text, isClosed } = await exchange(locked.port, head);
    expect(statusesIn(text)).toEqual([401]);
    expect(isClosed).toBe(true);
  });
});

it("pages of other origins are told nothing, and may send nothing", async () => {
  for (const origin of ["https://evil.example", "null", "http://localhost:8000", server.url]) {
    const asked = await ask(`${server.url}/rerank`, { origin, "access-control-request-method": "POST" }, "OPTIONS");
    expect(asked.status).toBe(405);
    const sent = await post(`${server.url}/rerank`, { query, documents }, { origin });
    // What a page can send without asking.
    const simple = await post(`${server.url}/rerank`, body, { origin, "content-type": "text/plain" });
    expectRefusal(simple, 415);
    for (const { headers } of [asked, sent, simple])
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
});
