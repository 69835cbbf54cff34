import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clearRerankerBackends, registerRerankerBackend } from "../../index.ts";
import type { Io } from "../io.ts";
import { benchCommand } from "./bench.ts";
import { quantile } from "./bench-measure.node.ts";
import type { BenchOptions } from "./bench-options.ts";
import type { BenchReport } from "./bench-report.ts";

const tiny = fileURLToPath(new URL("../../../test/fixtures/models/tiny-bert", import.meta.url));
const calls: string[] = [];
const interruption = new AbortController();

/** Blocks the thread, like a backend that computes in JavaScript. */
function spin(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

beforeAll(() => {
  const register = (name: string, score: (document: string) => number): void =>
    registerRerankerBackend({
      name,
      rerank: (_query, documents) => {
        calls.push(name);
        return documents.map(score);
      },
    });
  register("length", (document) => document.length);
  register("longer", (document) => document.length + 0.25);
  register("blocking", () => {
    spin(12);
    return 0;
  });
  registerRerankerBackend({ name: "awaited", rerank: async (_query, documents) => documents.map(() => 0) });
  register("interrupting", () => {
    interruption.abort();
    return 0;
  });
});
afterAll(clearRerankerBackends);

interface Outcome {
  output: string;
  notes: string[];
}

async function bench(options: BenchOptions, documents?: readonly string[], signal = new AbortController().signal): Promise<Outcome> {
  const outcome: Outcome = { output: "", notes: [] };
  const io: Io = {
    write: async (text) => {
      outcome.output += text;
    },
    note: (line) => outcome.notes.push(line),
    async *lines() {
      yield* documents ?? [];
    },
    signal,
    forceSignal: new AbortController().signal,
    settleSignal() {},
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    hasColor: false,
    columns: 80,
  };
  await benchCommand(io, "1.2.3", documents === undefined ? [] : ["pets.txt"], options);
  return outcome;
}

async function benchJson(options: BenchOptions, documents?: readonly string[]): Promise<BenchReport> {
  return JSON.parse((await bench({ ...options, json: true }, documents)).output) as BenchReport;
}

const pets = ["dogs learn", "cats sleep all day", "fish"];

describe("benchCommand", () => {
  it("identifies model and machine, and counts tokens, passes and padding of a local model", async () => {
    const report = await benchJson({ model: tiny, query: "dogs", sync: true, rounds: 3, warmUp: 1, batchSize: 4 }, pets);
    const path = join(tiny, "onnx/model.onnx");
    const bytes = readFileSync(path);
    expect(report).toMatchObject({ crossrank: "1.2.3", rounds: 3, warmUpRounds: 1, machine: { node: process.versions.node } });
    expect(report.configurations).toMatchObject([{ name: "first", model: tiny, sync: true, batchSize: 4, loadMs: expect.any(Number) }]);
    expect(report.configurations[0]!.files).toEqual([
      { path, sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") },
    ]);
    const [{ name, runs, comparison }] = report.workloads as [BenchReport["workloads"][number]];
    expect({ name, comparison }).toEqual({ name: "pets.txt", comparison: undefined });
    const figures = runs[0]!;
    expect(figures.roundsMs).toHaveLength(3);
    expect(figures).toMatchObject({ documents: 3, truncatedDocuments: 0, passes: expect.any(Number) });
    const totalMs = figures.roundsMs.reduce((sum, ms) => sum + ms, 0);
    expect(figures.pairsPerSecond).toBeCloseTo(9000 / totalMs, 6);
    expect(figures.tokensPerSecond).toBeCloseTo((figures.tokens! * 3000) / totalMs, 6);
    expect(figures.passes).toBeLessThanOrEqual(3);
    expect(figures.paddingWaste).toBeGreaterThanOrEqual(0);
    expect(figures.paddingWaste).toBeLessThan(1);
    expect(figures.residentBytes).toBeGreaterThan(1e6);
  });

  it("runs two configurations in turns, and compares their scores and each pair of rounds", async () => {
    calls.length = 0;
    const report = await benchJson({ model: "plugin:length", vs: "model=plugin:longer", query: "dogs", rounds: 2, warmUp: 1 }, pets);
    expect(calls).toEqual(["length", "longer", "length", "longer", "length", "longer"]);
    expect(report.configurations.map(({ name, model }) => [name, model])).toEqual([
      ["first", expect.stringContaining("length")],
      ["second", expect.stringContaining("longer")],
    ]);
    const { runs, comparison } = report.workloads[0]!;
    const ratios = runs[0]!.roundsMs.map((ms, round) => ms / runs[1]!.roundsMs[round]!);
    expect(comparison).toEqual({
      speedRatio: { min: Math.min(...ratios), median: expect.closeTo((ratios[0]! + ratios[1]!) / 2, 12), max: Math.max(...ratios) },
      largestScoreDifference: 0.25,
    });
  });

  it("leaves open what a model does not tell", async () => {
    const report = await benchJson({ model: "plugin:length", query: "dogs", rounds: 1, warmUp: 0 }, pets);
    expect(report.configurations[0]!.files).toEqual([]);
    expect(report.workloads[0]!.runs[0]).toMatchObject({ tokens: null, passes: null, tokensPerSecond: null, paddingWaste: null });
    const { output } = await bench({ model: "plugin:length", query: "dogs", rounds: 1, warmUp: 0 }, pets);
    expect(output).toMatch(/^padding waste +–$/m);
  });

  it("tells how long calls hold up the event loop", async () => {
    const report = await benchJson({ model: "plugin:blocking", query: "dogs", rounds: 2, warmUp: 0 }, pets);
    expect(report.workloads[0]!.runs[0]!.eventLoopDelayMs.max).toBeGreaterThan(30); // three documents of 12 ms
  });

  it("makes three lists where no files are named, for the query that is given", async () => {
    const { output, notes } = await bench({ model: "plugin:length", rounds: 1, warmUp: 0 });
    expect(notes).toEqual([]);
    expect(output).toMatch(/^crossrank +1\.2\.3.*, node /);
    expect(output).toMatch(/^ +passages +abstracts +mixed$/m);
    expect(output).toMatch(/^documents +32 +16 +32$/m);
    for (const name of ["latency p50, ms", "latency p95, ms", "latency p99, ms", "pairs a second", "event-loop delay p99, ms"]) {
      expect(output).toMatch(new RegExp(`^${name}( +\\d+\\.\\d){3}$`, "m"));
    }
  });

  it("shows two configurations side by side, list by list", async () => {
    const { output } = await bench({ model: "plugin:length", vs: "model=plugin:longer", rounds: 1, warmUp: 0 });
    for (const name of ["passages", "abstracts", "mixed"]) expect(output).toMatch(new RegExp(`^${name} +first +second$`, "m"));
    const ratios = /^second \/ first in speed, by pair of rounds: min [\d.]+, median [\d.]+, max [\d.]+; scores differ by at most 0\.25$/gm;
    expect(output.match(ratios)).toHaveLength(3);
  });

  it("tells whose documents were cut, unless it is quiet", async () => {
    const options: BenchOptions = { model: tiny, sync: true, query: "dogs", vs: "max-length=16", rounds: 1, warmUp: 0 };
    const documents = ["dogs learn ".repeat(9)];
    expect((await bench(options, documents)).notes).toEqual([
      expect.stringMatching(/^crossrank: pets\.txt, second: 1 of 1 documents were cut to the 16 tokens/),
    ]);
    expect((await bench({ ...options, quiet: true }, documents)).notes).toEqual([]);
  });

  it.each<[string, BenchOptions, string[], string]>([
    ["documents without a query", {}, pets, "invalid-input"],
    ["a file without documents", { query: "dogs" }, ["", " "], "invalid-input"],
    ["a blank query", { query: " " }, pets, "invalid-input"],
    ["an unknown preset", { query: "dogs", model: "balancd" }, pets, "unknown-model"],
    ["to wait for scores that can only be awaited", { query: "dogs", model: "plugin:awaited", sync: true }, pets, "sync-unsupported"],
  ])("refuses %s", async (_what, options, documents, code) => {
    await expect(bench(options, documents)).rejects.toMatchObject({ code });
  });

  it("ends at an interrupt, between two calls", async () => {
    calls.length = 0;
    const options = { model: "plugin:interrupting", query: "dogs", rounds: 50, warmUp: 0 };
    await expect(bench(options, pets, interruption.signal)).rejects.toMatchObject({ code: "aborted" });
    expect(calls).toHaveLength(1);
  });
});

describe("quantile", () => {
  it("lies between the neighbors", () => {
    // numpy 2.4.6: np.quantile([1, 2, 4, 8], [0, 0.5, 0.95, 1])
    expect([0, 0.5, 0.95, 1].map((share) => quantile([8, 1, 4, 2], share))).toEqual([1, 3, expect.closeTo(7.4, 12), 8]);
    expect(quantile([5], 0.99)).toBe(5);
  });
});
