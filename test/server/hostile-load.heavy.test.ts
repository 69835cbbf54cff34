/** More clients than there is room for, models that die, and the server's own end in the middle of it all. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeFolder, root } from "../support/command.node.ts";
import { burst, type SteadyClients, startClients } from "./clients.node.ts";
import { deadlyFileVariable, makeScriptedPackage } from "./scripted-runtime.node.ts";
import {
  ask,
  documents,
  exchange,
  expectCleanLog,
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
  stopServer,
} from "./support.node.ts";

const tiny = JSON.stringify({ query: marker, documents: ["a"] });
const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answersOf = (clients: SteadyClients, outcome: string): number => clients.tally[outcome] ?? 0;

describe("ten thousand requests", () => {
  it("that come at once, two thousand at a time, are all answered: 200, 429 or 503; the memory comes back", async () => {
    const server = await startServer({ args: ["--max-requests", "256"] });
    const wave = async (): Promise<void> => {
      const tally = await burst(server.port, 2000, "/rerank", tiny);
      expect(
        Object.keys(tally).filter((outcome) => !["200", "429", "503"].includes(outcome)),
        JSON.stringify(tally),
      ).toEqual([]);
      expect(Object.values(tally).reduce((sum, count) => sum + count)).toBe(2000);
      expect(tally["200"]).toBeGreaterThan(0);
    };
    await wave();
    const beforeMb = await memoryMb(server);
    for (let more = 0; more < 4; more += 1) await wave();
    await expect.poll(async () => (await memoryMb(server)) - beforeMb, { timeout: 20_000 }).toBeLessThan(100);
    expect(await metric(server.url, "crossrank_requests_in_flight")).toBe(0);
    await expectWorking(server.url);
    await stopServer(server);
  });

  it("on one connection, two thousand of them sent without waiting, are all answered in the end", async () => {
    const server = await startServer({ args: ["--max-requests", "50"] });
    const count = 2000;
    let answers = 0;
    let rest = "";
    const { isClosed } = await exchange(server.port, requestText("/rerank", tiny).repeat(count), {
      timeoutMs: 60_000,
      // What was counted is let go of: all of it would be looked through again for each piece.
      more: (socket) =>
        socket.on("data", (chunk: string) => {
          const text = rest + chunk;
          answers += text.split("HTTP/1.1 ").length - 1;
          rest = text.slice(-8).includes("H") ? text.slice(-8) : "";
          if (answers >= count) socket.end();
        }),
    });
    expect([isClosed, answers]).toEqual([true, count]);
    expect(await metric(server.url, "crossrank_requests_total")).toBe(count);
    await stopServer(server);
  });
});

describe("a server that is killed under load", () => {
  it("is followed by another one on its port, and only its own clients see an error", async () => {
    const first = await startServer();
    const clients = startClients(first.port, 20, "/rerank", tiny);
    await expect.poll(() => answersOf(clients, "200"), { timeout: 20_000 }).toBeGreaterThan(40);
    first.child.kill("SIGKILL");
    expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
    expectCleanLog(first);

    const second = await startServer({ args: ["--port", String(first.port)] });
    const { ECONNREFUSED = 0, ECONNRESET = 0, "cut off": cutOff = 0, "200": answered = 0, "503": loading = 0, ...others } = clients.tally;
    expect(others).toEqual({});
    // What each client had under way, and perhaps its next connection; then refusals, and 503 while the next server loads its model.
    expect(ECONNRESET + cutOff).toBeLessThanOrEqual(40);
    expect(Math.min(answered, ECONNREFUSED + loading)).toBeGreaterThan(0);

    clients.reset();
    await expect.poll(() => answersOf(clients, "200"), { timeout: 20_000 }).toBeGreaterThan(200);
    await clients.stop();
    // What began while it was still loading may have ended here.
    expect(Object.keys(clients.tally).filter((outcome) => !["200", "503"].includes(outcome))).toEqual([]);
    await expectWorking(second.url);
    await stopServer(second);
  });
});

describe("a server that is asked to end under load", () => {
  const body = JSON.stringify({
    query,
    documents: Array.from({ length: 4 }, (_, index) => `${marker} ${index} ${"patience ".repeat(10)}`),
  });

  /** Of `/ready`; 0 where nobody listens any more. */
  const readiness = async ({ url }: ServerProcess): Promise<number> => {
    const answer = await ask(`${url}/ready`).catch(() => undefined); // refused
    return answer?.status ?? 0;
  };
  const startLoaded = async (args: readonly string[] = []): Promise<{ server: ServerProcess; clients: SteadyClients }> => {
    const server = await startServer({ args });
    const clients = startClients(server.port, 32, "/rerank", body);
    await expect.poll(() => answersOf(clients, "200"), { timeout: 20_000 }).toBeGreaterThan(32);
    return { server, clients };
  };

  it("answers all that it took, refuses the rest by 503, resets nobody, and ends", async () => {
    const { server, clients } = await startLoaded();
    const startedMs = performance.now();
    server.child.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    const tookMs = Math.round(performance.now() - startedMs);
    await clients.stop();
    const { "200": answered = 0, "503": refused = 0, ECONNREFUSED: later, ...others } = clients.tally;
    expect(others).toEqual({});
    expect(answered).toBeGreaterThan(32);
    // A refusal closes its connection, so no client gets a second one.
    expect(refused).toBeLessThanOrEqual(32);
    expect(server.log.at(-1)).toMatchObject({ msg: "stopped", requestsCutOff: 0 });
    expectCleanLog(server);
    expect(tookMs).toBeLessThan(20_000);
    console.info(`ended ${tookMs} ms after SIGTERM: ${answered} answers, ${refused} refusals, ${later} connections refused`);
  });

  it("ends at once when nobody is connected", async () => {
    const server = await startServer();
    const startedMs = performance.now();
    server.child.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    // The grace for connections that are about to be used again is 1,000 ms.
    expect(performance.now() - startedMs).toBeLessThan(900);
  });

  it("goes on answering for --drain-delay, while /ready says no", async () => {
    const { server, clients } = await startLoaded(["--drain-delay", "0.5"]);
    clients.reset();
    server.child.kill("SIGTERM");
    await expect.poll(() => readiness(server)).toBe(503);
    expect((await post(`${server.url}/rerank`, tiny)).status).toBe(200);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    await clients.stop();
    expect(Object.keys(clients.tally).filter((outcome) => !["200", "503", "ECONNREFUSED"].includes(outcome))).toEqual([]);
    expectCleanLog(server);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 143],
  ] as const)("waits no longer at a second signal, %s", async (second, code) => {
    const server = await startServer();
    // Longer than anybody would wait: a body that never ends, and a ranking of minutes.
    const endless = exchange(server.port, requestText("/rerank", tiny).replace(/Content-Length: \d+/, "Content-Length: 100000"));
    const long = Array.from({ length: 1000 }, (_, index) => `${marker} ${index} ${"patience ".repeat(400)}`);
    const init = { method: "POST", headers: json, body: JSON.stringify({ query, documents: long }) };
    const ranking = fetch(`${server.url}/rerank`, init).catch((error: Error) => error.name);
    await expect.poll(() => metric(server.url, "crossrank_requests_in_flight"), { timeout: 20_000 }).toBe(2);
    server.child.kill("SIGTERM");
    await expect.poll(() => readiness(server)).not.toBe(200);
    const startedMs = performance.now();
    server.child.kill(second);
    expect(await server.ended).toEqual({ code, signal: null });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(server.log.at(-1)).toMatchObject({ msg: "stopped", requestsCutOff: 2 });
    expect(await ranking).toBe("TypeError");
    expect((await endless).isClosed).toBe(true);
    expectCleanLog(server);
  });
});

describe("a model that dies", () => {
  it("as a backend's thread is told as a failure of the backend, and is there again for the next request", async () => {
    const file = join(folder, "dying.mjs");
    writeFileSync(
      file,
      `export default { name: "dying", rerank(query, documents) {
        if (query.includes("exit")) process.exit(3);
        if (query.includes("throw")) throw new Error("no luck in ${folder}");
        if (query.includes("nonsense")) return ["x"];
        return documents.map((text) => text.length);
      } };`,
    );
    const server = await startServer({ args: ["--backend", file] });
    const send = (word: string): ReturnType<typeof post> =>
      post(`${server.url}/rerank`, { query: `${marker} ${word}`, documents, config: { model: "plugin:dying" } });
    for (const word of ["exit", "throw", "nonsense", "exit"]) {
      const answer = await send(word);
      expectRefusal(answer, 502);
      expect(answer.text).not.toContain(folder);
      expect((await send("live")).status).toBe(200);
      await expectWorking(server.url);
    }
    // All of those that wait for a thread that dies are answered.
    const together = await Promise.all(["live", "exit", "live", "exit", "live"].map(send));
    for (const answer of together) expect([200, 502]).toContain(answer.status);
    expect((await send("live")).status).toBe(200);
    await stopServer(server);
  });

  it("as a thread of the ONNX Runtime is 503 with Retry-After, and another thread takes its place", async () => {
    const scripted = makeScriptedPackage();
    const model = join(root, "test/fixtures/models/tiny-bert");
    const deadlyFile = join(folder, "deadly");
    const server = await startServer({
      cli: join(scripted, "dist/cli.js"),
      args: ["--model", `tiny=${model}`, "--workers", "2"],
      env: { [deadlyFileVariable]: deadlyFile },
    });
    const send = (): ReturnType<typeof post> => post(`${server.url}/rerank`, { query: marker, documents: ["dog dog dog", "a"] });
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(deadlyFile, "");
      const answer = await send();
      expectRefusal(answer, 503);
      expect(answer.headers.get("retry-after")).toBe("1");
      expect((await send()).status).toBe(200);
    }
    writeFileSync(deadlyFile, "");
    const together = await Promise.all(Array.from({ length: 20 }, send));
    for (const answer of together) expect([200, 503], answer.text).toContain(answer.status);
    expect(existsSync(deadlyFile)).toBe(false);
    expect((await send()).status).toBe(200);
    await stopServer(server);
    rmSync(scripted, { recursive: true });
  });
});
