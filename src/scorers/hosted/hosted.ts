import type { Network } from "../../http/request.ts";
import type { Capabilities, ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { scoreWithoutBlanks } from "./blank-texts.ts";
import { findProvider } from "./known-providers.ts";
import { askLiterLlm, importLiterLlm, type LiterLlm, refuseLiterLlm } from "./liter-llm.ts";
import { type Limits, longPairsOf } from "./provider.ts";
import { openAccess } from "./provider-access.ts";
import { askLimits, askPart, type ProviderCall } from "./provider-call.ts";
import { type AskPart, scoreParts, splitTexts } from "./split-call.ts";

/** Options for tests. */
export interface HostedOptions {
  /** First pause before a request is repeated, milliseconds. @default that of `http/retry.ts` */
  retryDelayMs?: number;
  /** Maximum bytes of an answer. @default that of `http/json-request.ts` */
  maxBytes?: number;
  /** Loads liter-llm. @default imports the package */
  loadLiterLlm?: () => Promise<LiterLlm>;
}

const defaultDurationSecs = 60;

/**
 * Creates a scorer that calls a provider or a self-hosted engine. It returns the provider's scores unchanged. Logits of a self-hosted engine
 * are marked as logits, as in a pool.
 *
 * It reads keys and addresses at each call. If a call is too large for one request, it sends several.
 *
 * @throws RerankError `invalid-input` for an unknown provider, or a client that does not support the provider
 */
export function createHostedScorer(llm: CheckedLlmConfig, network: Network, options: HostedOptions = {}): Scorer {
  const named = findProvider(llm.model, llm.baseUrl);
  const { prefix, provider, model } = named;
  const setting = { model, llm, network };
  const providerCall: ProviderCall = { ...named, setting, retryDelayMs: options.retryDelayMs, maxBytes: options.maxBytes };
  const isByLiterLlm = llm.client === "liter-llm";
  if (isByLiterLlm) refuseLiterLlm(prefix, llm);
  const load = options.loadLiterLlm ?? importLiterLlm;
  let reported: Limits | undefined = isByLiterLlm ? {} : undefined;
  const limitsOf = async (signal: AbortSignal | undefined): Promise<Limits> => {
    reported ??= await askLimits(providerCall, signal);
    return { ...provider.limits?.(model), ...reported };
  };
  const scorer: Scorer = {
    name: prefix,
    model: llm.model,
    capabilities: capabilitiesOf(providerCall, isByLiterLlm),
    async score(call): Promise<ScoreResult> {
      call.signal?.throwIfAborted();
      return scoreWithoutBlanks(wellFormed(call), async (sendable) => {
        const ask: AskPart = (part, signal) =>
          isByLiterLlm ? askLiterLlm(load, providerCall, sendable, part, signal) : askPart(providerCall, sendable, part, signal);
        const parts = splitTexts(sendable.query, sendable.texts, await limitsOf(call.signal));
        const result = await scoreParts(parts, sendable, ask);
        return provider.answersLogits?.(model) === true ? { ...result, scoreKind: "logit" } : result;
      });
    },
    /** Fails early if a key, an address or the package is missing. Sends nothing. */
    async warmUp() {
      openAccess(providerCall, setting);
      if (isByLiterLlm) await load();
    },
  };
  return scorer;
}

function capabilitiesOf({ provider, model }: ProviderCall, isByLiterLlm: boolean): Capabilities {
  const canSay = !isByLiterLlm && longPairsOf(provider, model) !== "fixed";
  return { scoreKind: "provider", defaultDurationSecs, options: new Set(canSay ? (["truncation"] as const) : []) };
}

/** Replaces lone surrogates by U+FFFD, as UTF-8 would: JSON can contain them, but many parsers refuse them. */
function wellFormed(call: ScoreCall): ScoreCall {
  return { ...call, query: call.query.toWellFormed(), texts: call.texts.map((text) => text.toWellFormed()) };
}
