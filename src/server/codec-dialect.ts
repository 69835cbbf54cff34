import type { z } from "zod";
import type { RankOptionsInput, RerankResult } from "../index.ts";
import type { Codec, WireDocument, WireReply, WireRequest, WireResult } from "../wire/codec.ts";
import type { Dialect, ReplyContext, ServerView } from "./dialect.ts";

/** What Cohere counts as one search unit; nobody is billed here, but clients read the number. */
const documentsPerUnit = 100;

/** The schemas of one dialect. */
export interface DialectSchemas<RequestBody> {
  request: z.ZodType<RequestBody>;
  reply: z.ZodType;
  error: z.ZodType;
  /** Which fields of an object are read where the request names none. @default the library's usual keys (`text` …) */
  objectFields?: "all";
}

/** A vendor's format as a dialect of this server, by its codec. */
export function codecDialect<RequestBody, ReplyBody>(
  codec: Codec<RequestBody, ReplyBody>,
  { objectFields, ...schemas }: DialectSchemas<RequestBody>,
): Dialect {
  return {
    name: codec.name,
    ...schemas,
    encodeError: (failure) => codec.encodeError(failure),
    read(body, { models }: ServerView) {
      const request = codec.decodeRequest(body as RequestBody);
      const { reference, isUnknown } = models.byName(request.model);
      const wantsLogits = request.rawScores ?? codec.scoresAreLogits;
      return {
        calls: [request],
        model: reference,
        isModelUnknown: isUnknown,
        options: { ...optionsOf(request, objectFields), ...(wantsLogits ? { return: ["logit"] } : {}) },
        // No scorer reads less of a document than of the pair.
        ignored: request.maxTokensPerDocument === undefined ? [] : ["max_tokens_per_doc"],
        tellsTimes: codec.name === "tei",
        encode: ([result], context) => codec.encodeReply(replyOf(result!, { ...context, wantsLogits, echoes: echoes(codec, request) })),
      };
    },
  };
}

function optionsOf({ documents, topK, fields, truncate }: WireRequest, objectFields: "all" | undefined): RankOptionsInput {
  const read = fields ?? (objectFields === "all" ? allFields(documents) : undefined) ?? [];
  // The library reads `text` by itself, and then bare. Pinecone's clients always name it, though all they were given are texts.
  const isTextAlone = read.length === 1 && read[0] === "text";
  return {
    ...(topK === undefined ? {} : { topK }),
    ...(read.length === 0 || isTextAlone ? {} : { fields: read }),
    ...(truncate === false ? { truncation: "error" } : {}),
  };
}

function echoes<RequestBody, ReplyBody>(codec: Codec<RequestBody, ReplyBody>, { returnDocuments }: WireRequest): boolean {
  return codec.replyFields.has("document") && (returnDocuments ?? codec.echoesByDefault);
}

function replyOf(
  result: RerankResult<WireDocument>,
  { requestId, model, nowMs, wantsLogits, echoes }: ReplyContext & { wantsLogits: boolean; echoes: boolean },
): WireReply {
  const results = result.results.map(({ index, score, logit, document }): WireResult => {
    // Plugins and hosted models have scores of their own and no logits.
    const told = wantsLogits ? (logit ?? score) : score;
    return { index, score: told, ...(echoes ? { document } : {}) };
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

/** Every field of the objects, in order of appearance. */
function allFields(documents: readonly WireDocument[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const document of documents) if (typeof document === "object") for (const name of Object.keys(document)) names.add(name);
  return names.size === 0 ? undefined : [...names];
}
