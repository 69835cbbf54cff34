/** Two classes whose labels say which one means relevant, through the public functions. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { createReranker, type ModelInput, type RerankResult } from "../dist/index.js";

const fixture = fileURLToPath(new URL("fixtures/models/tiny-bert-2", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "crossrank-labels-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Results of the fixture with other labels, awaited, after checking that the synchronous ones are equal. */
async function ranked(labels: readonly string[], head?: { relevantClass: number | string }): Promise<RerankResult<string>> {
  const folder = join(root, labels.join("-"));
  cpSync(fixture, folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, id2label: { ...labels }, label2id: {} }));
  const model = { type: "custom", modelId: folder, ...(head === undefined ? {} : { head }) } satisfies ModelInput;
  const reranker = createReranker({ model, acceleration: { workers: 1 } });
  const documents = ["a dog is trained", "cats sleep all day", "birds"];
  const result = await reranker.rank("a dog", documents);
  const sync = reranker.rankSync("a dog", documents);
  expect([sync.results, sync.warnings]).toEqual([result.results, result.warnings]);
  await reranker.close();
  return result;
}

const scoresOf = ({ results }: RerankResult<string>): number[] => [...results].sort((a, b) => a.index - b.index).map(({ score }) => score);

it.each([[["relevant", "not_relevant"]], [["entailment", "not_entailment"]], [["yes", "no"]]])(
  "labels %j make the first class the relevant one: each score is one minus the other's",
  async (labels) => {
    const published = scoresOf(await ranked(["irrelevant", "relevant"]));
    const turned = await ranked(labels);
    expect(scoresOf(turned).map((score, index) => score + published[index]!)).toEqual(published.map(() => expect.closeTo(1, 12)));
    expect(turned.warnings).toEqual([]);
  },
);

it("labels that cannot be read leave the second class, with a warning that names relevantClass, until it is said", async () => {
  const published = scoresOf(await ranked(["irrelevant", "relevant"]));
  const unread = await ranked(["alpha", "beta"]);
  expect(scoresOf(unread)).toEqual(published);
  expect(unread.warnings).toEqual([
    { type: "unread-labels", labels: ["alpha", "beta"], message: expect.stringMatching(/"alpha" and "beta".*head: \{ relevantClass/) },
  ]);
  expect((await ranked(["alpha", "beta"], { relevantClass: "beta" })).warnings).toEqual([]);
  expect((await ranked(["LABEL_0", "LABEL_1"])).warnings).toEqual([]);
});
