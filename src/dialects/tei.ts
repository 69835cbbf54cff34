/** Hugging Face text-embeddings-inference: `POST /rerank`. Requests have no limit of results and no model; the reply is a bare list. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireError, WireFailure, WireResult } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs } from "./request-fields.ts";
import { bareResults, flag, querySchema, text, texts } from "./schema-parts.ts";

/** The side from which TEI removes tokens. */
export type TeiDirection = "Left" | "left" | "Right" | "right";

/** A request. */
export interface TeiRequestBody {
  query: string;
  texts: readonly string[];
  truncate?: Maybe<boolean>;
  /** Newer versions also accept small letters. @default "Right" */
  truncation_direction?: Maybe<TeiDirection>;
  raw_scores?: Maybe<boolean>;
  return_text?: Maybe<boolean>;
}

/** One result of a reply. */
export interface TeiResult {
  index: number;
  score: number;
  text?: string;
}

const directions = { left: "Left", right: "Right" } as const;
const fields = spelledAs<TeiRequestBody>({ truncate: "truncate", rawScores: "raw_scores", returnDocuments: "return_text" });

/** @see https://github.com/huggingface/text-embeddings-inference `router/src/http/types.rs` and `router/src/lib.rs` at 0d124dc */
export const tei: Codec<TeiRequestBody, TeiResult[]> = {
  name: "tei",
  requestFields: new Map([...fields.keys, ["truncationSide", ["truncation_direction"]]]),
  documentsKey: "texts",
  replyFields: new Set(["document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    texts: onlyTexts(request.documents, "tei"),
    ...present({ truncation_direction: request.truncationSide && directions[request.truncationSide] }),
  }),
  decodeRequest: (body) => ({
    query: body.query,
    documents: body.texts,
    ...fields.decode(body),
    ...present({ truncationSide: body.truncation_direction?.toLowerCase() as "left" | "right" | undefined }),
  }),
  encodeReply: (reply) => teiResults(reply.results),
  decodeReply: (body) => readReply(body, { dialect: "tei", score: "score", document: ["text", readText] }),
  encodeError: encodeTeiError,
  decodeError: messageInBody,
};

/**
 * TEI as an engine. It serves one model, so the name after `tei/` has no effect. Its `auto_truncate` may be off.
 *
 * The limits are the defaults of TEI's `max_client_batch_size` and `payload_limit`, which counts the bytes of the whole body.
 *
 * @see https://github.com/huggingface/text-embeddings-inference `router/src/main.rs` lines 81 and 167, `router/src/http/server.rs` line 1872
 *   and, for `/info`, `router/src/http/types.rs`, at 0d124dc
 */
export const teiEngine: Engine = {
  codec: tei,
  prefixes: ["tei"],
  keyVariables: [],
  path: "/rerank",
  isAtRoot: true,
  limits: { maxDocuments: 32, maxBodyBytes: 2_000_000 },
  informationPath: "/info",
  refusesLongPairs: true,
};

/** The dialect for the server. */
export const teiDialect: RankingDialect<TeiRequestBody> = {
  codec: tei,
  vendor: {
    name: "Text Embeddings Inference",
    description: "Base URL /tei",
    prefix: "tei",
    otherPaths: { alive: ["/tei/health", "/tei/ping"], info: ["/tei/info"] },
  },
  paths: [
    {
      path: "/rerank",
      usedBy: "with a list of `texts` TEI",
      isMeant: (body) => "texts" in body && (Array.isArray(body.texts) || !("documents" in body)),
    },
    { path: "/tei/rerank", usedBy: "base URL `http://HOST/tei`" },
  ],
  tellsTimes: true,
  schemas: () => ({
    request: z.object({
      query: querySchema,
      texts,
      truncate: flag,
      truncation_direction: z.nullish(z.enum(["Left", "left", "Right", "right"])),
      raw_scores: flag,
      return_text: flag,
    }),
    reply: bareResults,
    error: z.object({ error: text, error_type: z.enum(["Unhealthy", "Backend", "Overloaded", "Validation", "Tokenizer", "Empty"]) }),
  }),
};

/** Writes results in TEI's format. */
export function teiResults(results: readonly WireResult[]): TeiResult[] {
  return results.map(({ index, score, document }) => ({ index, score, ...(document === undefined ? {} : { text: textOf(document) }) }));
}

function encodeTeiError({ status, code, message }: WireFailure): WireError {
  const [ownStatus, type] = teiFailure(status, code);
  return { status: ownStatus, body: { error: message, error_type: type } };
}

/** Chooses TEI's status and error type. A status that no type of TEI's has stays, with the nearest type. */
function teiFailure(status: number, code: string): [status: number, type: string] {
  // A model or tokenizer that cannot read an input will fail again. 424 is not a 5xx, so clients do not retry it.
  if (status === 500 && code === "inference") return [424, "Backend"];
  if (status === 500 && code === "tokenization") return [422, "Tokenizer"];
  if (status === 400) return [400, "Empty"];
  if (status === 429) return [429, "Overloaded"];
  if (status === 503) return [503, "Unhealthy"];
  return [status, status >= 500 ? "Backend" : "Validation"];
}
