/** Which path speaks which dialect. docs/server.md has the same table, and a test of every row. */
import type { z } from "zod";
import { type AnyCodec, codecs } from "../dialects/codecs.ts";
import { union } from "../dialects/union.ts";
import { codecDialect } from "./codec-dialect.ts";
import type { Dialect } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";
import { type DialectName, errors, replies, requests } from "./schemas/dialect-schemas.ts";
import { scoreDialect } from "./score-dialect.ts";

/** One path for rankings. */
export interface Route {
  /** `{model}` stands for the name of the model, which may have slashes; a body's own counts before it. */
  path: string;
  /** All that it speaks; the first one answers bodies that are no JSON object. */
  dialects: readonly Dialect[];
  /** Which of them a body is in. */
  choose(body: object): Dialect;
}

const dialects = Object.fromEntries(
  codecs.map((codec) => {
    const name = codec.name as Exclude<DialectName, "vllm-score">;
    const schemas = { request: requests[name] as z.ZodType, reply: replies[name], error: errors[name] };
    return [name, codecDialect(codec as AnyCodec, { ...schemas, ...(name === "together" ? { objectFields: "all" } : {}) })];
  }),
) as Readonly<Record<Exclude<DialectName, "vllm-score">, Dialect>>;

/** Every dialect, our own first. */
export const allDialects: readonly Dialect[] = [nativeDialect, ...Object.values(dialects), scoreDialect];

const llamaCpp = (body: object): Dialect => ("texts" in body ? dialects["llamacpp-texts"] : dialects.llamacpp);

/** Words that only clients of the union's dialects write beside the documents: `top_k` and `truncation` belong into our own `config`. */
const unionWords: readonly string[] = [
  ...[...union.requestFields.values()].flat().filter((key) => key !== "top_k" && key !== "truncation"),
  ...["max_chunks_per_doc", "max_tokens_per_query", "priority", "user"],
];

/**
 * By precedent: TEI's clients post `texts` there; those of llama.cpp a flag of that name, if they want TEI's form; those of vLLM, Infinity,
 * llama.cpp and others a model, a limit or an option beside the documents.
 */
function chooseRoot(body: object): Dialect {
  if ("texts" in body) return Array.isArray(body.texts) || !("documents" in body) ? dialects.tei : dialects["llamacpp-texts"];
  return !("config" in body) && unionWords.some((key) => key in body) ? dialects.union : nativeDialect;
}

/** Every path that ranks. */
export const routes: readonly Route[] = [
  { path: "/rerank", dialects: [nativeDialect, dialects.union, dialects.tei, dialects["llamacpp-texts"]], choose: chooseRoot },
  single("/v1/rerank", dialects.union),
  single("/v2/rerank", dialects["cohere-v2"]),
  single("/score", scoreDialect),
  single("/v1/score", scoreDialect),
  single("/v1/ranking", dialects.nim),
  single("/v1/retrieval/{model}/reranking", dialects.nim),
  {
    path: "/v1/reranking",
    dialects: [dialects.mixedbread, dialects.llamacpp, dialects["llamacpp-texts"]],
    choose: (body) => ("input" in body ? dialects.mixedbread : llamaCpp(body)),
  },
  { path: "/reranking", dialects: [dialects.llamacpp, dialects["llamacpp-texts"]], choose: llamaCpp },

  single("/cohere/v2/rerank", dialects["cohere-v2"]),
  single("/cohere/v1/rerank", dialects["cohere-v1"]),
  single("/jina/v1/rerank", dialects.jina),
  single("/voyage/v1/rerank", dialects.voyage),
  single("/mixedbread/v1/reranking", dialects.mixedbread),
  single("/pinecone/rerank", dialects.pinecone),
  single("/together/v1/rerank", dialects.together),
  single("/nim/v1/ranking", dialects.nim),
  single("/nim/v1/retrieval/{model}/reranking", dialects.nim),
  single("/tei/rerank", dialects.tei),
  ...["/vllm/rerank", "/vllm/v1/rerank", "/vllm/v2/rerank"].map((path) => single(path, dialects.vllm)),
  ...["/vllm/score", "/vllm/v1/score"].map((path) => single(path, scoreDialect)),
  single("/infinity/rerank", dialects.infinity),
  ...["/llamacpp/rerank", "/llamacpp/v1/rerank", "/llamacpp/reranking", "/llamacpp/v1/reranking"].map(
    (path): Route => ({ path, dialects: [dialects.llamacpp, dialects["llamacpp-texts"]], choose: llamaCpp }),
  ),
  single("/xinference/v1/rerank", dialects.xinference),
  single("/localai/v1/rerank", dialects.localai),
  ...["/litellm/rerank", "/litellm/v1/rerank", "/litellm/v2/rerank"].map((path) => single(path, dialects.union)),
];

/** Whose words the other paths under a vendor's name speak: those that rank there; our own at the root. */
export function dialectAt(path: string): Dialect {
  const [, vendor = ""] = path.split("/");
  const route = routes.find((candidate) => candidate.path.startsWith(`/${vendor}/`));
  return route === undefined || /^v\d+$/.test(vendor) ? nativeDialect : route.dialects[0]!;
}

function single(path: string, dialect: Dialect): Route {
  return { path, dialects: [dialect], choose: () => dialect };
}
