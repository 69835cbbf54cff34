/** Sends calls through the package `@kreuzberg/liter-llm` if the configuration asks for that client. */
import { raceAbort } from "../../abort.ts";
import { cohereV2 } from "../../dialects/cohere-v2.ts";
import { messageOf, RerankError, type RerankErrorOptions } from "../../errors.ts";
import { redact, secretsInHeaders } from "../../http/secrets.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { ScoreCall } from "../../scorer.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { findKey, missingKey } from "./provider-access.ts";
import { defaultMaxRetries, defaultTimeoutSecs, type ProviderCall, usageIn, wrongReplyAdvice } from "./provider-call.ts";
import type { Part, PartScores } from "./split-call.ts";

/** The part of the package that crossrank uses. The package's own types are wrong: they declare a document as one of two words. */
export interface LiterLlm {
  createClientFromJson(json: string): {
    rerank(request: { model: string; query: string; documents: readonly string[]; topN: number; returnDocuments: boolean }): Promise<{
      results: readonly { index: number; relevanceScore: number }[];
      /** Cohere's metadata. */
      meta?: unknown;
    }>;
  };
}

const packageName = "@kreuzberg/liter-llm";
/** Prefixes for which version 1.8.2 uses the right host and reads the replies, as its requests showed. */
const rightPrefixes: readonly string[] = ["cohere", "jina_ai", "together_ai"];
/** How its messages begin. Its errors contain nothing but a message. @see liter-llm `crates/liter-llm/src/error.rs` at e3d08d7 */
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
 * Refuses configurations that liter-llm does not support: with other prefixes it sends keys and documents to another company or cannot read the
 * reply, and with a base URL it keeps the prefix in the model's name.
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

/** Loads the package. @throws RerankError `missing-dependency` if it is not installed, or does not load on this system */
export async function importLiterLlm(): Promise<LiterLlm> {
  try {
    // Not a literal, so that neither the compiler nor a bundler looks for a package that most programs do not have.
    const name: string = packageName;
    const imported = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as LiterLlm & { default?: LiterLlm };
    // It is CommonJS, and some loaders do not find its named exports.
    return imported.default ?? imported;
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String(cause.code));
    const remedy = isMissing
      ? `Run npm install ${packageName}, or leave llm.client out`
      : "It needs glibc 2.39 on Linux: leave llm.client out, so that crossrank's own client is used";
    throw new RerankError("missing-dependency", `liter-llm: cannot import "${packageName}": ${firstLine(cause)}. ${remedy}.`, { cause });
  }
}

/** Scores of a part's texts. liter-llm cannot abort a request: after an abort it keeps running, and its result is discarded. @throws RerankError */
export async function askLiterLlm(
  load: () => Promise<LiterLlm>,
  providerCall: ProviderCall,
  call: ScoreCall,
  part: Part,
  signal: AbortSignal | undefined,
): Promise<PartScores> {
  const { prefix, provider, setting } = providerCall;
  const { timeoutSecs = defaultTimeoutSecs, maxRetries = defaultMaxRetries, headers } = setting.llm;
  const key = findKey(provider, setting);
  if (key === undefined) throw missingKey(prefix, provider, setting);
  const { createClientFromJson } = await load();
  // It accepts only whole seconds.
  const options = { api_key: key, timeout_secs: Math.ceil(timeoutSecs), max_retries: maxRetries, extra_headers: headers };
  const request = { model: setting.llm.model, query: call.query, documents: part.texts, topN: part.texts.length, returnDocuments: false };
  try {
    const { results, meta } = await raceAbort(createClientFromJson(JSON.stringify(options)).rerank(request), signal);
    const body = { results: results.map(({ index, relevanceScore }) => ({ index, relevance_score: relevanceScore })), meta };
    const { results: read, ...usage } = cohereV2.decodeReply(body);
    return { scores: scoresByIndex(prefix, read, part.texts.length, wrongReplyAdvice), usage: { ...usageIn(usage), requests: 1 } };
  } catch (error) {
    if (signal?.aborted || RerankError.is(error)) throw error;
    throw failure(prefix, error, [key, ...secretsInHeaders(headers ?? {})]);
  }
}

/** Classifies an error by its message: liter-llm's errors have no class, code or status. */
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
