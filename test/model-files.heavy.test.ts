/** Model files that somebody changes while a model is loaded: each case in a process of its own, for a wrong one ends it by SIGBUS. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { dist, runProgram } from "./support/run-program.node.ts";

const fixtures = fileURLToPath(new URL("fixtures/models", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "crossrank-model-files-"));
afterAll(() => rmSync(root, { recursive: true }));
const cacheDir = join(root, "cache");
const environment = { CROSSRANK_CACHE: cacheDir, HF_HUB_CACHE: join(root, "hub"), HF_HUB_OFFLINE: "1" };
let copies = 0;

/** A folder with a copy of a fixture. */
function copyOf(fixture: string, folder = join(root, `folder-${copies++}`)): string {
  cpSync(join(fixtures, fixture), folder, { recursive: true });
  return folder;
}

/** A snapshot of a cache with a fixture, as huggingface_hub lays it out but for its links; the id of its model. */
function cached(fixture: string): { id: string; folder: string } {
  const name = `${fixture}-${copies++}`;
  const commit = "0".repeat(40);
  const repository = join(environment.HF_HUB_CACHE, `models--org--${name}`);
  mkdirSync(join(repository, "refs"), { recursive: true });
  writeFileSync(join(repository, "refs", "main"), commit);
  return { id: `org/${name}`, folder: copyOf(fixture, join(repository, "snapshots", commit)) };
}

/** Scores, then changes a file, then scores again; prints the change of scores, or the failure. */
function changeBetweenCalls(config: object, change: string, call = "score"): string {
  return `
    import { createReranker } from ${JSON.stringify(`file://${dist}/index.js`)};
    import { readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
    const flip = (path) => {
      const bytes = readFileSync(path);
      for (let index = bytes.length >> 2; index < bytes.length; index += 4) bytes[index] ^= 0x40;
      return bytes;
    };
    const reranker = createReranker(${JSON.stringify(config)});
    const documents = ["a dog is trained", "cats sleep", "it is a dog and a cat"];
    const score = () => reranker.score("a dog", documents);
    const scoreSync = async () => reranker.rankSync("a dog", documents, { return: ["logit"] }).results.map(({ logit }) => logit);
    const before = await ${call}();
    ${change};
    try {
      const after = await ${call}();
      console.log(JSON.stringify(after) === JSON.stringify(before) ? "same" : "other scores");
    } catch (error) {
      console.log(error.code, error.message);
    }
    await reranker.close();
  `;
}

const changes = {
  truncated: (path: string) => `truncateSync(${JSON.stringify(path)}, 0)`,
  "written over": (path: string) => `writeFileSync(${JSON.stringify(path)}, flip(${JSON.stringify(path)}))`,
  replaced: (path: string) =>
    `writeFileSync(${JSON.stringify(`${path}.new`)}, flip(${JSON.stringify(path)})); renameSync(${JSON.stringify(`${path}.new`)}, ${JSON.stringify(path)})`,
  deleted: (path: string) => `unlinkSync(${JSON.stringify(path)})`,
};
type Change = keyof typeof changes;

// One whose weights are references after the rewrite, one that keeps them outside, one that is read as a whole, and a causal model.
const models = [
  { fixture: "tiny-bert", file: "onnx/model.onnx" },
  { fixture: "tiny-bert-external", file: "onnx/model.onnx_data" },
  { fixture: "tiny-bert-int8", file: "onnx/model.onnx" },
  { fixture: "tiny-qwen3", file: "onnx/model.onnx", head: { type: "token", trueToken: 5, falseToken: 6 } },
] as const;
const cases = models.flatMap((model) => (Object.keys(changes) as Change[]).map((change) => ({ ...model, change })));

describe("a loaded model of a folder", () => {
  it.each(cases)("keeps its scores when $file of $fixture is $change", async ({ change, fixture, file, ...head }) => {
    const folder = copyOf(fixture);
    const config = { model: { type: "custom", modelId: folder, ...head }, acceleration: { workers: 2 } };
    const outcome = await runProgram(changeBetweenCalls(config, changes[change](join(folder, file))), { env: environment });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "same\n", stderr: "" });
  });

  it.each(["truncated", "written over"] as const)("keeps them on the calling thread when its file is %s", async (change) => {
    const folder = copyOf("tiny-bert");
    const source = changeBetweenCalls({ model: folder }, changes[change](join(folder, "onnx/model.onnx")), "scoreSync");
    const outcome = await runProgram(source, { env: environment });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "same\n", stderr: "" });
  });

  it.each(["onnx/model.onnx", "tokenizer.json"])("names %s when it changed before threads are opened again", async (file) => {
    const folder = copyOf("tiny-bert");
    const path = join(folder, file);
    const config = { model: folder, acceleration: { workers: 1, idleSecs: 0.05 } };
    const ended = "while (reranker.stats().scorer.workers > 0) await new Promise((resolve) => setTimeout(resolve, 10))";
    const outcome = await runProgram(changeBetweenCalls(config, `${ended}; ${changes.replaced(path)}`), { env: environment });
    expect(outcome.stdout).toContain(`inference ${folder}: ${path} was changed after the model was loaded.`);
  });

  it("leaves no copy behind, and removes those of processes that were killed while they opened a model", async () => {
    const abandoned = join(cacheDir, "opening-killed");
    mkdirSync(abandoned, { recursive: true });
    const fresh = join(cacheDir, "opening-now");
    mkdirSync(fresh);
    const outcome = await runProgram(
      `import { utimesSync } from "node:fs"; utimesSync(${JSON.stringify(abandoned)}, 1, 1); ${changeBetweenCalls({ model: copyOf("tiny-bert") }, "")}`,
      { env: environment },
    );
    expect(outcome.stdout).toBe("same\n");
    expect(readdirSync(cacheDir)).toEqual(["opening-now"]);
    rmSync(fresh, { recursive: true });
  });

  it("is opened where it is, and watched, where no copy can be made", async () => {
    const folder = copyOf("tiny-bert");
    const path = join(folder, "onnx/model.onnx");
    const nowhere = { ...environment, CROSSRANK_CACHE: join(path, "cache"), TMPDIR: join(path, "tmp") };
    const outcome = await runProgram(changeBetweenCalls({ model: folder }, changes["written over"](path)), { env: nowhere });
    expect(outcome.stdout).toContain(`inference ${folder}: ${path} was changed after the model was loaded.`);
  });

  it("is called by its own path when the runtime refuses it", async () => {
    const folder = copyOf("tiny-bert");
    // A graph without a single node: readable, but nothing to run.
    const damage = `const bytes = readFileSync(p); writeFileSync(p, Buffer.from(bytes.toString("latin1").replaceAll("Gather", "Gothor"), "latin1"));`;
    const outcome = await runProgram(
      `import { readFileSync, writeFileSync } from "node:fs"; import { createReranker } from ${JSON.stringify(`file://${dist}/index.js`)};
       const p = ${JSON.stringify(join(folder, "onnx/model.onnx"))}; ${damage}
       await createReranker({ model: ${JSON.stringify(folder)} }).score("a", ["b"]).catch((error) => console.log(error.code, error.message));`,
      { env: environment },
    );
    expect(outcome.stdout).toContain(`unsupported-model ${folder}: ONNX Runtime cannot load ${join(folder, "onnx/model.onnx")}`);
    expect(existsSync(cacheDir) ? readdirSync(cacheDir) : []).toEqual([]);
  });
});

describe("a loaded model of a cache", () => {
  const mapped = models.filter(({ fixture }) => fixture !== "tiny-bert-int8");
  it.each(mapped.flatMap((model) => (["truncated", "written over"] as const).map((change) => ({ ...model, change }))))(
    "fails and names $file when that of $fixture is $change",
    async ({ change, fixture, file, ...head }) => {
      const { id, folder } = cached(fixture);
      const path = join(folder, file);
      const config = { model: { type: "custom", modelId: id, ...head }, acceleration: { workers: 1 } };
      const outcome = await runProgram(changeBetweenCalls(config, changes[change](path)), { env: environment });
      expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
      expect(outcome.stdout).toContain(`${path} was changed after the model was loaded.`);
    },
  );

  it.each(["replaced", "deleted"] as const)("keeps its scores when its file is %s, as a new download does", async (change) => {
    const { id, folder } = cached("tiny-bert");
    const source = changeBetweenCalls({ model: id }, changes[change](join(folder, "onnx/model.onnx")));
    const outcome = await runProgram(source, { env: environment });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "same\n", stderr: "" });
  });
});

describe("a file that is truncated in the middle of a pass", () => {
  /** Calls without a pause; the file is truncated during the first one, and the third one ends before the program does. */
  const truncateUnderLoad = (model: string, path: string): string => `
    import { createReranker } from ${JSON.stringify(`file://${dist}/index.js`)};
    import { truncateSync } from "node:fs";
    const reranker = createReranker({ model: ${JSON.stringify(model)}, acceleration: { workers: 2 } });
    const documents = Array.from({ length: 200 }, (_, index) => "a dog is trained ".repeat(1 + index % 20));
    const before = JSON.stringify(await reranker.score("a dog", documents));
    let isTruncated = false;
    const onProgress = () => {
      if (!isTruncated) truncateSync(${JSON.stringify(path)}, 0);
      isTruncated = true;
    };
    try {
      for (let count = 0; count < 3; count += 1) {
        const { results } = await reranker.rank("a dog", documents, { return: ["logit"], onProgress });
        const after = JSON.stringify(results.toSorted((left, right) => left.index - right.index).map(({ logit }) => logit));
        console.log(after === before ? "same" : "other scores");
      }
    } catch (error) {
      console.log(error.code, error.message);
    }
    await reranker.close();`;

  it("changes nothing for a model of a folder", async () => {
    const folder = copyOf("tiny-bert");
    const outcome = await runProgram(truncateUnderLoad(folder, join(folder, "onnx/model.onnx")), { env: environment });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "same\nsame\nsame\n", stderr: "" });
  });

  it("is named, or ends the process, for a model of a cache; it never changes scores", async () => {
    const { id, folder } = cached("tiny-bert");
    const { code, signal, stdout } = await runProgram(truncateUnderLoad(id, join(folder, "onnx/model.onnx")), { env: environment });
    expect(stdout).not.toContain("other scores");
    if (signal === null) expect([code, stdout]).toEqual([0, expect.stringContaining("was changed after the model was loaded.")]);
    else expect(signal).toBe("SIGBUS");
  });
});
