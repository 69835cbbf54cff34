/** First calls whose model has to be downloaded, against a hub on this machine; each program runs in a process of its own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Hub, startHub } from "./support/hub-server.node.ts";
import { dist, type ProgramOutcome, runProgram } from "./support/run-program.node.ts";

const tiny = fileURLToPath(new URL("fixtures/models/tiny-bert", import.meta.url));
const files = Object.fromEntries(
  ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"].map((path) => [path, readFileSync(join(tiny, path))]),
);
const library = JSON.stringify(`file://${dist}/index.js`);

/** The snippet of the README, as a user has it. */
const snippet = `
  import { rerankSync, RerankerConfig } from ${library};
  const config = RerankerConfig.parse({ model: { type: "preset", name: "fast" }, top_k: 2 });
  const results = rerankSync("How to train a dog", ["Dog training requires patience and consistency.", "Cats are independent animals that prefer to play alone.", "Bird care includes proper cage setup and regular cleaning."], config);
  for (const r of results) console.log(\`#\${r.index}: \${r.score.toFixed(3)} \${r.document}\`);
`;

/** A `doc_string` of so many zeros, which ONNX files may end with: field 6 of ModelProto. */
function docString(length: number): Buffer {
  const varint: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 128)) varint.push((rest % 128) + (rest >= 128 ? 128 : 0));
  return Buffer.concat([Buffer.from([0x32, ...varint]), Buffer.alloc(length, " ")]);
}

describe("a first call", () => {
  let hub: Hub;
  let home: string;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "crossrank-home-"));
    hub = await startHub({
      repositories: { "cross-encoder/ms-marco-MiniLM-L6-v2": { files }, "some/model": { files } },
      renamed: { "some/old-name": "some/model" },
    });
  });

  afterEach(async () => {
    await hub.close();
    rmSync(home, { recursive: true, force: true });
  });

  const run = (source: string, env: Record<string, string> = {}): Promise<ProgramOutcome> =>
    runProgram(source, {
      env: {
        HOME: home,
        XDG_CACHE_HOME: join(home, ".cache"),
        HF_HOME: join(home, "hf"),
        HF_ENDPOINT: hub.url,
        CROSSRANK_CACHE: "",
        HF_HUB_CACHE: "",
        ...env,
      },
    });

  it("by rerankSync downloads while the caller waits, and the second needs no network", async () => {
    const first = await run(snippet);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout.split("\n")).toHaveLength(3);
    const asked = hub.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect(await run(snippet, { HF_HUB_OFFLINE: "1" })).toEqual(first);
    expect(hub.requests).toHaveLength(asked);
  });

  it("shows a progress bar on stderr while rerankSync waits, if wanted", async () => {
    const model = Buffer.concat([files["onnx/model.onnx"]!, docString(2_000_000)]); // large enough to be worth a line
    hub.repositories["cross-encoder/ms-marco-MiniLM-L6-v2"] = { files: { ...files, "onnx/model.onnx": model } };
    const outcome = await run(snippet.replace("top_k: 2", "top_k: 2, show_download_progress: true"));
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain("model.onnx");
  });

  it("by rerank gives the numbers of rerankSync, also under the repository's old name", async () => {
    const outcome = await run(`
      import { rerank, rerankSync } from ${library};
      const texts = ["a dog", "a cat and a bird", ""];
      const waited = await rerank("dogs", texts, { model: "some/old-name" });
      const synchronous = rerankSync("dogs", texts, { model: "some/model" });
      console.log(JSON.stringify(waited) === JSON.stringify(synchronous), waited.length);
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "true 3\n", stderr: "" });
  });

  it("by many callers at once, in two processes, leaves one complete model", async () => {
    const program = `
      import { rerank, rerankSync } from ${library};
      const calls = [1, 2, 3].map(() => rerank("dogs", ["a dog"], { model: "some/model" }));
      rerankSync("dogs", ["a dog"], { model: "some/model" });
      console.log((await Promise.all(calls)).length);
    `;
    const outcomes = await Promise.all([run(program), run(program)]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 0, stdout: "3\n", stderr: "" });
    const left = readdirSync(join(home, ".cache"), { recursive: true }).map(String);
    expect(left.filter((path) => path.includes("incomplete") || path.endsWith(".lock"))).toEqual([]);
  });

  it("that cannot reach the hub fails with a typed error that names URL, reason and remedy, from both", async () => {
    const outcome = await run(
      `
      import { rerank, rerankSync, RerankError } from ${library};
      const config = { model: "fast" };
      const seen = [];
      try { rerankSync("q", ["d"], config); } catch (error) { seen.push(error); }
      await rerank("q", ["d"], config).catch((error) => seen.push(error));
      for (const error of seen) console.log(RerankError.is(error), error.code, error.message);
    `,
      { HF_ENDPOINT: "http://127.0.0.1:1" },
    );
    const lines = outcome.stdout.trim().split("\n");
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^true download .*http:\/\/127\.0\.0\.1:1\/cross-encoder.*HF_ENDPOINT/);
  });

  it("that is killed in the middle of the download leaves no model, and the next one resumes", async () => {
    hub.faults.slowMs = 40;
    // rerank, not rerankSync: the program has to kill itself from its event loop, once the model has begun to arrive.
    const program = `
      import { rerank } from ${library};
      import { existsSync, readdirSync } from "node:fs";
      const folder = ${JSON.stringify(join(home, ".cache"))};
      setInterval(() => {
        const paths = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
        if (paths.some((path) => path.includes("model.onnx") && path.includes("incomplete"))) process.kill(process.pid, "SIGKILL");
      }, 1);
      await rerank("dogs", ["a dog"], { model: "fast" });
    `;
    const outcome = await run(program);
    expect(outcome.signal).toBe("SIGKILL");
    hub.faults.slowMs = 0;
    const next = await run(snippet);
    expect(next).toMatchObject({ code: 0, stderr: "" });
    expect(next.stdout.split("\n")).toHaveLength(3);
  });
});
