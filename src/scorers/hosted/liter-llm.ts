/** The same call by `@kreuzberg/liter-llm`, for those who want that client to send it. */
import { raceAbort } from "../../abort.ts";
import { cohereV2 } from "../../dialects/cohere-v2.ts";
import { messageOf, RerankError, type RerankErrorOptions } from "../../errors.ts";
import { redact, secretsInHeaders } from "../../http/secrets.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { ScoreCall } from "../../scorer.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { findKey, missingKey } from "./provider-access.ts";
import { type Asking, defaultMaxRetries, defaultTimeoutSecs, usageIn, wrongReplyAdvice } from "./provider-call.ts";
import type { Part, PartScores } from "./split-call.ts";

/** What is used of the package. Its own types are not: they declare a document as one of two words. */
export interface LiterLlm {
  createClientFromJson(json: string): {
    rerank(request: { model: string; query: string; documents: readonly string[]; topN: number; returnDocuments: boolean }): Promise<{
      results: readonly { index: number; relevanceScore: number }[];
      /** Cohere's. */
      meta?: unknown;
    }>;
  };
}

const packageName = "@kreuzberg/liter-llm";
/** Where version 1.8.2 sends requests to the right host, and reads the replies: seen on the wire. */
const rightPrefixes: readonly string[] = ["cohere", "jina_ai", "together_ai"];
/** The start of its messages, which is all that it tells of a failure. @see liter-llm `crates/liter-llm/src/error.rs` at e3d08d7 */
const failures: readonly (readonly [start: string, options: RerankErrorOptions])[] = [
  ["authentication failed:", { status: 401 }],
  ["bad request:", { status: 400 }],
  ["not found:", { status: 404 }],
  ["rate limited:", { status: 429, isRetryable: true }],
  ["server error:", { status: 500, isRetryable: true }],
  ["service unavailable:", { status: 503, isRetryable: true }],
  ["error sending request", { isRetryable: true }],
];

/**
 * Refuses what liter-llm would do wrongly: with other prefixes it sends keys and documents to another company or cannot read the reply,
 * and with a base URL it leaves the prefix in the model's name.
 *
 * @throws RerankError `invalid-input` with the reason
 */
export function refuseLiterLlm(prefix: string, { baseUrl }: CheckedLlmConfig): void {
  const remedy = "Leave llm.client out, so that crossrank's own client sends it.";
  if (!rightPrefixes.includes(prefix)) {
    const what = `is right for ${rightPrefixes.join(", ")} only: it sends others to a wrong host, or cannot read their replies`;
    throw new RerankError("invalid-input", `${prefix}: llm.client "liter-llm" ${what}. ${remedy}`);
  }
  if (baseUrl !== undefined) {
    throw new RerankError("invalid-input", `${prefix}: llm.client "liter-llm" spoils the model's name where there is a baseUrl. ${remedy}`);
  }
}

/** Loads the package. @throws RerankError `missing-dependency` where it is not installed, or does not load on this system */
export async function importLiterLlm(): Promise<LiterLlm> {
  try {
    // Not a literal, so that neither the compiler nor a bundler looks for a package that most do not have.
    const name: string = packageName;
    const imported = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as LiterLlm & { default?: LiterLlm };
    // It is CommonJS, of which not every loader finds the names.
    return imported.default ?? imported;
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String(cause.code));
    const remedy = isMissing
      ? `Run npm install ${packageName}, or leave llm.client out`
      : "It needs glibc 2.39 on Linux: leave llm.client out, so that crossrank's own client is used";
    throw new RerankError("missing-dependency", `liter-llm: cannot import "${packageName}": ${firstLine(cause)}. ${remedy}.`, { cause });
  }
}

/** Scores of a part's texts. It knows no abort: after one, its request goes on unheard. @throws RerankError */
export async function askLiterLlm(
  load: () => Promise<LiterLlm>,
  asking: Asking,
  call: ScoreCall,
  part: Part,
  signal: AbortSignal | undefined,
): Promise<PartScores> {
  const { prefix, provider, setting } = asking;
  const { timeoutSecs = defaultTimeoutSecs, maxRetries = defaultMaxRetries, headers } = setting.llm;
  const key = findKey(provider, setting);
  if (key === undefined) throw missingKey(prefix, provider, setting);
  const { createClientFromJson } = await load();
  // Its seconds are whole.
  const options = { api_key: key, timeout_secs: Math.ceil(timeoutSecs), max_retries: maxRetries, extra_headers: headers };
  const request = { model: setting.llm.model, query: call.query, documents: part.texts, topN: part.texts.length, returnDocuments: false };
  try {
    const { results, meta } = await raceAbort(createClientFromJson(JSON.stringify(options)).rerank(request), signal);
    const body = { results: results.map(({ index, relevanceScore }) => ({ index, relevance_score: relevanceScore })), meta };
    const { results: read, ...told } = cohereV2.decodeReply(body);
    return { scores: scoresByIndex(prefix, read, part.texts.length, wrongReplyAdvice), usage: { ...usageIn(told), requests: 1 } };
  } catch (error) {
    if (signal?.aborted || RerankError.is(error)) throw error;
    throw failure(prefix, error, [key, ...secretsInHeaders(headers ?? {})]);
  }
}

/** An error by its message: liter-llm's have neither class, code nor status. */
function failure(prefix: string, error: unknown, secrets: readonly string[]): RerankError {
  const message = redact(messageOf(error), secrets).slice(0, 1024);
  const known = failures.find(([start]) => message.includes(start));
  if (known === undefined && /decoding response body|serialization error/.test(message)) {
    return new RerankError("bad-response", `${prefix}: liter-llm cannot read the reply: ${message}. Leave llm.client out.`);
  }
  return new RerankError(
    "hosted",
    `${prefix}: liter-llm failed: ${message}. Check the key, the model and the connection.`,
    known?.[1] ?? {},
  );
}

function firstLine(cause: unknown): string {
  return messageOf(cause).split("\n", 1)[0]!;
}
