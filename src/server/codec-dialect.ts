import type { AnyCodec, WireDocument, WireReply, WireRequest, WireResult } from "../dialects/codec.ts";
import type { RankingDialect } from "../dialects/definition.ts";
import type { RankOptions, RerankResult } from "../index.ts";
import { isRecord } from "../values.ts";
import type { Dialect, ReplyContext, ServerView } from "./dialect.ts";
import { ignoredKeys, optionNames } from "./ignored.ts";
import { cuttingOf, inOwnWords } from "./truncation.ts";

/** Documents of one search unit, as Cohere counts them. crossrank bills nothing, but clients read the number. */
const documentsPerUnit = 100;

/** Creates a dialect of this server from a vendor's codec. */
export function codecDialect({
  codec,
  vendor,
  otherVendors = [],
  paths,
  schemas,
  objectFields,
  tellsTimes = false,
  isUnmistakable,
}: RankingDialect): Dialect {
  const { requestFields, documentsKey, otherKeys = [] } = codec;
  const known = { requestFields, otherKeys: ["query", documentsKey, ...otherKeys] };
  return {
    name: codec.name,
    vendors: [vendor, ...otherVendors],
    paths,
    ...(isUnmistakable === undefined ? {} : { isUnmistakable }),
    ...schemas(),
    encodeError: (failure) => codec.encodeError(failure),
    reword: (message, sent) => inOwnWords(message, { documentsKey, names: optionNames(sent, requestFields), sent }),
    read(body, { models }: ServerView, sent) {
      const request = codec.decodeRequest(body);
      const { model, isUnknown } = models.byName(request.model);
      const wantsLogits = request.rawScores ?? codec.scoresAreLogits;
      return {
        calls: [request],
        model,
        isModelUnknown: isUnknown,
        options: { ...optionsOf(request, objectFields), ...(wantsLogits ? { return: ["logit"] } : {}) },
        areOptionsChecked: false,
        ignored: ignoredKeys(sent, known),
        optionNames: optionNames(sent, requestFields),
        echoes: echoes(codec, request),
        tellsTimes,
        encode([result], context) {
          const reply = replyOf(result!, { ...context, wantsLogits, echoes: echoes(codec, request) });
          const written: unknown = codec.encodeReply(reply, request);
          return documentsKey === "documents" ? inEveryWord(written, reply.results) : written;
        },
      };
    },
  };
}

function optionsOf({ documents, topK, fields, ...request }: WireRequest, objectFields: "all" | undefined): RankOptions {
  const read = fields ?? (objectFields === "all" ? allFields(documents) : undefined) ?? [];
  // Pinecone's clients always name the field `text`. The library reads it by default, and then without the field's name in front.
  const isTextAlone = read.length === 1 && read[0] === "text";
  return {
    ...(topK === undefined ? {} : { topK }),
    ...(read.length === 0 || isTextAlone ? {} : { fields: read }),
    ...cuttingOf(request),
  };
}

function echoes(codec: AnyCodec, { returnDocuments }: WireRequest): boolean {
  return codec.replyFields.has("document") && (returnDocuments ?? codec.echoesByDefault);
}

function replyOf(
  result: RerankResult<WireDocument>,
  { requestId, model, nowMs, wantsLogits, echoes }: ReplyContext & { wantsLogits: boolean; echoes: boolean },
): WireReply {
  const results = result.results.map(({ index, score, logit, document }): WireResult => {
    // Plugins and hosted models have scores of their own and no logits.
    const value = wantsLogits ? (logit ?? score) : score;
    return { index, score: value, ...(echoes ? { document } : {}) };
  });
  return {
    id: requestId,
    model,
    created: Math.floor(nowMs / 1000),
    results,
    tokens: result.usage.tokens,
    billedUnits: Math.ceil(result.usage.documents / documentsPerUnit),
  };
}

/**
 * A reply with its results under `results` and `data`, and each score as `relevance_score` and `score`. A body of a query and `documents` does
 * not tell whose client wrote it, and some clients take a list that they do not find for an empty one, and a missing score for 0.
 *
 * @see https://github.com/milvus-io/milvus `internal/util/function/models/` at 059bfd6: its Voyage, Cohere and SiliconFlow clients
 */
function inEveryWord(body: unknown, results: readonly WireResult[]): unknown {
  if (!isRecord(body)) return body;
  const scores = results.map(({ index, score }) => ({ index, relevance_score: score, score }));
  const withScores = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((result: object, index) => ({ ...result, ...scores[index] })) : scores;
  return { ...body, results: withScores(body.results), data: withScores(body.data) };
}

/** Every field of the objects, in order of appearance. */
function allFields(documents: readonly WireDocument[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const document of documents) if (typeof document === "object") for (const name of Object.keys(document)) names.add(name);
  return names.size === 0 ? undefined : [...names];
}
