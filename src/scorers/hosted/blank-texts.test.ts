/** Providers that refuse a request for one blank document, as Voyage and Jina do. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { networkWith } from "../../../test/support/hosted-network.ts";
import { type ScriptedServer, startScriptedServer } from "../../../test/support/scripted-server.node.ts";
import { Reranker } from "../../reranker.ts";
import { createCascadeScorer } from "../combine/cascade.ts";
import { createHostedScorer } from "./hosted.ts";

const blanks = ["", " ", "\n\t", "\u3000", "\ufeff"];

let server: ScriptedServer;
/** The score of a text. */
let scoreOf: (text: string) => number;
beforeEach(async () => {
  scoreOf = (text) => text.length / 100;
  server = await startScriptedServer(({ body }) => {
    const texts = (body.documents ?? body.texts) as string[];
    if (texts.some((text) => text.trim() === "")) return { status: 400, json: { detail: "documents must not be empty" } };
    if (texts.includes("refused")) return { status: 422, json: { detail: "no" } };
    const results = texts.map((text, index) => ({ index, score: scoreOf(text), relevance_score: scoreOf(text) }));
    return { json: body.texts !== undefined ? results : body.model === "voyage" ? { data: results } : { results } };
  });
});
afterEach(() => server.close());

const scorerOf = (prefix: string): ReturnType<typeof createHostedScorer> =>
  createHostedScorer({ model: `${prefix}/${prefix}`, baseUrl: server.url, apiKey: "key", maxRetries: 0 }, networkWith({}));

describe.each(["voyage", "jina_ai", "cohere", "tei"])("blank documents of %s", (prefix) => {
  it("are not sent, come last in their order, and are named", async () => {
    const documents = ["", "good text", ...blanks, "better text!"];
    const { results, warnings } = await new Reranker(scorerOf(prefix)).rank("q", documents);
    expect(results.map(({ index }) => index)).toEqual([7, 1, 0, 2, 3, 4, 5, 6]);
    expect(results.map(({ score }) => score)).toEqual([0.12, 0.09, 0, 0, 0, 0, 0, 0]);
    expect(warnings).toEqual([{ type: "blank", indices: [0, 2, 3, 4, 5, 6], message: "6 blank documents were not sent, and come last" }]);
    expect(server.requests.flatMap(({ body }) => (body === undefined ? [] : (body.documents ?? body.texts)))).toEqual([
      "good text",
      "better text!",
    ]);
  });

  it("come last among scores of 0 and below, too", async () => {
    const reranker = new Reranker(scorerOf(prefix));
    scoreOf = () => 0;
    expect((await reranker.rank("q", ["", "a", "b"])).results.map(({ index, score }) => [index, score])).toEqual([
      [1, 0],
      [2, 0],
      [0, 0],
    ]);
    scoreOf = (text) => (text === "a" ? -7 : -5);
    expect((await reranker.rank("q", ["", "a", "b"])).results.map(({ index, score }) => [index, score])).toEqual([
      [2, -5],
      [1, -7],
      [0, -7],
    ]);
  });

  it("alone are answered without a request", async () => {
    const { results, warnings } = await new Reranker(scorerOf(prefix)).rank("q", blanks);
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(warnings).toMatchObject([{ type: "blank" }]);
    expect(server.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });
});

describe("the places of others", () => {
  it("are those of the caller's list where some could not be scored", async () => {
    // 32 texts go in one request to TEI, so that only the second one fails.
    const texts = ["", ...Array.from({ length: 32 }, (_, index) => `text ${index}`), " ", "refused", "x"];
    const { results, warnings } = await new Reranker(scorerOf("tei")).rank("q", texts, { onError: "partial" });
    expect(warnings).toMatchObject([
      { type: "blank", indices: [0, 33], message: "2 blank documents were not sent, and come last" },
      { type: "partial", indices: [34, 35] },
    ]);
    expect(results).toHaveLength(34);
    expect(results.slice(-2).map(({ index }) => index)).toEqual([0, 33]);
  });

  it("are those of the caller's list behind another model, too", async () => {
    const first = createHostedScorer({ model: "tei/x", baseUrl: server.url, maxRetries: 0 }, networkWith({}));
    const reranker = new Reranker(createCascadeScorer(first, scorerOf("cohere"), 3));
    const { results, warnings } = await reranker.rank("q", ["aa", "", "a"]);
    expect(results.map(({ index }) => index)).toEqual([0, 2, 1]);
    expect(warnings).toMatchObject([
      { type: "blank", indices: [1], message: "1 blank document was not sent, and comes last" },
      { type: "blank", indices: [1] },
    ]);
  });
});
