/** Calibrated scores and thresholds, from a file to the library's results, the server's replies and the command line's output. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { clearRerankers, createReranker, rerank, rerankSync } from "../dist/index.js";
import { createRerankServer } from "../dist/server.js";
import { post, startServer, stopServer } from "./server/support.node.ts";
import { makeFolder, root, runCommand } from "./support/command.node.ts";

const folder = makeFolder();
afterAll(async () => {
  await clearRerankers();
  rmSync(folder, { recursive: true });
});

const query = "How to train a dog";
const documents = ["Cats sleep a lot.", "Dog training requires patience.", "A bird.", "Reward your dog when it sits."];
const { model } = await createReranker().rank(query, documents);
const platt = { method: "platt", slope: 0.5, intercept: -1 };
// Two steps, so that documents share a score.
const isotonic = { method: "isotonic", logits: [-3.5, -3.4], probabilities: [0.1, 0.6] };

function write(name: string, content: object): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ version: 1, model, calibration: content }));
  return path;
}

const plattFile = write("platt.json", platt);
const isotonicFile = write("isotonic.json", isotonic);
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

describe("calibration of a configuration", () => {
  it("makes scores of logits in place of the sigmoid, in the same order, awaited or not", async () => {
    const plain = await rerank(query, documents, { return: ["logit"] });
    for (const results of [
      await rerank(query, documents, { calibration: plattFile, return: ["logit"] }),
      rerankSync(query, documents, { calibration: plattFile, return: ["logit"] }),
    ]) {
      expect(results.map(({ index, logit }) => [index, logit])).toEqual(plain.map(({ index, logit }) => [index, logit]));
      for (const { score, logit } of results) expect(score).toBeCloseTo(logistic(0.5 * logit! - 1), 14);
    }
  });

  it("keeps the order of the logits where isotonic steps make scores equal", async () => {
    const plain = await rerank(query, documents);
    const results = await rerank(query, documents, { calibration: isotonicFile });
    expect(results.map(({ index }) => index)).toEqual(plain.map(({ index }) => index));
    expect(new Set(results.map(({ score }) => score)).size).toBeLessThan(documents.length);
  });

  it("is what the threshold compares", async () => {
    const results = await rerank(query, documents, { calibration: isotonicFile, threshold: 0.6 });
    expect(results.length).toBeGreaterThan(0);
    expect(results.length).toBeLessThan(documents.length);
    for (const { score } of results) expect(score).toBe(0.6);
  });

  it("leaves raw scores as they are, and is told by stats", async () => {
    const [plain, calibrated] = [createReranker(), createReranker({ calibration: plattFile })];
    expect(await calibrated.score(query, documents)).toEqual(await plain.score(query, documents));
    expect(calibrated.stats().scorer.calibration).toBe("platt");
    await Promise.all([plain.close(), calibrated.close()]);
  });

  it("is refused for another model, for a missing file, and where there are no logits", async () => {
    const other = join(folder, "other.json");
    writeFileSync(other, JSON.stringify({ version: 1, model: "org/name@1", calibration: platt }));
    for (const run of [
      () => rerank(query, documents, { calibration: other }),
      async () => rerankSync(query, documents, { calibration: other }),
    ]) {
      await expect(run()).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringContaining(`fitted for org/name@1, and this model is ${model}`),
      });
    }
    await expect(rerank(query, documents, { calibration: join(folder, "none.json") })).rejects.toMatchObject({ code: "invalid-input" });
    await expect(rerank(query, documents, { model: { type: "none" }, calibration: plattFile })).rejects.toThrow(
      "only local models give logits",
    );
  });
});

interface Reply {
  results: { index: number; score: number; relevance_score: number }[];
  error?: object;
}

describe("the server", () => {
  const models = [{ model: "mini", calibration: plattFile }];
  const server = createRerankServer({ models });
  afterAll(() => server.close());

  const ask = async (path: string, body: object): Promise<{ status: number; body: Reply }> => {
    await server.ready;
    const headers = { "content-type": "application/json" };
    const response = await server.fetch(new Request(`http://localhost${path}`, { method: "POST", body: JSON.stringify(body), headers }));
    return { status: response.status, body: (await response.json()) as Reply };
  };

  it("gives the operator's calibration to its own format and to dialects", async () => {
    const expected = await rerank(query, documents, { calibration: plattFile });
    const own = await ask("/rerank", { query, documents });
    expect(own.body.results.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
    for (const [index, { score }] of own.body.results.entries()) expect(score).toBeCloseTo(expected[index]!.score, 12);
    const cohere = await ask("/v2/rerank", { model: "mini", query, documents });
    expect(cohere.body.results[0]!.relevance_score).toBeCloseTo(expected[0]!.score, 6);
  });

  it("leaves out what is below a request's threshold", async () => {
    const { body } = await ask("/rerank", { query, documents, config: { threshold: 0.15 } });
    const expected = await rerank(query, documents, { calibration: plattFile, threshold: 0.15 });
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(documents.length);
    expect(body.results.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
  });

  it("reads no file that a request names", async () => {
    const { status, body } = await ask("/rerank", { query, documents, config: { calibration: "/etc/passwd" } });
    expect(status).toBe(403);
    expect(body.error).toMatchObject({ code: "not-allowed", message: expect.stringContaining("config.calibration") });
  });

  it("gives each name of one model its own calibration, and a request for the model itself the first name's", async () => {
    const two = createRerankServer({
      models: [
        { name: "raw", model: "mini" },
        { name: "fitted", ...models[0]! },
      ],
    });
    await two.ready;
    const scoreOf = async (model: string): Promise<unknown> => {
      const init = { method: "POST", body: JSON.stringify({ model, query, documents }), headers: { "content-type": "application/json" } };
      const reply = (await (await two.fetch(new Request("http://localhost/v1/rerank", init))).json()) as Reply & { model: string };
      return [reply.model, reply.results[0]!.relevance_score];
    };
    const [raw, fitted] = [await rerank(query, documents), await rerank(query, documents, { calibration: plattFile })];
    expect(raw[0]!.score).not.toBeCloseTo(fitted[0]!.score, 2);
    expect(await scoreOf("raw")).toEqual(["raw", expect.closeTo(raw[0]!.score, 6)]);
    expect(await scoreOf("fitted")).toEqual(["fitted", expect.closeTo(fitted[0]!.score, 6)]);
    expect(await scoreOf("mini")).toEqual(["raw", expect.closeTo(raw[0]!.score, 6)]);
    await two.close();
  });
});

describe("crossrank serve", () => {
  const models = ["--model", `tiny=${join(root, "test/fixtures/models/tiny-bert")}`, "--model", "house=mini"];

  it("gives the model that is named its calibration, and no other", async () => {
    const server = await startServer({ args: [...models, "--calibration", `house=${plattFile}`] });
    const house = JSON.parse((await post(`${server.url}/rerank`, { query, documents, config: { model: "house" } })).text) as Reply;
    expect(house.results[0]!.score).toBeCloseTo((await rerank(query, documents, { calibration: plattFile }))[0]!.score, 12);
    expect((await post(`${server.url}/rerank`, { query, documents })).status).toBe(200);
    await stopServer(server);
  });

  it.each([
    ["a file without a name is the first model's", [plattFile], "was fitted for mini@"],
    ["no two files are for one model", ["house=a.json", "house=b.json"], "two --calibration for one model"],
    ["a name is one of a model", ["third=a.json"], "no --model is called that"],
  ])("%s", async (_rule, files, message) => {
    const args = ["dist/cli.js", "serve", "--port", "0", ...models, ...files.flatMap((file) => ["--calibration", file])];
    const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: root });
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(message);
  });
});

describe("crossrank rank", () => {
  it("takes a calibration and a threshold", async () => {
    const args = ["dist/cli.js", "rank", query, "examples/pets.txt", "--format", "json", "--calibration", isotonicFile];
    const all = await runCommand(process.execPath, args, { cwd: root });
    const cut = await runCommand(process.execPath, [...args, "--threshold", "0.6"], { cwd: root });
    const scores = (text: string): number[] => JSON.parse(text).results.map(({ score }: { score: number }) => score);
    expect(scores(cut.stdout)).toEqual(scores(all.stdout).filter((score) => score >= 0.6));
    expect(scores(cut.stdout).length).toBeLessThan(scores(all.stdout).length);
    const refused = await runCommand(process.execPath, [...args, "--model", "plugin:none"], { cwd: root });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("only local models give logits") });
  });
});
