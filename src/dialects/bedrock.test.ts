/** Bedrock's requests and replies as its reference writes them: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bedrock, nextPageOf } from "./bedrock.ts";
import type { WireReply, WireRequest } from "./codec.ts";

const modelArn = "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0";
const body = {
  queries: [{ type: "TEXT", textQuery: { text: "capital" } }],
  sources: [
    { type: "INLINE", inlineDocumentSource: { type: "TEXT", textDocument: { text: "Saipan" } } },
    { type: "INLINE", inlineDocumentSource: { type: "JSON", jsonDocument: { title: "Hill", text: "Capitol" } } },
  ],
  rerankingConfiguration: {
    type: "BEDROCK_RERANKING_MODEL",
    bedrockRerankingConfiguration: { modelConfiguration: { modelArn }, numberOfResults: 2 },
  },
} as const;

const document = fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.string()));

describe("bedrock", () => {
  it("reads and writes the documented request, with texts and objects", () => {
    const request: WireRequest = { query: "capital", documents: ["Saipan", { title: "Hill", text: "Capitol" }], model: modelArn, topK: 2 };
    // A server reads the name in the ARN.
    expect(bedrock.decodeRequest(body)).toEqual({ ...request, model: "cohere.rerank-v3-5:0" });
    expect(bedrock.encodeRequest(request)).toEqual(body);
  });

  it("leaves out a model and a limit that are not said", () => {
    const { rerankingConfiguration } = bedrock.encodeRequest({ query: "q", documents: ["a"], truncate: true });
    expect(rerankingConfiguration.bedrockRerankingConfiguration).toEqual({ modelConfiguration: {} });
  });

  it("reads and writes the documented reply", () => {
    const reply = {
      results: [
        { index: 1, relevanceScore: 0.875, document: { type: "JSON", jsonDocument: { title: "Hill" } } },
        { index: 0, relevanceScore: 0.5, document: { type: "TEXT", textDocument: { text: "Saipan" } } },
      ],
    };
    const read: WireReply = {
      results: [
        { index: 1, score: 0.875, document: { title: "Hill" } },
        { index: 0, score: 0.5, document: "Saipan" },
      ],
    };
    expect(bedrock.decodeReply(reply)).toEqual(read);
    expect(bedrock.encodeReply(read)).toEqual(reply);
  });

  it("says again what it read, for all that the format can say", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(document), fc.option(fc.integer({ min: 1 }), { nil: undefined }), (query, documents, topK) => {
        const request: WireRequest = { query, documents, ...(topK === undefined ? {} : { topK }) };
        expect(bedrock.decodeRequest(bedrock.encodeRequest(request))).toEqual(request);
      }),
    );
    const result = fc.record({ index: fc.nat(), score: fc.double({ noNaN: true, noDefaultInfinity: true }), document });
    fc.assert(
      fc.property(fc.array(result), (results) => {
        expect(bedrock.decodeReply(bedrock.encodeReply({ results }))).toEqual({ results });
      }),
    );
  });

  it.each([
    undefined,
    null,
    [],
    {},
    { results: {} },
    { results: [{ index: 0, relevanceScore: "1" }] },
    { results: [{ index: 0, relevanceScore: 1, document: 7 }] },
  ])("refuses the reply %j", (reply) => {
    expect(() => bedrock.decodeReply(reply)).toThrow(/^bedrock: /);
  });

  it("tells of the next page where there is one", () => {
    expect(nextPageOf({ results: [], nextToken: "t" })).toBe("t");
    for (const last of [{ results: [] }, { nextToken: "" }, { nextToken: null }, null, []]) expect(nextPageOf(last)).toBeUndefined();
  });

  it("answers a request that does not validate with 400, as {message} and the exception in code", () => {
    expect(bedrock.encodeError({ status: 422, code: "invalid-input", message: "no" })).toEqual({
      status: 400,
      body: { message: "no", code: "ValidationException" },
    });
    expect(bedrock.decodeError({ message: "The security token included in the request is invalid." })).toBe(
      "The security token included in the request is invalid.",
    );
  });
});
