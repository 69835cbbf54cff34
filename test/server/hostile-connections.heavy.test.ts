/** Connections that nobody makes by mistake: large, slow, broken, ambiguous, half closed, pipelined, and hung up in the middle. */
import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createRerankServer, type Listening, listen } from "../../dist/server.js";
import {
  ask,
  documents,
  exchange,
  expectNoInternals,
  expectRefusal,
  expectWorking,
  json,
  marker,
  memoryMb,
  metric,
  post,
  query,
  requestText,
  type ServerProcess,
  startServer,
  statusesIn,
  stopServer,
} from "./support.node.ts";

const body = JSON.stringify({ query, documents });
const good = requestText("/rerank", body);

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer();
});
afterEach(() => expectWorking(server.url));
afterAll(() => stopServer(server));

const isAnswered = (text: string): boolean => /\r\n\r\n.*[}\]]$/s.test(text);

describe("a body of 100 MB", () => {
  const totalBytes = 100e6;
  const head = "POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

  /** Sends all of it, whatever is answered, and then an ordinary request. */
  const flood = async (isChunked: boolean): Promise<{ statuses: number[]; sentBytesAtAnswer: number; isClosed: boolean }> => {
    const block = Buffer.alloc(1e6, `{"${marker}`);
    let sentBytes = 0;
    let sentBytesAtAnswer: number | undefined;
    const more = (socket: Socket): void => {
      socket.once("data", () => {
        sentBytesAtAnswer = sentBytes;
      });
      const send = (): void => {
        while (sentBytes < totalBytes && socket.writable) {
          sentBytes += block.length;
          const hasRoom = isChunked
            ? socket.write(Buffer.concat([Buffer.from("f4240\r\n"), block, Buffer.from("\r\n")]))
            : socket.write(block);
          if (!hasRoom) {
            socket.once("drain", send);
            return;
          }
        }
        if (socket.writable) socket.write(`${isChunked ? "0\r\n\r\n" : ""}${good}`);
      };
      send();
    };
    const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${totalBytes}`;
    const until = (text: string): boolean => statusesIn(text).length === 2 && isAnswered(text);
    const { text, isClosed } = await exchange(server.port, `${head}${length}\r\n\r\n`, { more, until });
    expectNoInternals(text);
    return { statuses: statusesIn(text), sentBytesAtAnswer: sentBytesAtAnswer ?? Number.POSITIVE_INFINITY, isClosed };
  };

  it.each([
    ["declared", false],
    ["in chunks", true],
  ])("is refused long before its end, and the connection is usable or closed: %s", async (_how, isChunked) => {
    const { statuses, sentBytesAtAnswer, isClosed } = await flood(isChunked);
    expect(statuses[0]).toBe(413);
    // The limit is 16 MiB; the rest is in the buffers of two sockets.
    expect(sentBytesAtAnswer).toBeLessThan(50e6);
    expect(isClosed || statuses[1] === 200).toBe(true);
  });

  it("sent ten times at once leaves no memory behind", async () => {
    await Promise.all([flood(false), flood(true)]);
    const beforeMb = await memoryMb(server);
    const floods = await Promise.all(Array.from({ length: 10 }, (_, index) => flood(index % 2 === 0)));
    for (const { statuses } of floods) expect(statuses[0]).toBe(413);
    // Of the 170 MB that five unfinished bodies may hold; garbage is collected as others come.
    await expect.poll(async () => (await memoryMb(server)) - beforeMb, { timeout: 20_000 }).toBeLessThan(100);
  });

  it("declared and never sent is refused, and the connection does not stay", async () => {
    const { text, isClosed } = await exchange(server.port, `${head}Content-Length: ${totalBytes}\r\n\r\n`);
    expect(statusesIn(text)).toEqual([413]);
    expect(isClosed).toBe(true);
  });

  it.each(["-1", "99999999999999999999", "0x10", "1e3", "+5", "5 5", "5,5", " "])(
    "or of no length at all is refused: %j",
    async (length) => {
      const { text, isClosed } = await exchange(server.port, `${head}Content-Length: ${length}\r\n\r\n{}`);
      expect([400, 413]).toContain(statusesIn(text)[0]);
      expect(isClosed).toBe(true);
    },
  );
});

describe("a client that is slow", () => {
  let listening: Listening;
  let port: number;

  // The same as on the command line, but for 120 s, which no test waits for. Model "none" answers at once.
  beforeAll(async () => {
    listening = await listen(createRerankServer({ models: [{ name: "none", model: { type: "none" } }] }), {
      port: 0,
      requestTimeoutSecs: 0.4,
      writeTimeoutSecs: 1,
    });
    port = Number(new URL(listening.url).port);
  });
  afterAll(() => listening.stop());

  /** A byte at a time, for as long as the connection lasts. */
  const trickle =
    (rest: string) =>
    (socket: Socket): void => {
      let index = 0;
      const timer = setInterval(() => socket.writable && socket.write(rest[index++ % rest.length]!), 20);
      socket.once("close", () => clearInterval(timer));
    };

  it.each([
    ["sends nothing", "", undefined],
    ["stops in the request line", "POST /rer", undefined],
    ["stops in the headers", good.slice(0, 60), undefined],
    ["stops in the body", good.slice(0, -20), undefined],
    ["trickles its headers", "POST /rerank HTTP/1.1\r\nHost: localhost\r\n", trickle("A: b\r\n")],
    ["trickles its body", good.replace(/Content-Length: \d+/, "Content-Length: 100000"), trickle(" ")],
    [
      "trickles its chunks",
      "POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
      trickle("1\r\n \r\n"),
    ],
    ["trickles a second request", `${good}${good.slice(0, 60)}`, trickle("X")],
  ])("and %s is cut off in time, with 408", async (_what, bytes, more) => {
    const startedMs = performance.now();
    const { text, isClosed } = await exchange(port, bytes, more === undefined ? {} : { more });
    expect(isClosed).toBe(true);
    expect(statusesIn(text).at(-1)).toBe(408);
    expectNoInternals(text);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect((await post(`${listening.url}/rerank`, { query, documents })).status).toBe(200);
  });

  it("and reads its answer slowly holds up nobody", async () => {
    const large = requestText("/rerank", JSON.stringify({ query, documents: new Array(10).fill(`${marker} ${"x".repeat(500_000)}`) }));
    const slow = exchange(port, large, { more: (socket) => socket.pause(), timeoutMs: 1500 });
    expect((await post(`${listening.url}/rerank`, { query, documents })).status).toBe(200);
    await slow;
  });

  it("and never reads its answer is cut off in time", async () => {
    const large = requestText("/rerank", JSON.stringify({ query, documents: new Array(15).fill(`${marker} ${"x".repeat(900_000)}`) }));
    const { text, isClosed } = await exchange(port, large, {
      more: (socket) => {
        socket.pause();
        // Later than the server waits: what the system held is read then, and the end.
        setTimeout(() => socket.resume(), 3000);
      },
    });
    expect(isClosed).toBe(true);
    expect(Number(/content-length: (\d+)/.exec(text)![1])).toBeGreaterThan(13e6);
    expect(text.length).toBeLessThan(13e6);
  });
});

describe("a connection that is closed", () => {
  it.each([
    ["one", good, 1],
    ["one of HTTP/1.0", good.replace("HTTP/1.1", "HTTP/1.0"), 1],
    ["three", good.repeat(3), 3],
    [
      "one that takes seconds",
      requestText(
        "/rerank",
        JSON.stringify({ query, documents: new Array(20).fill(0).map((_, index) => `${index} ${"patience ".repeat(400)}`) }),
      ),
      1,
    ],
  ])("on the client's side, with its requests sent whole, still gets their answers: %s", async (_what, requests, count) => {
    const { text, isClosed } = await exchange(server.port, requests, { isHalfClosed: true, timeoutMs: 60_000 });
    // Interim replies may come before.
    expect(statusesIn(text).filter((status) => status !== 100)).toEqual(new Array(count).fill(200));
    expect(isAnswered(text)).toBe(true);
    expect(isClosed).toBe(true);
  });

  it("in the middle of a head or a body is closed here too", async () => {
    for (const part of ["", "P", good.slice(0, 60), good.slice(0, -20)]) {
      const { isClosed, text } = await exchange(server.port, part, { isHalfClosed: true });
      expect(isClosed).toBe(true);
      for (const status of statusesIn(text)) expect(status).toBe(400);
    }
  });

  it("while its documents wait gives their place to others, and is counted", async () => {
    const names = ["crossrank_cancelled_requests_total", "crossrank_dropped_documents_total"] as const;
    const before = await Promise.all(names.map((name) => metric(server.url, name)));
    // A minute's work for two cores.
    const clients = Array.from({ length: 8 }, (_, client) => {
      const long = Array.from({ length: 1000 }, (_, index) => `${marker} ${client} ${index} ${"patience ".repeat(400)}`);
      const controller = new AbortController();
      const init = { method: "POST", headers: json, body: JSON.stringify({ query, documents: long }), signal: controller.signal };
      return { controller, answer: fetch(`${server.url}/rerank`, init).catch((error: Error) => error.name) };
    });
    await expect.poll(() => metric(server.url, "te_queue_size"), { timeout: 20_000 }).toBeGreaterThan(4000);
    for (const { controller } of clients) controller.abort();
    expect(await Promise.all(clients.map(({ answer }) => answer))).toEqual(clients.map(() => "AbortError"));

    const startedMs = performance.now();
    await expectWorking(server.url);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    await expect.poll(() => metric(server.url, "te_queue_size")).toBe(0);
    const after = await Promise.all(names.map((name) => metric(server.url, name)));
    expect(after.map((count, index) => count - before[index]!)).toEqual([8, 8000]);
    expect(await metric(server.url, "crossrank_requests_in_flight")).toBe(0);
  });

  it("takes with it the requests that waited for their turn on it", async () => {
    const before = await metric(server.url, "crossrank_cancelled_requests_total");
    const long = Array.from({ length: 300 }, (_, index) => `${marker} ${index} ${"patience ".repeat(400)}`);
    const many = requestText("/rerank", JSON.stringify({ query, documents: long })).repeat(10);
    const inFlight = (): Promise<number> => metric(server.url, "crossrank_requests_in_flight");
    let hangUp: () => void = () => undefined;
    const sent = exchange(server.port, many, {
      more: (socket) => {
        hangUp = () => socket.destroy();
      },
    });
    await expect.poll(inFlight, { timeout: 20_000 }).toBe(10);
    hangUp();
    await sent;
    await expect.poll(inFlight, { timeout: 20_000 }).toBe(0);
    expect((await metric(server.url, "crossrank_cancelled_requests_total")) - before).toBe(10);
  });
});

describe("a head", () => {
  const headers = (count: number, length = 1): string =>
    Array.from({ length: count }, (_, index) => `X-${index}: ${"a".repeat(length)}\r\n`).join("");

  it.each([
    ["one header of 32 kB", `X: ${"a".repeat(32_000)}\r\n`],
    ["ten thousand headers", headers(10_000)],
    ["a hundred headers of 1 kB", headers(100, 1000)],
    ["a cookie of 1 MB", `Cookie: ${marker.repeat(100_000)}\r\n`],
  ])("with %s gets 431", async (_what, more) => {
    const { text, isClosed } = await exchange(server.port, `POST /rerank HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`);
    expect(statusesIn(text)).toEqual([431]);
    expect(isClosed).toBe(true);
  });

  it("with a path of 100 kB gets 431, with one of 10 kB 404", async () => {
    expect(statusesIn((await exchange(server.port, `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).text)).toEqual([431]);
    expectRefusal(await ask(`${server.url}/${"a".repeat(10_000)}`), 404);
  });

  it.each([
    ["a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}"],
    ["two equal lengths", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"],
    ["a blank before the colon", "Content-Length : 2\r\n\r\n{}"],
    ["a folded header", "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"],
    ["chunks of no size", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"],
    ["chunks of a negative size", "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n"],
    ["a chunk longer than it says", "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"],
    ["chunks that are not the last coding", "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
    ["a chunk extension of 20 kB", `Transfer-Encoding: chunked\r\n\r\n2;${"a".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
    ["a line feed alone", "X: a\nContent-Length: 2\r\n\r\n{}"],
    ["a NUL in a value", "X: a\u0000b\r\nContent-Length: 2\r\n\r\n{}"],
    ["no name", ": a\r\nContent-Length: 2\r\n\r\n{}"],
  ])("with %s is refused, so that no proxy reads it otherwise", async (_what, rest) => {
    const bytes = `POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${rest}${good}`;
    const { text, isClosed } = await exchange(server.port, bytes);
    // Nothing after it is taken for a request.
    expect(statusesIn(text)).toHaveLength(1);
    expect([400, 413]).toContain(statusesIn(text)[0]);
    expect(isClosed).toBe(true);
  });

  it.each([
    ["TLS", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/0.9", "GET /health\r\n\r\n"],
    ["HTTP/9.9", "GET /health HTTP/9.9\r\nHost: x\r\n\r\n"],
    ["another protocol", "EHLO localhost\r\n\r\n"],
    ["noise", Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256))],
    ["a megabyte of line breaks and noise", `${"\r\n".repeat(500_000)}\u0001\r\n\r\n`],
  ])("of %s is refused and closed", async (_what, bytes) => {
    const { text, isClosed } = await exchange(server.port, bytes);
    expect(isClosed).toBe(true);
    expect(statusesIn(text).filter((status) => status !== 400)).toEqual([]);
  });

  it.each(["a b", "a/b", "[::1", "x@y", "é", "x:99999", "%00", "a\\b", "x?y", "x#y"])("of the host %j is refused", async (host) => {
    const { text } = await exchange(server.port, `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(statusesIn(text)).toEqual([400]);
    expectNoInternals(text);
  });

  it("without a host is refused, with two as well; a name of another machine is not this server's", async () => {
    for (const version of ["1.0", "1.1"]) {
      expect(statusesIn((await exchange(server.port, `GET /health HTTP/${version}\r\nConnection: close\r\n\r\n`)).text)).toEqual([400]);
    }
    const statusOf = async (target: string, ...hosts: string[]): Promise<number[]> => {
      const headers = hosts.map((host) => `Host: ${host}\r\n`).join("");
      const { text } = await exchange(server.port, `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
      expectNoInternals(text);
      return statusesIn(text);
    };
    for (const target of ["/health", "/info", "/rerank", "http://localhost/health"]) {
      expect(await statusOf(target, "other.example")).toEqual([403]);
      expect(await statusOf(target, "localhost", "other.example")).toEqual([400]);
      expect(await statusOf(target, "localhost", "localhost")).toEqual([400]);
    }
    expect(await statusOf("http://other.example/health", "localhost")).toEqual([403]);
    for (const host of ["localhost", `127.0.0.1:${server.port}`, "[::1]:1"]) expect(await statusOf("/health", host)).toEqual([200]);
  });

  it("may call the server by any name where a key is needed, and by listed names elsewhere", async () => {
    const statusOf = async (options: object, listenOptions: object, host: string): Promise<number> => {
      const none = createRerankServer({ models: [{ name: "none", model: { type: "none" } }], ...options });
      const listening = await listen(none, { port: 0, ...listenOptions });
      const port = Number(new URL(listening.url).port);
      const { text } = await exchange(port, `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      await listening.stop();
      return statusesIn(text)[0]!;
    };
    expect(await statusOf({}, {}, "ranker.example")).toBe(403);
    expect(await statusOf({}, { allowedHosts: ["ranker.example"] }, "ranker.example:80")).toBe(200);
    expect(await statusOf({}, { allowedHosts: ["ranker.example"] }, "other.example")).toBe(403);
    expect(await statusOf({ apiKeys: ["key"] }, {}, "ranker.example")).toBe(200);
    expect(await statusOf({ apiKeys: ["key"] }, { allowedHosts: ["ranker.example"] }, "other.example")).toBe(403);
  });

  it("that expects what nobody offers gets 417, an upgrade no more than its request", async () => {
    const until = (text: string): boolean => text.includes("\r\n\r\n");
    expect(statusesIn((await exchange(server.port, requestText("/rerank", body, ["Expect: miracles"]), { until })).text)).toEqual([417]);
    const upgrade = requestText("/rerank", body, ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"]);
    expect(statusesIn((await exchange(server.port, upgrade, { until: isAnswered })).text)).toEqual([200]);
  });
});

describe("requests on one connection, without waiting", () => {
  it("are answered in their order", async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`);
    const all = ids.map((id) => requestText("/rerank", body, [`X-Request-Id: ${id}`])).join("");
    const { text } = await exchange(server.port, all, { until: (received) => statusesIn(received).length === 200 && isAnswered(received) });
    expect(statusesIn(text)).toEqual(ids.map(() => 200));
    expect([...text.matchAll(/x-request-id: (\S+)/g)].map(([, id]) => id)).toEqual(ids);
  });

  it("are answered up to the one that is none", async () => {
    const { text, isClosed } = await exchange(server.port, `${good}${good}GARBAGE\r\n\r\n${good}`);
    // Node does not wait for the answers under way before it tells of the noise.
    expect(statusesIn(text).at(-1)).toBe(400);
    expect(new Set(statusesIn(text).slice(0, -1))).toEqual(new Set(statusesIn(text).length > 1 ? [200] : []));
    expect(isClosed).toBe(true);
  });
});
