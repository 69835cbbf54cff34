/** One part of a call, over the wire. */

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

/** A provider, and how it is to be asked. */
export interface ProviderCall extends NamedModel, Pick<JsonRequest, "retryDelayMs" | "maxBytes"> {
  setting: Setting;
}

/** What `LlmConfig` promises. */
export const defaultTimeoutSecs = 60;
export const defaultMaxRetries = 3;
// A service answers at once when asked about itself, and without an answer there is a default.
const informationTimeoutMs = 5000;
/** What to do where a reply does not have one score for each document. */
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
    const { results: page, ...told } = decode(providerCall, access, reply);
    // One by one: spreading a list of millions would overflow the stack.
    for (const result of page) results.push(result);
    usage = add(usage, { ...usageIn(told), requests: reply.requests });
    const token = provider.pages?.next(reply.body);
    // A page without results would not be the last one.
    if (token === undefined || page.length === 0 || results.length >= part.texts.length) break;
    body = { ...first, [provider.pages!.field]: token };
  }
  return { scores: scoresByIndex(providerCall.prefix, results, part.texts.length, wrongReplyAdvice), usage };
}

/**
 * What the service says about its own limits.
 *
 * @returns undefined where it could not be asked; it may be up the next time
 * @throws the signal's reason when it fires
 */
export async function askLimits(providerCall: ProviderCall, signal: AbortSignal | undefined): Promise<Limits | undefined> {
  const { provider, setting } = providerCall;
  if (provider.toldLimits === undefined) return {};
  const { path, read } = provider.toldLimits;
  const access = openAccess(providerCall, setting);
  const request = requestOf(providerCall, { ...access, url: besides(access.url, path) });
  try {
    const timeoutMs = Math.min(informationTimeoutMs, request.timeoutMs);
    const { body } = await requestJson(setting.network, { ...request, timeoutMs, maxRetries: 0, signal });
    return read(body);
  } catch (error) {
    if (signal?.aborted) throw error;
    // A service that is down is found to be so by the request that matters; one that is up need not have such a page.
    return RerankError.is(error) && (error.status !== undefined || error.code === "bad-response") ? {} : undefined;
  }
}

function requestOf({ prefix, provider, setting, retryDelayMs, maxBytes }: ProviderCall, access: Access): JsonRequest {
  const { timeoutSecs = defaultTimeoutSecs, maxRetries = defaultMaxRetries } = setting.llm;
  const { decodeError } = provider.codec;
  return { ...access, place: prefix, timeoutMs: timeoutSecs * 1000, maxRetries, retryDelayMs, maxBytes, decodeError };
}

/** What the provider's format has no word for, its codec leaves out. */
function encodable({ provider, model, setting }: ProviderCall, query: string, texts: readonly string[], refusesLong: boolean): WireRequest {
  const { codec } = provider;
  const longPairs = longPairsOf(provider, model);
  const asksToCut = longPairs === "refused" && !refusesLong;
  const truncate = longPairs === "fixed" || (!refusesLong && !asksToCut) ? {} : { truncate: asksToCut };
  return {
    query,
    documents: texts,
    model: provider.modelInBody?.(setting) ?? model,
    // All of them: what is cut is cut once, over all parts.
    topK: texts.length,
    ...truncate,
    ...(codec.echoesByDefault && codec.requestFields.has("returnDocuments") ? { returnDocuments: false } : {}),
  };
}

function decode({ provider }: ProviderCall, { secrets }: Access, { body }: JsonReply): WireReply {
  try {
    return provider.codec.decodeReply(body);
  } catch (error) {
    // It names keys of the body, which is the other side's to fill.
    if (!RerankError.is(error)) throw error;
    throw new RerankError(error.code, redact(error.message, secrets));
  }
}

/** What a reply tells of its costs. */
export function usageIn({ tokens, billedUnits }: Omit<WireReply, "results">): PartUsage {
  return { ...(tokens === undefined ? {} : { tokens }), ...(billedUnits === undefined ? {} : { billedUnits }) };
}
