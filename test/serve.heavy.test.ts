/** `crossrank serve` as a process, the way its users start it, and the examples that mount the server. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { getPreset, rerank } from "../dist/index.js";
import { root } from "./support/command.node.ts";
import { type Hub, startHub } from "./support/hub-server.node.ts";
import { type ServeProcess, startServe, withBothScores } from "./support/serve.node.ts";

const query = "How to train a dog";
const documents = ["Dog training requires patience.", "Cats are independent animals.", "Bird care includes proper cage setup."];
const json = { "content-type": "application/json" };

const folder = mkdtempSync(join(tmpdir(), "crossrank-serve-"));
const notPem = join(folder, "not.pem");
writeFileSync(notPem, "no certificate");
let hub: Hub;
let running: ServeProcess[] = [];

const start = async (args: readonly string[] = [], env: Record<string, string> = {}): Promise<ServeProcess> => {
  const server = await startServe(args, {
    CROSSRANK_CACHE: join(folder, "cache"),
    HF_HOME: join(folder, "hub"),
    NO_PROXY: "127.0.0.1",
    ...env,
  });
  running.push(server);
  return server;
};
const post = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });

const busy = createServer();
let taken: AddressInfo;

function makePair(name: string): [certificate: string, key: string] {
  const [certificate, key] = [join(folder, `${name}-cert.pem`), join(folder, `${name}-key.pem`)];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate, ...subject],
    { stdio: "ignore" },
  );
  return [certificate, key];
}

function mixedPair(): string[] {
  return ["--tls-cert", makePair("one")[0], "--tls-key", makePair("other")[1]];
}

beforeAll(async () => {
  await new Promise((resolve) => busy.listen(0, "127.0.0.1", () => resolve(undefined)));
  taken = busy.address() as AddressInfo;
  const paths = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, "models/mini", path))]));
  hub = await startHub({ repositories: { [getPreset("fast").repository!]: { files } } });
});
afterEach(async () => {
  for (const { child } of running) child.kill("SIGTERM");
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
});
afterAll(async () => {
  await hub.close();
  busy.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("crossrank serve", () => {
  it("without a flag answers a request for a preset, which it downloads", async () => {
    const { url } = await start([], { HF_ENDPOINT: hub.url });
    const body =
      '{"query":"How to train a dog","documents":["Dog training requires patience.","Cats are independent animals.","Bird care includes proper cage setup."],"config":{"model":{"type":"preset","name":"fast"},"top_k":2}}';
    const response = await fetch(`${url}/rerank`, { method: "POST", headers: json, body });
    expect(response.status).toBe(200);
    // The hub gives mini's files for those of fast.
    expect(await response.json()).toEqual({ results: withBothScores(await rerank(query, documents, { topK: 2 })) });
    expect(hub.requests.length).toBeGreaterThan(0);
  });

  it("with --no-download asks no hub", async () => {
    const before = hub.requests.length;
    const env = { HF_ENDPOINT: hub.url, CROSSRANK_CACHE: join(folder, "empty") };
    const { url } = await start(["--no-download"], env);
    expect((await post(`${url}/rerank`, { query, documents, config: { model: "fast" } })).status).toBe(404);
    expect(hub.requests.length).toBe(before);
  });

  it("takes backends, names, keys and limits", async () => {
    const keys = join(folder, "keys.txt");
    writeFileSync(keys, "# keys\nfrom-file\n\n");
    const args = ["--model", "house=mini", "--model", "plugin:word-overlap", "--backend", join(root, "examples/word-overlap.js")];
    const { url, output } = await start([...args, "--api-key-file", keys, "--max-documents", "3", "--strict-model"]);
    const headers = { authorization: "Bearer from-file" };
    expect((await post(`${url}/rerank`, { query, documents })).status).toBe(401);
    const overlap = await post(
      `${url}/v1/rerank`,
      { model: "plugin:word-overlap", query: "a dog", documents: ["a cat", "a dog"] },
      headers,
    );
    expect(await overlap.json()).toMatchObject({ model: "plugin:word-overlap", results: [{ index: 1 }, { index: 0 }] });
    expect((await post(`${url}/v1/rerank`, { model: "other", query, documents }, headers)).status).toBe(404);
    expect((await post(`${url}/rerank`, { query, documents: [...documents, "d"] }, headers)).status).toBe(422);
    expect(output()).not.toContain("from-file");
  });

  it("takes keys from the environment", async () => {
    const { url } = await start([], { CROSSRANK_API_KEYS: "one, two" });
    expect((await fetch(`${url}/info`)).status).toBe(401);
    expect((await fetch(`${url}/info`, { headers: { "x-api-key": "two" } })).status).toBe(200);
  });

  it("serves its page and the page's files itself", async () => {
    const { url } = await start();
    for (const path of ["/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"]) {
      const response = await fetch(`${url}${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
  });

  it("listens on a Unix socket, in the place of one that a killed process left behind", async () => {
    const socketPath = join(folder, "s.sock");
    const first = await start(["--socket", socketPath]);
    first.child.kill("SIGKILL");
    await first.ended;
    await start(["--socket", socketPath]);
    const body = await new Promise<string>((resolve, reject) => {
      const request = httpRequest({ socketPath, path: "/health" }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString())).on("end", () => resolve(text));
      });
      request.on("error", reject).end();
    });
    expect(body).toBe('{"status":"ok"}');
  });

  it("speaks TLS", async () => {
    const [certificate, key] = makePair("served");
    const { url } = await start(["--tls-cert", certificate, "--tls-key", key]);
    expect(url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      httpsRequest(`${url}/health`, { ca: readFileSync(certificate) }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it.each([
    ["a model that does not exist", ["--model", "nothing"], /serve ended with 3: crossrank: models: there is no preset "nothing"/],
    ["a folder without a model", ["--model", "./examples"], /serve ended with 3: crossrank: models: folder .* lacks/],
    ["half of a TLS pair", ["--tls-cert", "x"], /serve ended with 2: .*--tls-cert and --tls-key go together/],
    ["a key file that is not there", ["--api-key-file", "/no/such"], /serve ended with 2: .*cannot read the keys/],
    ["a backend file that is not there", ["--backend", "/no/such.js"], /serve ended with 2: .*--backend: cannot read \/no\/such\.js/],
    ["a backend that is none", ["--backend", join(root, "vitest.config.ts")], /serve ended with 3: .*vitest\.config\.ts/],
    ["a calibration that is not there", ["--calibration", "/no/such.json"], /serve ended with 2: .*--calibration: cannot read \/no\/such/],
    ["a calibration that is none", ["--calibration", join(root, "package.json")], /serve ended with 2: .*calibration \(.*package\.json\)/],
    ["a port that is none", ["--port", "99999"], /serve ended with 2: .*Give an integer from 0 to 65535/],
    [
      "a certificate that is none",
      ["--tls-cert", notPem, "--tls-key", notPem],
      /serve ended with 2: .*Give a PEM certificate and the PEM key/,
    ],
    ["a certificate that is not there", ["--tls-cert", "/no/c", "--tls-key", "/no/k"], /serve ended with 2: .*cannot read \/no\/c/],
    ["an address of another machine", ["--host", "192.0.2.1"], /serve ended with 2: .*cannot listen on 192\.0\.2\.1/],
    [
      "a folder for a socket that is not there",
      ["--socket", "/no/such/s.sock"],
      /serve ended with 2: .*cannot listen on \/no\/such\/s\.sock/,
    ],
    ["a key that no header can hold", ["--api-key", "schlüssel"], /serve ended with 2: .*visible ASCII/],
    ["an origin with a path", ["--cors-origin", "https://a.example/"], /serve ended with 2: .*without a path/],
    ["a time before now", ["--timeout", "-1"], /serve ended with 2: .*Give a number of seconds/],
    [
      "a configuration that is not there",
      ["--config", "/no/such.json"],
      /serve ended with 2: .*cannot read the configuration in \/no\/such/,
    ],
    ["a limit of nothing", ["--max-documents", "0"], /serve ended with 2: .*≥ 1/],
  ])("does not start with %s", async (_what, args, message) => {
    await expect(start(args)).rejects.toThrow(message);
  });

  // An option of another kind each, for what is checked last must not be preceded by a download either.
  it.each([
    ["a port that is taken", async () => ["--port", String(taken.port)]],
    ["a certificate that is none", async () => ["--tls-cert", notPem, "--tls-key", notPem]],
    ["a key that belongs to another certificate", async () => mixedPair()],
    ["a calibration that is not there", async () => ["--calibration", "/no/such.json"]],
    ["a folder that is no model", async () => ["--model", "./examples"]],
    ["a path that is none", async () => ["--base-path", "api/"]],
  ])("finds %s before it downloads a model", async (_what, args) => {
    const before = hub.requests.length;
    const env = { HF_ENDPOINT: hub.url, CROSSRANK_CACHE: join(folder, "untouched"), HF_HOME: join(folder, "none") };
    await expect(start(["--model", "fast", ...(await args())], env)).rejects.toThrow(/serve ended with [23]: crossrank: /);
    expect(hub.requests.length).toBe(before);
  });

  it("takes its settings from a file and from the environment, flags first", async () => {
    const config = join(folder, "crossrank.yaml");
    writeFileSync(config, "model: [house=mini]\nmaxDocuments: 2\nbasePath: /file\nport: 1\n");
    const { url } = await start(["--base-path", "/flag"], { CROSSRANK_CONFIG: config, CROSSRANK_MAX_DOCUMENTS: "3", PORT: "2" });
    const info = (await (await fetch(`${url}/flag/info`)).json()) as { model_id: string; max_client_batch_size: number };
    expect(info).toMatchObject({ max_client_batch_size: 3 });
    expect((await post(`${url}/flag/v1/rerank`, { model: "house", query, documents })).status).toBe(200);
  });

  it("warns where others may call without a key, and only there", async () => {
    const warnings = ({ log }: ServeProcess) => log.filter(({ level }) => level === "warn").map(({ msg }) => msg);
    expect(warnings(await start(["--host", "0.0.0.0"]))).toEqual([expect.stringContaining("needs no key")]);
    expect(warnings(await start(["--host", "0.0.0.0", "--api-key", "k"]))).toEqual([]);
    expect(warnings(await start(["--host", "localhost"]))).toEqual([]);
  });

  it("tells people on a terminal where it listens and where the page is", async () => {
    const command = [process.execPath, join(root, "dist/cli.js"), "serve", "--port", "0"].join(" ");
    const child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
    const ended = new Promise((resolve) => child.once("close", resolve));
    await expect
      .poll(() => shown)
      .toMatch(/crossrank: ready at http:\/\/127\.0\.0\.1:\d+\. To read about the API and try it: http:\/\/127\.0\.0\.1:\d+\/docs\./);
    expect(shown).toMatch(/^crossrank: listening on http:\/\/127\.0\.0\.1:\d+, loading the models …/);
    child.kill("SIGTERM");
    await ended;
  });

  it("does not start on a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start(["--port", String(port)])).rejects.toThrow(/serve ended with 2: .*cannot listen on 127\.0\.0\.1:\d+: it is in use/);
    other.close();
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("ends with code 0 after %s, what was under way answered", async (signal) => {
    const server = await start();
    const long = post(`${server.url}/rerank`, {
      query,
      documents: Array.from({ length: 200 }, (_, index) => `${"word ".repeat(50)}${index}`),
    });
    await expect.poll(async () => (await (await fetch(`${server.url}/metrics`)).text()).match(/requests_in_flight (\d+)/)?.[1]).toBe("1");
    server.child.kill(signal);
    expect((await long).status).toBe(200);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.log.at(-1)).toMatchObject({ msg: "stopped", requestsCutOff: 0 });
  });

  it("cuts off what is under way at a second signal, and says so by its exit code", async () => {
    const server = await start();
    const long = post(`${server.url}/rerank`, {
      query,
      documents: Array.from({ length: 1000 }, (_, index) => `${"word ".repeat(300)}${index}`),
    });
    long.catch(() => undefined); // its connection is cut
    await expect.poll(async () => (await (await fetch(`${server.url}/metrics`)).text()).match(/requests_in_flight (\d+)/)?.[1]).toBe("1");
    server.child.kill("SIGTERM");
    await expect
      .poll(() =>
        fetch(`${server.url}/ready`).then(
          (response) => response.status,
          () => "refused",
        ),
      )
      .not.toBe(200);
    server.child.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 143, signal: null });
    await expect(long).rejects.toThrow();
    expect(server.log.at(-1)).toMatchObject({ msg: "stopped", requestsCutOff: 1 });
  });
});

describe("examples/", () => {
  const body = { query, documents, config: { top_k: 1 } };
  const example = (name: string): Promise<Record<string, never>> => import(join(root, "examples", name)) as Promise<Record<string, never>>;

  it("server-hono.js mounts the server", async () => {
    const { app, close } = (await example("server-hono.js")) as unknown as {
      app: { fetch(request: Request): Response };
      close(): Promise<void>;
    };
    const http = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    await new Promise((resolve) => http.once("listening", resolve));
    await expectRanking(`http://127.0.0.1:${(http.address() as AddressInfo).port}/rerank-api`);
    http.close();
    await close();
  });

  it("server-express.js mounts the server", async () => {
    type App = { listen(port: number, host: string): ReturnType<typeof createServer> };
    const { app, close } = (await example("server-express.js")) as unknown as { app: App; close(): Promise<void> };
    const http = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => http.once("listening", resolve));
    await expectRanking(`http://127.0.0.1:${(http.address() as AddressInfo).port}/rerank-api`);
    http.close();
    await close();
  });

  it("server-next.js exports route handlers", async () => {
    const { GET, POST } = (await example("server-next.js")) as unknown as Record<"GET" | "POST", (request: Request) => Promise<Response>>;
    await expect.poll(async () => (await GET(new Request("http://localhost/rerank-api/ready"))).status).toBe(200);
    const request = new Request("http://localhost/rerank-api/rerank", { method: "POST", headers: json, body: JSON.stringify(body) });
    expect(await (await POST(request)).json()).toEqual({ results: withBothScores(await rerank(query, documents, { topK: 1 })) });
  });

  async function expectRanking(base: string): Promise<void> {
    await expect.poll(async () => (await fetch(`${base}/ready`)).status).toBe(200);
    expect(await (await post(`${base}/rerank`, body)).json()).toEqual({
      results: withBothScores(await rerank(query, documents, { topK: 1 })),
    });
  }
});
