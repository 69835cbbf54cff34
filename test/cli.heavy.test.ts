/** The built command line as a user's shell runs it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Hub, startHub } from "./support/hub-server.node.ts";
import { tinyRepository } from "./support/onnx-bytes.ts";
import { dist, type ProgramOutcome } from "./support/run-program.node.ts";

interface CommandLine {
  args: readonly string[];
  /** Written to standard input, which is then closed; undefined leaves it to `drive`. */
  stdin?: string | Buffer;
  env?: Record<string, string>;
  drive?: (child: ChildProcessWithoutNullStreams) => void | Promise<void>;
}

const pets = fileURLToPath(new URL("../examples/pets.txt", import.meta.url));
const query = "How to train a dog";
// Loads in no time; for what does not depend on good scores.
const tiny = fileURLToPath(new URL("fixtures/models/tiny-bert", import.meta.url));
const petLines = readFileSync(pets, "utf8").trimEnd().split("\n");
let folder: string;
let hub: Hub;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-cli-"));
  hub = await startHub({ repositories: { "org/tiny": { files: tinyRepository(0, 4_000_000) } } });
});

afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run({ args, stdin = "", env, drive }: CommandLine): Promise<ProgramOutcome> {
  const clean = { CROSSRANK_CACHE: join(folder, "cache"), HF_HOME: join(folder, "hf"), HF_ENDPOINT: hub.url, NO_COLOR: "" };
  const child = spawn(process.execPath, [`${dist}/cli.js`, ...args], { env: { ...process.env, ...clean, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.on("error", () => {}); // a child that ends early does not read to the end
  const ended = new Promise<ProgramOutcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  if (drive === undefined) child.stdin.end(stdin);
  else await drive(child);
  return ended;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function write(child: ChildProcessWithoutNullStreams, text: string | Buffer): Promise<void> {
  return new Promise((resolve) => child.stdin.write(text, () => resolve()));
}

describe("crossrank rank", () => {
  it("writes JSONL into a pipe, best first, and nothing on stderr", async () => {
    const { code, stdout, stderr } = await run({ args: ["rank", query, pets] });
    const results = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(results[0]).toEqual({ index: 0, score: expect.any(Number), document: petLines[0], file: pets, line: 1 });
    expect(results.map((result) => result.document).sort()).toEqual([...petLines].sort());
    expect(results.map((result) => result.score)).toEqual(results.map((result) => result.score).sort((left, right) => right - left));
  });

  it("is meant by a query and a file alone", async () => {
    const short = await run({ args: [query, pets, "--top-k", "2", "-m", tiny] });
    expect(short).toEqual(await run({ args: ["rank", query, pets, "--top-k", "2", "-m", tiny] }));
    expect(short.stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  it("reads standard input where no file is named, as it reads a file", async () => {
    const stdin = readFileSync(pets);
    const piped = await run({ args: [query, "-m", tiny], stdin });
    const named = await run({ args: [query, pets, "-m", tiny] });
    expect(piped).toEqual({ ...named, stdout: named.stdout.replaceAll(JSON.stringify(pets), '"-"') });
    expect(piped).toEqual(await run({ args: [query, "-", "-m", tiny], stdin }));
  });

  it("reads standard input piece by piece, whatever the pieces cut", async () => {
    const bytes = Buffer.from("\ufeffKatzen schlafen gern.\r\nHunde üben täglich 🐕 Sitz.\n\nohne Zeilenende", "utf8");
    const { stdout } = await run({
      args: ["Hunde", "--format", "json", "-m", tiny],
      drive: async (child) => {
        for (const byte of bytes) await write(child, Buffer.from([byte]));
        child.stdin.end();
      },
    });
    const documents: string[] = JSON.parse(stdout).results.map((result: { document: string }) => result.document);
    expect(documents.sort()).toEqual(["Hunde üben täglich 🐕 Sitz.", "Katzen schlafen gern.", "ohne Zeilenende"]);
  });

  it("writes a table without color when asked for one in a pipe", async () => {
    const { stdout } = await run({ args: [query, pets, "--format", "table", "-k", "1", "-m", tiny], env: { COLUMNS: "60" } });
    expect(stdout).toMatch(/^1 {2}\d\.\d{4} {2}[█▏▎▍▌▋▊▉ ]{10} {2}\S.*…\n$/);
  });

  it("colors a table where FORCE_COLOR asks for it, and never where NO_COLOR is set", async () => {
    const args = [query, pets, "--format", "table", "-k", "1", "-m", tiny];
    expect((await run({ args, env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[36m");
    expect((await run({ args, env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain("\u001b");
  });

  it("writes JSON with the model and what was used, and TSV of six columns", async () => {
    const json = JSON.parse((await run({ args: [query, pets, "--format", "json", "-k", "1", "-m", tiny] })).stdout);
    expect(Object.keys(json)).toEqual(["results", "model", "usage", "warnings"]);
    expect(json).toMatchObject({ model: tiny, usage: { documents: petLines.length } });
    const { stdout } = await run({ args: [query, pets, "--format", "tsv", "-k", "1", "-m", tiny] });
    const [{ index, score, document }] = json.results;
    expect(stdout).toBe(`1\t${index}\t${score}\t${document}\t${pets}\t${index + 1}\n`);
  });

  it("reads the named fields of JSON objects, and gives the whole objects back", async () => {
    const records = [
      { id: 1, title: "Cats", note: "sleep all day" },
      { id: 2, title: query, note: "with short, patient lessons" },
    ];
    const path = file("records.jsonl", records.map((record) => JSON.stringify(record)).join("\n"));
    const { stdout } = await run({ args: [query, path, "--field", "title", "--field", "note", "-k", "1"] });
    expect(JSON.parse(stdout).document).toEqual(records[1]);
  });

  it("reads nested fields, and warns of one that no document has, in the flag's words", async () => {
    const records = [
      { metadata: { title: query }, pageContent: "short lessons" },
      { metadata: { title: "Cats" }, pageContent: "sleep" },
    ];
    const path = file("nested.jsonl", records.map((record) => JSON.stringify(record)).join("\n"));
    const fields = ["--field", "metadata.title", "--field", "pageContent", "--field", "metadata.tilte"];
    const { code, stdout, stderr } = await run({ args: [query, path, ...fields, "--format", "tsv", "-k", "1"] });
    expect(code).toBe(0);
    expect(stdout).toContain(`\t${query} · short lessons\t${path}\t1\n`);
    expect(stderr).toBe("crossrank: --field: no document has the field metadata.tilte. Did you mean metadata.title?\n");
  });

  it("reads gzip and UTF-16, keeps ids of any size, and leaves out what is no text by name", async () => {
    const record = '{"id":12345678901234567890,"text":"a dog"}';
    writeFileSync(join(folder, "a.jsonl.gz"), gzipSync(record));
    writeFileSync(join(folder, "b.txt"), Buffer.from("\ufeffcats sleep\r\n", "utf16le"));
    writeFileSync(join(folder, "c.txt"), Buffer.from("gr\u00f6\u00dfer", "latin1"));
    const paths = ["a.jsonl.gz", "b.txt", "c.txt"].map((name) => join(folder, name));
    const { code, stdout, stderr } = await run({ args: ["dogs", ...paths, "-m", tiny] });
    expect(code).toBe(0);
    expect(stdout).toContain(`"document":${record},"file":`);
    expect(stdout).toContain('"document":"cats sleep"');
    expect(stderr).toMatch(/^crossrank: left out \S+c\.txt: line 1 is not UTF-8: [^\n]+\n$/);
  });

  it("joins several files, and leaves out what is below the threshold", async () => {
    const json = file("more.json", JSON.stringify(["Granite is a hard rock.", { text: petLines[0] }]));
    const { stdout } = await run({ args: [query, pets, json, "--threshold", "0.5"] });
    const indices = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).index);
    expect(indices).toEqual([0, petLines.length + 1]);
  });

  it("tells in one line what was cut, and is silent with --quiet", async () => {
    const stdin = `${"dogs learn ".repeat(60)}\nshort\n${"cats sleep ".repeat(70)}\n`;
    const args = [query, "-m", tiny, "--max-length", "32"];
    const { code, stderr } = await run({ args, stdin });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^crossrank: 2 of 3 documents were cut to the 32 tokens that the model reads .*\n$/);
    expect((await run({ args: [...args, "--quiet"], stdin })).stderr).toBe("");
    const refused = await run({ args: [...args, "--truncation", "error"], stdin });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
  });

  it("gives no results and code 0 for empty input", async () => {
    expect(await run({ args: [query, "--quiet"] })).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    expect(JSON.parse((await run({ args: [query, "--format", "json"], stdin: "[]" })).stdout).results).toEqual([]);
  });

  it("writes valid, harmless output for hostile documents", async () => {
    const hostile = [
      "\ud800 alone",
      "\u001b[2Jclear\u009b31m",
      "nul\u0000 bell\u0007",
      "\u202eright to left",
      "e\u0301".repeat(3000),
      "x".repeat(200_000),
      "",
    ];
    const path = file("hostile.json", JSON.stringify(hostile));
    for (const format of ["json", "jsonl", "tsv", "table"]) {
      const { code, stdout } = await run({ args: [query, path, "--format", format, "--quiet", "-m", tiny] });
      expect(code).toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come out
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      if (format !== "jsonl") continue;
      const documents = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(documents.sort((left, right) => left.index - right.index).map((result) => result.document)).toEqual(hostile);
    }
  });

  it("says nothing when its reader goes away", async () => {
    const lines = "Dogs learn.\n".repeat(3000);
    const { code, stderr } = await run({
      args: [query, "-m", tiny],
      drive: (child) => {
        child.stdout.destroy();
        child.stdin.end(lines);
      },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("exit codes", () => {
  it.each([
    ["an unknown option", ["rank", query, pets, "--topk", "1"], /unknown option '--topk'/],
    ["a missing query", ["rank"], /missing required argument 'query'/],
    ["a number that is none", [query, pets, "--top-k", "two"], /argument 'two' is invalid\. Give an integer ≥ 0\./],
    ["a number below its limit", [query, pets, "--batch-size", "0"], /Give an integer ≥ 1\./],
    ["an unknown format", [query, pets, "--format", "xml"], /Allowed choices are table, json, jsonl, tsv\./],
    ["a blank query", ["rank", " ", pets], /query: /],
    ["a file that is not there", [query, "nowhere.txt"], /nowhere\.txt: no such file\./],
    ["a folder instead of a file", [query, "."], /\.: is a folder\./],
    ["a name that cannot be a model's", [query, pets, "--model", "no such"], /model: "no such" does not name a model\./],
    ["removing the bundled model", ["models", "remove", "mini"], /cannot remove the bundled model/],
    ["a wrong change of a configuration", ["bench", pets, "--query", query, "--vs", "batch=8"], /--vs: "batch=8" is no change /],
    ["a mistyped command", ["doctr"], /there is no command "doctr"\. Did you mean crossrank doctor\?/],
    ["a command's near word", ["server"], /Did you mean crossrank serve\?/],
    ["a mistyped command with a sub-command", ["model", "list"], /list: no such file\. .*Did you mean the command crossrank models list\?/],
    ["a sub-command without its command", ["pull", "fast"], /fast: no such file\. .*crossrank models pull\?/],
    [
      "a file that is no text",
      [query, fileURLToPath(new URL("../models/mini/onnx/model.onnx", import.meta.url))],
      /model\.onnx: line \d+ (?:holds a zero byte|is not UTF-8)/,
    ],
    ["a field of plain text", [query, pets, "--field", "title"], /pets\.txt: holds plain texts, which have no field title\./],
    ["an unknown sub-command", ["models", "lst"], /unknown command 'lst'/],
  ])("are 2 for %s, with one line on stderr", async (_what, args, message) => {
    const { code, stdout, stderr } = await run({ args });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^crossrank: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it.each([
    ["an unknown preset", [query, pets, "--model", "balancd"], /no preset "balancd"\. Did you mean balanced\?/],
    ["a folder that is not there", [query, pets, "--model", "./nowhere"], /nowhere does not exist/],
    ["a model that is not on the hub", [query, pets, "--model", "org/none"], /org\/none/],
    ["a backend that nobody registered", [query, pets, "--model", "plugin:none"], /no backend named "none"/],
  ])("are 3 for %s, with one line on stderr", async (_what, args, message) => {
    const { code, stdout, stderr } = await run({ args });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/^crossrank: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("are 2 for a document without text, told by file and line, and for one that is too deep", async () => {
    const path = file("broken.jsonl", '\n{"text":"x"}\n\n{"title":"y"}\n');
    const { code, stderr } = await run({ args: [query, path, "-m", tiny] });
    expect(code).toBe(2);
    expect(stderr).toBe(
      `crossrank: ${path}:4: no string under text, pageContent, content, body, document (its keys: title). Name the keys with --field.\n`,
    );
    const deep = file("deep.jsonl", `{"text":"x","a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
    const refused = await run({ args: [query, deep, "-m", tiny] });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/deep\.jsonl:1: nested 200001 levels deep, [^\n]+\n$/) });
  });

  const hostile = "x\u001b[2J\u0007\u202ey";
  it.each([
    [["rank", query, pets, `--${hostile}`]],
    [[query, pets, "--top-k", hostile]],
    [[query, pets, "--format", hostile]],
    [[query, hostile]],
    [[query, pets, "--model", hostile]],
    [[query, pets, "--model", `org/${hostile}`]],
    [[query, pets, "--model", `./${hostile}`]],
    [[query, pets, "--field", hostile]],
    [["models", hostile]],
    [["models", "info", hostile]],
    [["doctor", hostile]],
    [["serve", "--port", hostile]],
    [["eval", "metrics", hostile, hostile]],
    [["bench", pets, "--query", query, "--vs", hostile]],
  ])("come with nothing that controls a terminal: %j", async (args) => {
    const { code, stdout, stderr } = await run({ args });
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toBe("");
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it("come with a stack only for --debug", async () => {
    const { code, stderr } = await run({ args: [query, "nowhere.txt", "--debug"] });
    expect(code).toBe(2);
    expect(stderr).toMatch(/\n at /);
    expect(stderr).toMatch(/caused by:\nError: ENOENT/);
  });

  it("are 130 for an interrupt while waiting for input", async () => {
    const outcome = await run({
      args: [query],
      drive: async (child) => {
        // More than a pipe holds: once it is gone, the command is reading.
        await write(child, "A dog learns. ".repeat(20_000));
        child.kill("SIGINT");
      },
    });
    expect(outcome).toEqual({ code: 130, signal: null, stdout: "", stderr: "crossrank: interrupted.\n" });
  });

  // From loading the model to the middle of its passes.
  it.each([0, 200, 600])("are 130 for an interrupt %i ms into a run, which is let end", async (delayMs) => {
    const outcome = await run({
      args: [query],
      drive: async (child) => {
        // All different: equal ones are scored once, and would be done too soon.
        for (let line = 0; line < 4000; line += 1) await write(child, `${line} ${"A dog learns patience. ".repeat(60)}\n`);
        child.stdin.end();
        setTimeout(() => child.kill("SIGINT"), delayMs);
      },
    });
    expect(outcome).toEqual({ code: 130, signal: null, stdout: "", stderr: "crossrank: interrupted.\n" });
  });

  it.each([
    ["models pull", ["models", "pull", "org/tiny"]],
    ["rank", [query, pets, "--model", "org/tiny"]],
  ])("are 130 for an interrupt of a download by %s", async (name, args) => {
    hub.faults.slowMs = 50; // 4 MB in pieces of 16 kB: 12 s and more
    const startMs = performance.now();
    const before = hub.requests.length;
    const outcome = await run({
      args: [...args, "--cache-dir", join(folder, `interrupted-${name}`)],
      drive: async (child) => {
        child.stdin.end();
        const isDownloading = (): boolean =>
          hub.requests.slice(before).some((request) => request.server === "cdn" && request.method === "GET");
        while (!isDownloading()) await new Promise((resolve) => setTimeout(resolve, 20));
        child.kill("SIGINT");
      },
    });
    hub.faults.slowMs = 0;
    expect(outcome).toEqual({ code: 130, signal: null, stdout: "", stderr: "crossrank: interrupted.\n" });
    expect(performance.now() - startMs).toBeLessThan(8000);
  });
});

describe("crossrank models", () => {
  it("lists every preset, as columns for scripts and as JSON", async () => {
    const { code, stdout, stderr } = await run({ args: ["models", "list"] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
    const [header, ...models] = rows;
    expect(header).toEqual(["NAME", "REPOSITORY", "SIZE", "LANGUAGES", "LIMIT", "LICENSE", "MTEB", "HERE", "NOTES"]);
    expect(models.find((row) => row[0] === "fast")?.[8]).toBe("English, small (up to 100 MB)");
    expect(rows.find((row) => row[0] === "balanced")).toEqual([
      "balanced",
      "BAAI/bge-reranker-base",
      "1.11 GB",
      "en,zh",
      "512",
      "MIT",
      "0.4890",
      "no",
      "",
    ]);
    expect(rows.find((row) => row[0] === "mini")?.[7]).toBe("bundled");
    const { presets, others } = JSON.parse((await run({ args: ["models", "list", "--json"] })).stdout);
    expect(presets.map((preset: { name: string }) => preset.name)).toEqual(
      models.filter((row) => row[1] !== "(hosted)").map((row) => row[0]),
    );
    expect(rows.find((row) => row[0] === "cohere/…")?.[8]).toBe("COHERE_API_KEY or CO_API_KEY");
    expect(rows.find((row) => row[0] === "bedrock/…")?.[8]).toBe(
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_SESSION_TOKEN with temporary keys",
    );
    expect(others).toEqual([]);
  });

  it("pulls, shows, verifies and removes a model", async () => {
    const cache = join(folder, "pulled");
    const command = (...args: string[]): Promise<ProgramOutcome> => run({ args: ["models", ...args, "--cache-dir", cache] });
    const commit = hub.commitOf("org/tiny");
    const snapshot = join(cache, "models--org--tiny", "snapshots", commit);

    const path = join(snapshot, "onnx", "model.onnx");
    expect(await command("verify", "org/tiny")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("org/tiny is not downloaded. Run crossrank models pull org/tiny."),
    });
    expect(await command("verify")).toMatchObject({ code: 0, stderr: "crossrank: no downloaded files to verify.\n" });
    expect(await command("pull", "org/tiny")).toEqual({ code: 0, signal: null, stdout: `org/tiny@${commit}\t${path}\n`, stderr: "" });
    expect(JSON.parse((await command("info", "org/tiny", "--json")).stdout).onThisMachine).toMatchObject({
      id: `org/tiny@${commit}`,
      modelPath: path,
    });
    expect((await command("list")).stdout).toMatch(/^-\torg\/tiny\t.*\tdownloaded\t$/m);
    expect((await command("verify")).stdout).toContain(`ok\torg/tiny@${commit}\tonnx/model.onnx\n`);

    expect((await command("verify", "org/tiny")).code).toBe(0);

    // As after a download that was interrupted before its largest file.
    renameSync(path, `${path}.incomplete`);
    const record = join(snapshot, ".crossrank.json");
    const recorded = readFileSync(record, "utf8");
    const partly = JSON.parse(recorded);
    delete partly.files["onnx/model.onnx"];
    writeFileSync(record, JSON.stringify(partly));
    expect(await command("verify", "org/tiny")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("org/tiny is downloaded in part."),
    });
    writeFileSync(record, recorded);
    renameSync(`${path}.incomplete`, path);

    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    const verified = await command("verify", "org/tiny");
    expect(verified.code).toBe(3);
    expect(verified.stdout).toContain(`damaged\torg/tiny@${commit}\tonnx/model.onnx\n`);
    expect(verified.stderr).toMatch(/^crossrank: models verify: 1 of \d files damaged or missing\. [^\n]+\n$/);

    expect((await command("remove", "org/tiny")).stdout).toMatch(/^removed \d+ files, 4 MB\n$/);
    expect(await command("remove", "org/tiny")).toMatchObject({ code: 0, stderr: "crossrank: nothing of org/tiny is in the cache.\n" });
  });

  it("states the accuracy of the file that is used, also where that was chosen automatically", async () => {
    for (const options of [[], ["--model-file", "auto"]]) {
      const { stdout } = await run({ args: ["models", "info", "mini", ...options] });
      expect(stdout).toMatch(/^accuracy +int8$/m);
    }
  });

  it("shows a preset that is not on this machine, and says how to get it", async () => {
    const { stdout } = await run({ args: ["models", "info", "balanced"] });
    expect(stdout).toMatch(/^repository +BAAI\/bge-reranker-base$/m);
    expect(stdout).toMatch(/^onThisMachine +no; crossrank models pull balanced downloads it$/m);
  });
});

describe("crossrank bench", () => {
  it("measures two configurations in turns, and writes their figures as JSON", async () => {
    const args = ["bench", pets, "--query", query, "-m", tiny, "--rounds", "2", "--warm-up", "1", "--vs", "sync=true", "--json"];
    const { code, stdout, stderr } = await run({ args });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { configurations, workloads } = JSON.parse(stdout);
    expect(configurations).toMatchObject([
      { sync: false, model: tiny, files: [{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
      { sync: true, model: tiny },
    ]);
    const figures = { documents: petLines.length, passes: expect.any(Number), roundsMs: [expect.any(Number), expect.any(Number)] };
    expect(workloads).toMatchObject([{ runs: [figures, figures], comparison: { speedRatio: { median: expect.any(Number) } } }]);
    expect(workloads[0].comparison.largestScoreDifference).toBeLessThan(1e-6);
  });
});

describe("crossrank doctor", () => {
  it("shows the machine, says which models are better than the default, and times one run", async () => {
    const { code, stdout, stderr } = await run({ args: ["doctor"] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^runtime +onnxruntime-node \d+\.\d+\.\d+$/m);
    expect(stdout).toMatch(/^default +mini, because it always works, without a download; better ones by need:\n +fast: English, small/m);
    expect(stdout).toMatch(/^run +mini@\S+: loaded in \d+ ms; 32 documents, \d+ tokens in \d+ ms/m);
  });

  it("gives the same as JSON", async () => {
    const findings = JSON.parse((await run({ args: ["doctor", "--json"] })).stdout);
    expect(findings).toMatchObject({
      cache: { folder: join(folder, "cache"), isWritable: true, models: [] },
      defaultModel: "mini",
      recommendedModels: expect.arrayContaining([{ need: "English, small (up to 100 MB)", model: "fast" }]),
      run: { documents: 32 },
      failure: null,
    });
  });
});

describe("crossrank", () => {
  it("tells its version and, without arguments, how it is used", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(await run({ args: ["--version"] })).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
    const help = await run({ args: [] });
    expect(help).toEqual(await run({ args: ["--help"] }));
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('crossrank "How to train a dog" pets.txt') });
  });

  it.each([[["rank"]], [["models"]], [["eval"]], [["bench"]], [["doctor"]]])("explains %s", async ([name]) => {
    const { code, stdout } = await run({ args: [name!, "--help"] });
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: crossrank ${name}`);
  });
});
