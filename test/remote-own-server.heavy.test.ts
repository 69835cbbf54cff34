/**
 * Three servers of our own behind one call; one of them is killed in the middle. Servers and library are the built ones, as users have them.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createReranker, type Reranker } from "../dist/index.js";
import { createRerankServer, type Listening, listen } from "../dist/server.js";
import { nodeNetwork } from "../src/http/network.node.ts";
import { sigmoid } from "../src/ranking/scores.ts";
import type { ScoreCall } from "../src/scorer.ts";
import { createRemoteScorer } from "../src/scorers/remote/remote.ts";
import { type ServeProcess, startServe } from "./support/serve.node.ts";

const query = "How to train a dog";
const subjects = [
  "Dog training requires patience.",
  "Cats are independent animals.",
  "A treat rewards a puppy that sits.",
  "Birds need a cage.",
];
const documents = Array.from({ length: 300 }, (_, index) => `${subjects[index % subjects.length]} ${"Note ".repeat(index % 17)}${index}.`);
const call: ScoreCall = { query, texts: documents, truncation: "longest_first", specialTokens: "neutralize", batchSize: 32 };
const apiKey = "key-of-all-engines";

let survivors: Listening[];
let victim: ServeProcess;
let library: Reranker;

beforeAll(async () => {
  const settings = { acceleration: { workers: 1 } };
  survivors = await Promise.all(
    [0, 1].map(async () => {
      const server = createRerankServer({ models: ["mini"], apiKeys: [apiKey], settings });
      await server.ready;
      return listen(server, { port: 0 });
    }),
  );
  victim = await startServe(["--api-key", apiKey]);
  library = createReranker({ model: "mini" });
});
afterAll(async () => {
  victim.child.kill("SIGKILL");
  await Promise.all([...survivors.map((server) => server.stop({ timeoutSecs: 1 })), library.close(), victim.ended]);
});

it("a call goes on when one of three servers is killed, and its scores are those of the library to the last bit", async () => {
  const urls = [...survivors.map(({ url }) => url), victim.url];
  const scorer = createRemoteScorer({ type: "remote", urls, apiKey }, nodeNetwork);
  // All three are known and at work before one of them dies.
  const first = await scorer.score(call);
  expect(first.warnings).toEqual([]);
  expect(scorer.stats!()).toMatchObject({ "0.dialect": "crossrank", "2.dialect": "crossrank", "2.failures": 0 });
  expect(scorer.stats!()["2.requests"]).toBeGreaterThan(0);

  const before = Number(scorer.stats!()["2.requests"]);
  const answer = scorer.score(call);
  await expect
    .poll(() => Number(scorer.stats!()["2.requests"]) > before && Number(scorer.stats!()["2.outstanding"]) > 0, { interval: 1 })
    .toBe(true);
  victim.child.kill("SIGKILL");
  const { scores, scoreKind, pairTokens, model, warnings } = await answer;

  const logits = await library.score(query, documents);
  expect(scoreKind).toBe("logit");
  expect(Array.from(scores)).toEqual(logits);
  expect(Array.from(first.scores)).toEqual(logits);
  expect(model).toBe(library.model);
  expect(warnings).toEqual([{ type: "fallback", message: expect.stringContaining(victim.url) }]);
  expect(scorer.stats!()["2.failures"]).toBeGreaterThan(0);

  const { results, usage } = await library.rank(query, documents);
  expect(pairTokens!.read.reduce((sum, count) => sum + count, 0)).toBe(usage.tokens);
  for (const { index, score } of results) expect(score).toBe(sigmoid(scores[index]!));

  // Without it, all goes on: what is lost is a third of the machines.
  const afterwards = await scorer.score(call);
  expect(Array.from(afterwards.scores)).toEqual(logits);
  await scorer.close!();
});
