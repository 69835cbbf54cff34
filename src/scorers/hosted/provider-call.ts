/** Sends one part of a call to a provider. */

import type { WireReply, WireRequest, WireResult } from "../../dialects/codec.ts";
import { RerankError } from "../../errors.ts";
import { requestJson } from "../../http/json-request.ts";
import type { JsonReply, JsonRequest } from "../../http/request.ts";
import { redact } from "../../http/secrets.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { ScoreCall } from "../../scorer.ts";
import type { NamedModel } from "./known-providers.ts";
import { type Limits, longPairsOf, type Setting } from "./provider.ts";
import { type Access, besides, openAccess } from "./provider-access.ts";
import { add, type Part, type PartScores, type PartUsage } from "./split-call.ts";

/** A provider, and the settings of requests to it. */
export interface ProviderCall extends NamedModel, Pick<JsonRequest, "retryDelayMs" | "maxBytes"> {
  setting: Setting;
}

/** Default of `timeoutSecs` in `LlmConfig`. */
export const defaultTimeoutSecs = 60;
/** Default of `maxRetries` in `LlmConfig`. */
export const defaultMaxRetries = 3;
// A service answers a question about itself quickly. Without an answer, the default limits apply.
const informationTimeoutMs = 5000;
/** Advice for a reply without exactly one score for each document. */
export const wrongReplyAdvice: string = "Check that the base URL is that of a reranker.";

/**
 * Scores of a part's texts.
 *
 * @throws RerankError as `requestJson`; `bad-response` for a reply that does not give each text one score
 */
export async function askPart(
  providerCall: ProviderCall,
  { query, truncation, deadlineMs }: ScoreCall,
  part: Part,
  signal: AbortSignal | undefined,
): Promise<PartScores> {
  const { provider } = providerCall;
  const access = openAccess(providerCall, providerCall.setting);
  const first = provider.codec.encodeRequest(encodable(providerCall, query, part.texts, truncation === "error")) as object;
  const results: WireResult[] = [];
  let usage: PartUsage = {};
  let body = first;
  for (;;) {
    const reply = await requestJson(providerCall.setting.network, { ...requestOf(providerCall, access), body, signal, deadlineMs });
    const { results: page, ...reported } = decode(providerCall, access, reply);
    // One by one: spreading a list of millions would overflow the stack.
    for (const result of page) results.push(result);
    usage = add(usage, { ...usageIn(reported), requests: reply.requests });
    const token = provider.pages?.next(reply.body);
    // Without this check, a service that returns empty pages would be asked without end.
    if (token === undefined || page.length === 0 || results.length >= part.texts.length) break;
    body = { ...first, [provider.pages!.field]: token };
  }
  return { scores: scoresByIndex(providerCall.prefix, results, part.texts.length, wrongReplyAdvice), usage };
}

/**
 * The limits that the service reports.
 *
 * @returns undefined if the service does not answer; the next call asks again
 * @throws the signal's reason if it is aborted
 */
export async function askLimits(providerCall: ProviderCall, signal: AbortSignal | undefined): Promise<Limits | undefined> {
  const { provider, setting } = providerCall;
  if (provider.reportedLimits === undefined) return {};
  const { path, read } = provider.reportedLimits;
  const access = openAccess(providerCall, setting);
  const request = requestOf(providerCall, { ...access, url: besides(access.url, path) });
  try {
    const timeoutMs = Math.min(informationTimeoutMs, request.timeoutMs);
    const { body } = await requestJson(setting.network, { ...request, timeoutMs, maxRetries: 0, signal });
    return read(body);
  } catch (error) {
    if (signal?.aborted) throw error;
    // If the service is down, the request for scores will show it. If it is up, it may lack this path.
    return RerankError.is(error) && (error.status !== undefined || error.code === "bad-response") ? {} : undefined;
  }
}

function requestOf({ prefix, provider, setting, retryDelayMs, maxBytes }: ProviderCall, access: Access): JsonRequest {
  const { timeoutSecs = defaultTimeoutSecs, maxRetries = defaultMaxRetries } = setting.llm;
  const { decodeError } = provider.codec;
  return { ...access, where: prefix, timeoutMs: timeoutSecs * 1000, maxRetries, retryDelayMs, maxBytes, decodeError };
}

/** The request. The codec leaves out what the provider's format cannot express. */
function encodable({ provider, model, setting }: ProviderCall, query: string, texts: readonly string[], refusesLong: boolean): WireRequest {
  const { codec } = provider;
  const longPairs = longPairsOf(provider, model);
  const asksToCut = longPairs === "refused" && !refusesLong;
  const truncate = longPairs === "fixed" || (!refusesLong && !asksToCut) ? {} : { truncate: asksToCut };
  return {
    query,
    documents: texts,
    model: provider.modelInBody?.(setting) ?? model,
    // Ask for all results: `topK` applies once, over all parts.
    topK: texts.length,
    ...truncate,
    ...(codec.echoesByDefault && codec.requestFields.has("returnDocuments") ? { returnDocuments: false } : {}),
  };
}

function decode({ provider }: ProviderCall, { secrets }: Access, { body }: JsonReply): WireReply {
  try {
    return provider.codec.decodeReply(body);
  } catch (error) {
    // The message names keys of the body, which the service chooses.
    if (!RerankError.is(error)) throw error;
    throw new RerankError(error.code, redact(error.message, secrets));
  }
}

/** The costs that a reply reports. */
export function usageIn({ tokens, billedUnits }: Omit<WireReply, "results">): PartUsage {
  return { ...(tokens === undefined ? {} : { tokens }), ...(billedUnits === undefined ? {} : { billedUnits }) };
}
