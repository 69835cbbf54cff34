import { describe, expect, it } from "vitest";
import { RerankError } from "../errors.ts";
import type { AnyCodec } from "./codec.ts";
import { codecs } from "./dialects.ts";
import { jina } from "./jina.ts";
import { tei } from "./tei.ts";
import { vllm } from "./vllm.ts";

type Body = Record<string, unknown>;

const missing = Symbol("missing");
const listKeys = ["results", "data", "rankings", "scores", "records"];
const scoreKeys = ["relevance_score", "relevanceScore", "score", "logit"];
const documentKeys = ["document", "text", "input", "content"];
const notScores = [missing, null, "0.5", "NaN", Number.NaN, Number.NEGATIVE_INFINITY, [0.5], {}, true];
/** By the key of an index; Google has it as a text. */
const notIndices: Readonly<Record<string, readonly unknown[]>> = {
  index: [missing, null, "0", 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true],
  id: [missing, null, "", "a", "1.5", "-1", " 0", "9".repeat(20), 1.5, true],
};

function refusal(codec: AnyCodec, body: unknown): string {
  try {
    codec.decodeReply(body);
  } catch (error) {
    if (RerankError.is(error) && error.code === "bad-response") return error.message;
    throw error;
  }
  return "accepted";
}

/** Bodies that are right but for one thing, by what that is. */
function brokenBodies(codec: AnyCodec): [what: string, body: unknown][] {
  const written: unknown = codec.encodeReply({ model: "m", results: [{ index: 0, score: 0.5, document: "text" }] });
  const isNested = codec.name === "dashscope";
  const good = isNested ? (written as { output: unknown }).output : written;
  const listKey = Array.isArray(good) ? undefined : listKeys.find((key) => key in (good as Body))!;
  const [result] = (listKey === undefined ? good : (good as Body)[listKey]) as [Body];
  const withList = (list: unknown) => {
    const body = listKey === undefined ? list : { ...(good as Body), [listKey]: list };
    return isNested ? { output: body } : body;
  };
  const withField = (key: string, value: unknown) => {
    const { [key]: _, ...rest } = result;
    return withList([result, value === missing ? rest : { ...rest, [key]: value }]);
  };
  const notReplies = [undefined, null, "text", 3, true, {}, listKey === undefined ? { results: good } : [result]];
  const notLists =
    listKey === undefined ? [] : [null, {}, "text", missing].map((list) => (list === missing ? { model: "m" } : withList(list)));
  const notResults = [null, codec.name === "deepinfra" ? {} : 5, "text", [], [[0, 0.5]]].map((entry) => withList([entry]));
  const isBare = typeof result === "number";
  const keyOf = (keys: readonly string[]) => (isBare ? undefined : keys.find((key) => key in result));
  const indexKey = keyOf(Object.keys(notIndices));
  const documentKey = keyOf(documentKeys);
  const indices = indexKey === undefined ? [] : notIndices[indexKey]!.map((index) => withField(indexKey, index));
  const scores = notScores.map((score) => (isBare ? withList([score === missing ? null : score]) : withField(keyOf(scoreKeys)!, score)));
  const documents = documentKey === undefined ? [] : [5, true, ["text"], [{ text: "a" }]].map((value) => withField(documentKey, value));
  const groups = { reply: notReplies, list: notLists, result: notResults, index: indices, score: scores, document: documents };
  return Object.entries(groups).flatMap(([what, bodies]) => bodies.map((body, index) => [`${what} ${index}`, body] as [string, unknown]));
}

describe.each(codecs.map((codec) => ({ name: codec.name, codec })))("$name", ({ name, codec }) => {
  it.each(brokenBodies(codec))("refuses a wrong %s", (_, body) => {
    expect(refusal(codec, body)).toMatch(new RegExp(`^${name}: .+, expected .+\\. Check that .+\\.$`, "s"));
  });

  it("ignores unknown fields", () => {
    // Where results have no index, the first one is of the first document.
    const index = name === "weaviate" || name === "deepinfra" ? 0 : 3;
    const body: unknown = codec.encodeReply({ results: [{ index, score: -1, ...(name === "weaviate" ? { document: "a" } : {}) }] });
    const more = Array.isArray(body) ? body.map((result: object) => ({ ...result, extra: 1 })) : { ...(body as object), extra: { a: [] } };
    expect(codec.decodeReply(more)).toMatchObject({ results: [{ index, score: -1 }] });
  });
});

describe("the message of a refusal", () => {
  it("says what was there and where", () => {
    const advice = "Check that the base URL is that of a service with this format.";
    expect(refusal(jina, [])).toBe(`jina: the reply is an array, expected an object with the list results. ${advice}`);
    expect(refusal(jina, { object: "list", data: [] })).toBe(
      `jina: the reply's results is missing, expected a list (its keys: object, data). ${advice}`,
    );
    expect(refusal(jina, { results: [{ index: 0, relevance_score: "0.5" }] })).toBe(
      `jina: results[0].relevance_score is a string, expected a finite number. ${advice}`,
    );
    expect(
      refusal(tei, [
        { index: 0, score: 1 },
        { index: -1, score: 1 },
      ]),
    ).toBe(`tei: [1].index is -1, expected an integer ≥ 0. ${advice}`);
  });

  it("repeats no content of the reply, and few keys of it", () => {
    const keys = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}-${"k".repeat(500)}`, "secret"]));
    const message = refusal(jina, { ...keys, results: "secret" });
    expect(message).not.toContain("secret");
    expect(message.length).toBeLessThan(600);
  });
});

describe("metadata", () => {
  it("of a wrong type counts as absent", () => {
    const body = { id: 5, model: null, usage: { total_tokens: "7", prompt_tokens: -1 }, meta: [], created: Number.NaN, results: [] };
    expect(vllm.decodeReply(body)).toEqual({ results: [] });
  });

  it("does not make up what only the request knows", () => {
    const twice = { index: 999, relevance_score: 0.5 };
    expect(jina.decodeReply({ results: [twice, twice] }).results).toHaveLength(2);
  });
});
