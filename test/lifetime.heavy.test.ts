/** How programs that use crossrank end: by themselves, by exit, by a signal, at any moment of a forward pass. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dist, runProgram } from "./support/run-program.node.ts";

const prelude = `
  import { rerank, rerankSync, registerRerankerBackend, createReranker } from ${JSON.stringify(`file://${dist}/index.js`)};
  const documents = Array.from({ length: 200 }, (_, index) => "Dog training requires patience. ".repeat(1 + index % 20));
`;

describe("a program", () => {
  it("that only calls rerank ends by itself with code 0 and nothing on stderr", async () => {
    const outcome = await runProgram(`${prelude} console.log((await rerank("dogs", documents.slice(0, 4))).length);`);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "4\n", stderr: "" });
  });

  it("that uses everything and closes nothing ends by itself", async () => {
    const outcome = await runProgram(`${prelude}
      rerankSync("dogs", documents.slice(0, 2));
      await createReranker({ batchSize: 4 }).rank("dogs", documents.slice(0, 2));
      registerRerankerBackend(new URL("data:text/javascript,export default { name: 'm', rerank: (q, d) => d.map(() => 1) }"));
      rerankSync("dogs", documents, { model: "plugin:m" });
      console.log((await rerank("dogs", documents, { model: "plugin:m" })).length);
    `);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "200\n", stderr: "" });
  });

  it("that abandons a call by an abort ends by itself", async () => {
    const outcome = await runProgram(`${prelude}
      await rerank("dogs", documents, { signal: AbortSignal.timeout(50) }).catch((error) => console.log(error.code));
    `);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "aborted\n", stderr: "" });
  });

  it("leaves nothing behind in the home folder: the runtime's own telemetry is off, in threads too", async () => {
    const home = mkdtempSync(join(tmpdir(), "crossrank-home-"));
    const ranked = `${prelude} rerankSync("dogs", documents.slice(0, 2)); console.log((await rerank("dogs", documents.slice(0, 2))).length);`;
    const outcome = await runProgram(ranked, { env: { HOME: home, XDG_CACHE_HOME: join(home, ".cache") } });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "2\n", stderr: "" });
    expect(readdirSync(home, { recursive: true })).toEqual([]);
    rmSync(home, { recursive: true });
  });

  // From before the threads start to the middle of their passes.
  it.each([0, 20, 60, 120, 200, 300, 450])(
    "that calls process.exit(7) %i ms into a call ends with 7, not with an abort",
    async (delayMs) => {
      const outcome = await runProgram(`${prelude}
      rerank("dogs", documents).catch(() => {});
      setTimeout(() => process.exit(7), ${delayMs});
    `);
      expect(outcome).toEqual({ code: 7, signal: null, stdout: "", stderr: "" });
    },
  );

  it("that throws in the middle of a call ends with 1 and its own error", async () => {
    const outcome = await runProgram(`${prelude}
      rerank("dogs", documents).catch(() => {});
      setTimeout(() => { throw new Error("own mistake"); }, 250);
    `);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("own mistake");
    expect(outcome.stderr).not.toContain("Napi");
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("that gets %s in the middle of a call ends by it", async (signal) => {
    const outcome = await runProgram(
      `${prelude}
      rerank("dogs", documents).catch(() => {});
      setTimeout(() => console.log("running"), 250);
    `,
      { onStdout: (_stdout, child) => child.kill(signal) },
    );
    expect(outcome).toMatchObject({ code: null, signal, stderr: "" });
  });
});

describe("a thread that ends inside a pass", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "crossrank-thread-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ["by itself", "process.exit(7)", /exit code 7/],
    ["out of memory", 'throwAway = []; for (;;) throwAway.push("x".repeat(1000).split(""))', /memory/],
  ])("%s fails its call, which may be repeated; the next call gets another thread", async (_how, end, message) => {
    // Each thread announces native code in shared memory before a pass: the second time it is before a first pass, the first time it opens.
    const preload = join(folder, "preload.cjs");
    writeFileSync(
      preload,
      `const { isMainThread } = require("node:worker_threads");
      const { existsSync, writeFileSync } = require("node:fs");
      const store = Atomics.store;
      let announced = 0;
      let throwAway;
      if (!isMainThread) Atomics.store = (array, index, value) => {
        const result = store(array, index, value);
        if (index === 0 && value === 1) announced += 1;
        if (announced !== 2 || existsSync(${JSON.stringify(join(folder, "once"))})) return result;
        writeFileSync(${JSON.stringify(join(folder, "once"))}, "");
        ${end};
      };`,
    );
    const source = `${prelude}
      const reranker = createReranker({ acceleration: { workers: 1 } });
      await reranker.rank("dogs", documents.slice(0, 4)).catch(({ code, isRetryable, message }) => console.log(code, isRetryable, message));
      console.log((await reranker.rank("dogs", documents.slice(0, 4))).results.length);
      await reranker.close();`;
    const { code, signal, stdout } = await runProgram(source, {
      env: { NODE_OPTIONS: `--require ${preload} --max-old-space-size=128` },
      timeoutMs: 120_000,
    });
    expect({ code, signal }, stdout).toEqual({ code: 0, signal: null });
    const [failed, ranked] = stdout.trim().split("\n");
    expect(failed).toMatch(/^inference true onnx-node: a worker thread ended unexpectedly/);
    expect(failed).toMatch(message);
    expect(ranked).toBe("4");
  });
});

it("two processes of node:cluster share a port, both answer, and end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crossrank-cluster-"));
  const path = join(folder, "cluster.mjs");
  writeFileSync(
    path,
    `import cluster from "node:cluster";
    import { createRerankServer, listen } from ${JSON.stringify(`file://${dist}/server.js`)};
    if (cluster.isPrimary) {
      cluster.setupPrimary({ exec: ${JSON.stringify(path)} });
      const workers = [cluster.fork(), cluster.fork()];
      const next = (worker, event) => new Promise((resolve) => worker.once(event, resolve));
      const urls = await Promise.all(workers.map((worker) => next(worker, "message")));
      const seen = new Set();
      for (let count = 0; count < 8; count += 1) {
        const headers = { "content-type": "application/json", connection: "close" };
        const body = JSON.stringify({ query: "How to train a dog", documents: ["Cats sleep.", "Dog training requires patience."] });
        const reply = await fetch(urls[0] + "/rerank", { method: "POST", headers, body });
        seen.add(reply.status + " " + (await reply.json()).results[0].index);
      }
      const requests = Promise.all(workers.map((worker) => next(worker, "message")));
      const codes = Promise.all(workers.map((worker) => next(worker, "exit")));
      for (const worker of workers) worker.send("stop");
      console.log(JSON.stringify({ isOnePort: urls[0] === urls[1], seen: [...seen], requests: await requests, codes: await codes }));
    } else {
      const server = createRerankServer();
      let requests = 0;
      const counting = (target, key) => {
        if (key === "fetch") requests += 1;
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      };
      const listening = await listen(new Proxy(server, { get: counting }), { port: 0 });
      process.once("message", async () => {
        await listening.stop();
        process.send(requests, () => process.disconnect());
      });
      await server.ready;
      process.send(listening.url);
    }`,
  );
  const { code, stdout, stderr } = await runProgram(`await import(${JSON.stringify(`file://${path}`)});`, { timeoutMs: 120_000 });
  rmSync(folder, { recursive: true });
  expect(code, stderr + stdout).toBe(0);
  const { requests, ...outcome } = JSON.parse(stdout) as { requests: number[] };
  expect(outcome).toEqual({ isOnePort: true, seen: ["200 1"], codes: [0, 0] });
  expect(requests.every((count) => count > 0)).toBe(true);
});

it.each(["rank", "rankSync"])("200 models that are opened, used by %s and closed leave no memory behind", async (call) => {
  const { code, stdout, stderr } = await runProgram(
    `${prelude}
    const residentBytes = () => (gc(), process.memoryUsage().rss);
    const cycle = async () => {
      const reranker = createReranker({ model: { type: "custom", modelId: process.env.FIXTURE }, acceleration: { workers: 1, threads: 1 } });
      await reranker.${call}("dogs", documents.slice(0, 2));
      await reranker.close();
    };
    for (let count = 0; count < 60; count += 1) await cycle();
    const warm = residentBytes();
    for (let count = 0; count < 150; count += 1) await cycle();
    console.log((residentBytes() - warm) / 2 ** 20);`,
    { flags: ["--expose-gc"], env: { FIXTURE: fileURLToPath(new URL("fixtures/models/tiny-bert", import.meta.url)) } },
  );
  expect(code, stderr).toBe(0);
  // 0.2 MB for each of the 150 cycles: what each of them kept would show.
  expect(Number(stdout)).toBeLessThan(30);
});
