/**
 * Execution providers other than the CPU, with a scripted runtime in place of ONNX Runtime: the built package is copied beside a
 * package "onnxruntime-node" of our own, which has a CUDA device, or has it and fails to open it.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProgramOutcome, runProgram } from "./support/run-program.node.ts";

const project = fileURLToPath(new URL("..", import.meta.url));
const tiny = join(project, "test/fixtures/models/tiny-bert");

/** Each pass is written to stdout with its device and shape; a pair's logit is its number of ids that are not padding. */
const bindingSource = `
const { writeSync } = require("node:fs");
const available = new Set(JSON.parse(process.env.SCRIPTED_PROVIDERS));
class InferenceSession {
  inputMetadata = ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({ name, isTensor: true, type: 7, shape: [-1, -1] }));
  outputMetadata = [{ name: "logits", isTensor: true, type: 1, shape: [-1, 1] }];
  loadModel(path, options) {
    const [provider] = options.executionProviders;
    this.name = provider.name ?? provider;
    if (!available.has(this.name)) throw new Error("no such device: " + JSON.stringify(provider));
    writeSync(1, "open " + JSON.stringify(provider) + " threads " + options.intraOpNumThreads + "\\n");
  }
  run(feeds) {
    const [pairs, tokens] = feeds.input_ids.dims;
    writeSync(1, "pass " + this.name + " " + pairs + " x " + tokens + "\\n");
    const data = Float32Array.from({ length: pairs }, (_, row) => feeds.attention_mask.data.slice(row * tokens, (row + 1) * tokens).reduce((sum, one) => sum + Number(one), 0));
    return { logits: { data, dims: [pairs, 1] } };
  }
  dispose() {}
}
exports.binding = { InferenceSession };
exports.initOrt = () => {};
`;

describe("a provider", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "crossrank-providers-"));
    cpSync(join(project, "dist"), join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const modules = join(folder, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(project, "node_modules")).filter((entry) => entry !== "onnxruntime-node")) {
      symlinkSync(join(project, "node_modules", name), join(modules, name));
    }
    const runtime = join(modules, "onnxruntime-node");
    mkdirSync(join(runtime, "dist"), { recursive: true });
    writeFileSync(join(runtime, "package.json"), '{ "name": "onnxruntime-node", "version": "0.0.0", "main": "index.js" }');
    writeFileSync(
      join(runtime, "index.js"),
      "exports.Tensor = class { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } };",
    );
    writeFileSync(join(runtime, "dist/binding.js"), bindingSource);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** As the runtime's install script leaves it when it may fetch GPU files. */
  const installCuda = (): void => {
    const binaries = join(folder, "node_modules/onnxruntime-node/bin/napi-v6", process.platform, process.arch);
    mkdirSync(binaries, { recursive: true });
    const name = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
    writeFileSync(join(binaries, name), "");
  };

  const run = (available: string[], acceleration: object, call = "rank"): Promise<ProgramOutcome> =>
    runProgram(
      `
      import { createReranker } from ${JSON.stringify(`file://${folder}/dist/index.js`)};
      try {
        const reranker = createReranker({ model: { type: "custom", modelId: ${JSON.stringify(tiny)} }, batchSize: 4, acceleration: ${JSON.stringify(acceleration)} });
        const documents = Array.from({ length: 10 }, (_, index) => "dog ".repeat(1 + index * 4));
        const { results, warnings } = await reranker.${call}("dogs", documents);
        console.log("ranked", results.length, results[0].index, warnings.map((warning) => warning.type + ": " + warning.message).join());
      } catch (error) { console.log("error", error.code, error.message); }
    `,
      { env: { SCRIPTED_PROVIDERS: JSON.stringify(available) } },
    );

  const passesOf = ({ stdout }: ProgramOutcome): string[] => stdout.split("\n").filter((line) => line.startsWith("pass"));

  it.each(["rank", "rankSync"])("that is named gets one session and whole batches, in %s", async (call) => {
    const outcome = await run(["cuda"], { provider: "cuda", deviceId: 1 }, call);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout.match(/^open.*$/gm)).toEqual(['open {"name":"cuda","deviceId":1} threads 1']);
    expect(passesOf(outcome).map((line) => line.slice(0, 11))).toEqual(["pass cuda 4", "pass cuda 4", "pass cuda 2"]);
    expect(outcome.stdout).toContain("ranked 10 9 \n");
  });

  it("that is named and not available is refused, with what it needs", async () => {
    const outcome = await run([], { provider: "directml" });
    expect(outcome.stdout).toMatch(/^error missing-dependency .*"directml".*Windows.*provider "cpu"/);
  });

  it("is CUDA under auto where its files were installed", async () => {
    installCuda();
    const outcome = await run(["cuda", "cpu"], { provider: "auto" });
    expect(passesOf(outcome).every((line) => line.startsWith("pass cuda"))).toBe(true);
    expect(outcome.stdout).toContain("ranked 10 9 \n");
  });

  it.each(["rank", "rankSync"])("that auto chose and cannot be opened gives way to the CPU, with a warning, in %s", async (call) => {
    installCuda();
    const outcome = await run(["cpu"], { provider: "auto" }, call);
    expect(outcome.code).toBe(0);
    expect(passesOf(outcome).every((line) => line.startsWith("pass cpu"))).toBe(true);
    expect(outcome.stdout).toMatch(/ranked 10 9 fallback: running on the CPU: .*"cuda" is not available: no such device/);
  });

  it("is the CPU under auto everywhere else, without a warning and in small passes", async () => {
    const outcome = await run(["cpu", "cuda"], {});
    expect(outcome.stdout).toContain("ranked 10 9 \n");
    expect(passesOf(outcome).length).toBeGreaterThan(3);
  });
});
