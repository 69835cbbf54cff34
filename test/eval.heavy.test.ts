/** `crossrank eval` from its arguments to its output and exit code, on the collection of examples/pets. */
import { cpSync, createReadStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { evaluateRun, parseQrels, parseRun, parseTexts } from "../dist/eval.js";
import type { Io } from "../src/cli/io.ts";
import { run } from "../src/cli/program.ts";
import { readLines } from "../src/cli/text-lines.node.ts";
import { createReranker } from "../src/index.ts";
import { makeFolder, root, runCommand } from "./support/command.node.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const pets = "examples/pets";
const lines = (path: string): string[] => readFileSync(resolve(root, path), "utf8").split("\n");
const qrels = parseQrels(lines(`${pets}/qrels/test.tsv`));
// Loads in no time; for what does not depend on good scores.
const tiny = join(folder, "tiny-bert");
cpSync(join(root, "test/fixtures/models/tiny-bert"), tiny, { recursive: true });

/** In this process, for a program takes longer to start than to do this; what a shell sees of it is in the last test. */
async function crossrank(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  const io: Io = {
    write: async (text) => {
      stdout += text;
    },
    note: (line) => {
      stderr += `${line}\n`;
    },
    lines: (path) => readLines(createReadStream(resolve(root, path)), path),
    signal: new AbortController().signal,
    forceSignal: new AbortController().signal,
    settleSignal: () => undefined,
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    hasColor: false,
    columns: 80,
  };
  const errors = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    return { code: await run(args, io), stdout, stderr };
  } finally {
    errors.mockRestore();
  }
}
const evaluate = (...args: string[]) => crossrank("eval", ...args);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await evaluate(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe("files of crossrank eval", () => {
  it("are read compressed and as UTF-16, with the same figures", async () => {
    const packed = join(folder, "packed");
    mkdirSync(join(packed, "qrels"), { recursive: true });
    for (const name of ["qrels/test.tsv", "queries.jsonl", "corpus.jsonl"]) {
      writeFileSync(join(packed, `${name}.gz`), gzipSync(readFileSync(join(root, pets, name))));
    }
    const run = [...qrels]
      .flatMap(([query, judged]) => [...judged.keys()].map((id, rank) => `${query} Q0 ${id} ${rank} ${-rank} x\n`))
      .join("");
    const plain = await json("metrics", pets, file("plain.run", run));
    const wide = join(folder, "utf16.run");
    writeFileSync(wide, Buffer.from(`\ufeff${run}`, "utf16le"));
    const zipped = join(folder, "run.gz");
    writeFileSync(zipped, gzipSync(run));
    for (const path of [wide, zipped]) expect(await json("metrics", packed, path)).toEqual(plain);
    const compared = await json("compare", packed, wide, zipped);
    expect(compared.queries[0].text).toEqual(expect.any(String));
    const [fromPacked, fromPlain] = [await json("run", packed, "-m", tiny), await json("run", pets, "-m", tiny)];
    expect(fromPacked.measures).toEqual(fromPlain.measures);
  });

  it("that are no text are refused by name, with exit code 2", async () => {
    const path = join(folder, "latin1.run");
    writeFileSync(path, Buffer.from("q1 Q0 größe 1 1 x\n", "latin1"));
    const { code, stdout, stderr } = await evaluate("metrics", pets, path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/latin1\.run: line 1 is not UTF-8/);
  });
});

describe("crossrank eval metrics", () => {
  const golden = "test/fixtures/trec-eval";

  it("gives what trec_eval does, in its columns", async () => {
    const names = ["map", "recip_rank", "P_10", "P_100"];
    const args = names.flatMap((name) => ["--measure", name]);
    const { code, stdout, stderr } = await evaluate(
      "metrics",
      `${golden}/qrels.test`,
      `${golden}/results.test`,
      "--format",
      "tsv",
      ...args,
    );
    const shown = new Map(lines(`${golden}/out.test`).map((line) => [line.split("\t")[0]!.trim(), line.split("\t").at(-1)]));
    const figures = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(figures.map(([name]) => name)).toEqual(["MAP", "MRR", "P@10", "P@100"]);
    for (const [index, [, query, value]] of figures.entries()) {
      expect([query, Number(value).toFixed(4)]).toEqual(["all", shown.get(names[index]!)]);
    }
  });

  it("gives JSON into a pipe, with intervals, and a table where it is asked for", async () => {
    const { counts, measures, queries } = await json("metrics", `${golden}/qrels.test`, `${golden}/results.test`, "--per-query");
    expect(counts).toEqual({ queries: 3, retrieved: 1500, relevant: 561, relevantRetrieved: 131 });
    expect(measures.MAP.mean).toBeCloseTo(0.1785, 4);
    expect(measures.MAP.low).toBeLessThan(measures.MAP.mean);
    expect(Object.keys(queries)).toEqual(["301", "302", "303"]);
    const { stdout } = await evaluate("metrics", `${golden}/qrels.test`, `${golden}/results.test`, "--format", "table");
    expect(stdout).toMatch(/^measure +mean +95 %\nnDCG@10 /);
  });

  it("counts queries whose ids start with #", async () => {
    const judged = file("hash.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\n#q2\td2\t1\n");
    const ranked = file("hash.txt", "q1 Q0 d1 1 1 t\n#q2 Q0 d3 1 1 t\n");
    const { counts, measures } = await json("metrics", judged, ranked, "--measure", "P@1");
    expect({ queries: counts.queries, precision: measures["P@1"].mean }).toEqual({ queries: 2, precision: 0.5 });
  });

  it("tells how many judged queries a run lacks, and counts them as 0 or leaves them out", async () => {
    const part = file("part.txt", "q1 Q0 d1 1 1 t\n");
    const args = ["metrics", pets, part, "--measure", "MRR", "--format", "tsv"];
    expect(await evaluate(...args)).toMatchObject({
      stdout: "MRR\tall\t0.125\n",
      stderr: `crossrank: 7 of 8 judged queries are not in ${part}: counted as 0; --skip-missing leaves them out.\n`,
    });
    expect((await evaluate(...args, "--skip-missing", "--quiet")).stdout).toBe("MRR\tall\t1\n");
  });
});

describe("a query that is a document of its own collection", () => {
  // As in ArguAna: the argument itself is found first, and only its counter-argument is relevant.
  const texts = [
    "dogs need long walks in the park",
    "dogs need no long walks in the park",
    "the harbour opens at noon in summer",
    "the harbour is closed at noon in summer",
  ];
  const corpus = file("own-corpus.jsonl", texts.map((text, index) => JSON.stringify({ _id: `d${index}`, text })).join("\n"));
  const queries = file("own-queries.jsonl", JSON.stringify({ _id: "d0", text: texts[0] }));
  const judged = file("own-qrels.tsv", "d0\td1\t1\n");
  const ranked = file("own-run.txt", "d0 Q0 d0 1 3 t\nd0 Q0 d1 2 2 t\nd0 Q0 d2 3 1 t\n");
  const collection = [judged, "--corpus", corpus, "--queries", queries];
  const remark = "crossrank: 1 of 1 judged queries have the id of a document.";
  const commands: [string, string[]][] = [
    ["metrics", [judged, ranked]],
    ["run", [...collection, "-m", tiny]],
    ["run", [...collection, "-m", tiny, "--candidates", ranked]],
    ["compare", [judged, ranked, ranked]],
    ["compare", [...collection, ranked, "-m", tiny]],
  ];

  it.each(commands)("is left out of eval %s %j where that is asked for, else remarked on", async (command, args) => {
    const measured = [command, ...args, "--measure", "MRR", "--depth", "2"].filter(
      (word, index, words) => command !== "metrics" || (word !== "--depth" && words[index - 1] !== "--depth"),
    );
    const firstMean = (report: { measures: unknown }): number => {
      const [first] = Object.values(report.measures as Record<string, { mean?: number; first?: { mean: number } }>);
      return first!.mean ?? first!.first!.mean;
    };
    const plain = await evaluate(...measured);
    expect(plain.stderr).toContain(remark);
    expect(firstMean(JSON.parse(plain.stdout))).toBe(0.5);
    const report = await json(...measured, "--ignore-identical-ids");
    expect(firstMean(report)).toBe(1);
    if (command === "run") expect(report.second.pairs).toBe(2);
  });

  it("is no pair of a calibration", async () => {
    const partners = [1, 0, 3, 2];
    const own = file("own-judged.tsv", partners.map((other, index) => `d${index}\td${index}\t1\nd${index}\td${other}\t1\n`).join(""));
    const args = [own, "--corpus", corpus, "--queries", corpus, "-m", "mini", "--folds", "2", "--output", join(folder, "own.json")];
    expect((await json("calibrate", ...args, "--ignore-identical-ids")).fitted).toMatchObject({ pairs: 12, relevant: 4 });
  });
});

describe("crossrank eval run", () => {
  it("reranks BM25's candidates and reports before and after, winners and losers, and speed", async () => {
    const html = join(folder, "report.html");
    const output = join(folder, "reranked.txt");
    const report = await json("run", pets, "--measure", "nDCG@3", "--measure", "MRR", "--html", html, "--output", output, "--threshold");
    expect(report).toMatchObject({
      dataset: { name: "pets", queries: 8, documents: 10 },
      candidates: { source: expect.stringContaining("BM25"), depth: 100 },
      second: { label: "after", name: expect.stringMatching(/^mini@/) },
    });
    const measures: { measure: string; first: { mean: number }; second: { mean: number }; comparison: { difference: number } }[] =
      report.measures;
    const after = evaluateRun(qrels, parseRun(lines(output)), ["nDCG@3", "MRR"]);
    for (const { measure, first, second, comparison } of measures) {
      expect(second.mean).toBeCloseTo(after.means[measure]!, 12);
      expect(comparison.difference).toBeCloseTo(second.mean - first.mean, 12);
    }
    expect(report.second.pairsPerSecond).toBeCloseTo(report.second.pairs / report.second.scoreSecs, 6);
    const changes: number[] = report.queries.map(({ first, second }: { first: number; second: number }) => second - first);
    expect(changes).toHaveLength(8);
    expect(changes).toEqual([...changes].sort((left, right) => right - left));
    expect(report.queries[0].text).toBe(parseTexts(lines(`${pets}/queries.jsonl`)).get(report.queries[0].queryId));
    expect(report.threshold.recommended.f1).toBeGreaterThan(0);

    const page = readFileSync(html, "utf8");
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).not.toMatch(/<script|https?:|src=|url\(|@import/);
  });

  it("takes candidates from a run, no more than the depth and the limit", async () => {
    const candidates = file(
      "candidates.jsonl",
      ["d1", "d2", "d3"].map((doc_id, score) => JSON.stringify({ query_id: "q1", doc_id, score })).join("\n"),
    );
    const report = await json("run", pets, "--candidates", candidates, "--depth", "2", "--limit", "1", "-m", tiny);
    expect(report).toMatchObject({
      dataset: { queries: 1 },
      candidates: { source: candidates, depth: 2 },
      second: { pairs: 2, name: tiny },
    });
    expect(report.queries).toHaveLength(1);
  });

  it("writes a table with columns of the terminal", async () => {
    const { stdout } = await evaluate("run", pets, "-m", tiny, "--format", "table");
    expect(stdout).toMatch(/^dataset +pets, 8 queries, 10 documents\ncandidates +BM25/);
    expect(stdout).toMatch(/\nmeasure +before +95 % +after +95 % +difference +95 % +p\nnDCG@10 /);
    expect(stdout).toMatch(/\nnDCG@10 of 8 queries: \d better, \d worse, \d equal\n/);
  });

  it.each([
    [["run", "no-such-folder"], "eval: cannot read no-such-folder: ENOENT"],
    [["run", `${pets}/qrels/test.tsv`], "Name --queries."],
    [["run", pets, "--split", "dev"], "has no dev. It has test: name one with --split."],
    [["run", pets, "--measure", "F1"], 'eval: "F1" is no measure.'],
    [["run", pets, "--candidates", "package.json"], "package.json:1: not JSON"],
    [["run", pets, "-m", tiny, "--html", "no/such/folder.html"], "cannot write no/such/folder.html"],
    [["run"], "missing required argument 'dataset'"],
    [["compare", pets, "--model", "mini"], "eval compare: two systems are compared, not 0 runs and 1 models."],
    [["calibrate", pets], "Name a file with --output."],
    [["calibrate", "-m", tiny], "give a dataset, or labeled pairs with --pairs"],
    [["calibrate", pets, "-m", "plugin:a", "--output", "x"], "only local models give logits"],
  ])("%j is bad input, told in one line", async (args, message) => {
    const { code, stdout, stderr } = await evaluate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("crossrank eval compare", () => {
  it("compares two runs without loading a model", async () => {
    const good = file("good.txt", "q1 Q0 d1 1 2 t\nq1 Q0 d5 2 1 t\n");
    const bad = file("bad.txt", "q1 Q0 d1 2 1 t\nq1 Q0 d5 1 2 t\n");
    const report = await json("compare", pets, bad, good, "--limit", "1", "--measure", "MRR");
    expect(report).toMatchObject({
      first: { label: "bad.txt", name: bad },
      second: { label: "good.txt", name: good },
      measures: [{ measure: "MRR", first: { mean: 0.5 }, second: { mean: 1 }, comparison: { difference: 0.5 } }],
      queries: [{ queryId: "q1", first: 0.5, second: 1, text: "How to train a dog" }],
    });
    expect(report.candidates).toBeUndefined();
  });

  it("compares two models, and a run with a model, on the same candidates", async () => {
    const models = await json("compare", pets, "-m", tiny, "-m", "mini", "--measure", "nDCG@3");
    expect(models).toMatchObject({ first: { label: "tiny-bert", pairs: 36 }, second: { label: "mini", pairs: 36 } });
    const mine = file("mine.txt", "q1 Q0 d1 1 2 t\n");
    const mixed = await json("compare", pets, mine, "-m", "mini", "--measure", "nDCG@3", "--quiet");
    expect(mixed).toMatchObject({ first: { label: "mine.txt" }, measures: [{ second: { mean: models.measures[0].second.mean } }] });
  });
});

describe("crossrank eval calibrate", () => {
  it("saves a calibration beside the model, which rank then takes, and refuses for another model", async () => {
    const pairs = file("pairs.jsonl", [...labeledByModel(await scores())].map((pair) => JSON.stringify(pair)).join("\n"));
    const report = await json("calibrate", "--pairs", pairs, "-m", tiny, "--folds", "2");
    const saved = join(tiny, "calibration.json");
    expect(report.path).toBe(saved);
    expect(report).toMatchObject({
      version: 1,
      model: expect.stringMatching(/^local@/),
      calibration: { method: "platt" },
      fitted: { folds: 2, queries: 4 },
    });
    expect(report.fitted.after.logLoss).toBeLessThan(report.fitted.before.logLoss);
    const { path: _path, ...content } = report;
    expect(JSON.parse(readFileSync(saved, "utf8"))).toEqual(content);

    const rank = (...args: string[]) => crossrank("rank", "dogs", "examples/pets.txt", "--format", "json", ...args);
    const plain = JSON.parse((await rank("-m", tiny)).stdout).results;
    const calibrated = JSON.parse((await rank("-m", tiny, "--calibration", saved)).stdout).results;
    const places = (results: { index: number }[]): number[] => results.map(({ index }) => index);
    expect(places(calibrated)).toEqual(places(plain));
    expect(calibrated[0].score).not.toBeCloseTo(plain[0].score, 3);
    expect(await rank("--calibration", saved)).toMatchObject({ code: 2, stderr: expect.stringContaining("fitted for local@") });
  });

  it("takes a collection's relevant documents and first candidates", async () => {
    const output = join(folder, "mini.json");
    const report = await json("calibrate", pets, "--output", output, "--depth", "3", "--folds", "4");
    expect(report.fitted).toMatchObject({ relevant: 9, queries: 8, folds: 4, bins: 15 });
    expect(existsSync(output)).toBe(true);
    const table = await evaluate("calibrate", pets, "--output", output, "--format", "table");
    expect(table.stdout).toMatch(/calibration error \(15 bins\) +0\.\d{4} +0\.\d{4}\n/);
  });

  it("names the line that is no labeled pair, and a pair that is there twice", async () => {
    const good = '{"query":"a","document":"b","label":1}';
    const wrong = await evaluate("calibrate", "--pairs", file("wrong.jsonl", `${good}\n{"query":"a","document":"b"}\n`), "-m", tiny);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("wrong.jsonl:2: no labeled pair.") });
    const twice = await evaluate("calibrate", "--pairs", file("twice.jsonl", `${good}\n${good}\n`), "-m", tiny);
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining("twice.jsonl:2: this pair is there twice.") });
  });
});

it("the program writes JSON into a pipe and nothing else", async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, ["dist/cli.js", "eval", "run", pets, "--limit", "2"], { cwd: root });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ dataset: { queries: 2 } });
});

/** The tiny model's order of the example's documents, for four queries. */
async function scores(): Promise<Map<string, { document: string }[]>> {
  const reranker = createReranker({ model: tiny });
  const documents = lines("examples/pets.txt").filter((line) => line !== "");
  const ranked = new Map<string, { document: string }[]>();
  for (const query of ["dog food", "sleepy cats", "clean water", "open doors"]) {
    ranked.set(query, (await reranker.rank(query, documents)).results);
  }
  await reranker.close();
  return ranked;
}

/** The upper half of each query is relevant, but for one document, as judges see things that models do not. */
function* labeledByModel(ranked: Awaited<ReturnType<typeof scores>>) {
  for (const [query, documents] of ranked) {
    for (const [index, { document }] of documents.entries()) yield { query, document, label: index < 5 !== (index === 2) ? 1 : 0 };
  }
}
