import type { Network } from "../../http/request.ts";
import type { Capabilities, ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { scoreWithoutBlanks } from "./blank-texts.ts";
import { findProvider } from "./known-providers.ts";
import { askLiterLlm, importLiterLlm, type LiterLlm, refuseLiterLlm } from "./liter-llm.ts";
import { type Limits, longPairsOf } from "./provider.ts";
import { openAccess } from "./provider-access.ts";
import { type Asking, askLimits, askPart } from "./provider-call.ts";
import { type AskPart, scoreParts, splitTexts } from "./split-call.ts";

/** What tests put in the place of the usual. */
export interface HostedOptions {
  /** First pause before a request is repeated. @default the transport's */
  retryDelayMs?: number;
  /** Most bytes of an answer. @default the transport's */
  maxBytes?: number;
  /** Loads liter-llm. @default imports the package */
  loadLiterLlm?: () => Promise<LiterLlm>;
}

const defaultDurationSecs = 60;

/**
 * Scores by a reranker of a provider, or of an engine that speaks like one. The scores are the provider's own, unchanged.
 *
 * It holds nothing: keys and addresses are looked up at each call. More documents than one request takes go in several.
 *
 * @throws RerankError `invalid-input` for an unknown provider, and for a client that would treat it wrongly
 */
export function createHostedScorer(llm: CheckedLlmConfig, network: Network, options: HostedOptions = {}): Scorer {
  const named = findProvider(llm.model);
  const { prefix, provider, model } = named;
  const setting = { model, llm, network };
  const asking: Asking = { ...named, setting, retryDelayMs: options.retryDelayMs, maxBytes: options.maxBytes };
  const isByLiterLlm = llm.client === "liter-llm";
  if (isByLiterLlm) refuseLiterLlm(prefix, llm);
  const load = options.loadLiterLlm ?? importLiterLlm;
  let told: Limits | undefined = isByLiterLlm ? {} : undefined;
  const limitsOf = async (signal: AbortSignal | undefined): Promise<Limits> => {
    told ??= await askLimits(asking, signal);
    return { ...provider.limits?.(model), ...told };
  };
  const scorer: Scorer = {
    name: prefix,
    model: llm.model,
    capabilities: capabilitiesOf(asking, isByLiterLlm),
    async score(call): Promise<ScoreResult> {
      call.signal?.throwIfAborted();
      return scoreWithoutBlanks(wellFormed(call), async (sendable) => {
        const ask: AskPart = (part, signal) =>
          isByLiterLlm ? askLiterLlm(load, asking, sendable, part, signal) : askPart(asking, sendable, part, signal);
        const parts = splitTexts(sendable.query, sendable.texts, await limitsOf(call.signal));
        return scoreParts(parts, sendable, ask);
      });
    },
    /** Finds out early whether a key, an address or the package is missing; sends nothing. */
    async warmUp() {
      openAccess(asking, setting);
      if (isByLiterLlm) await load();
    },
  };
  return scorer;
}

function capabilitiesOf({ provider, model }: Asking, isByLiterLlm: boolean): Capabilities {
  const canSay = !isByLiterLlm && longPairsOf(provider, model) !== "fixed";
  return { scoreKind: "provider", defaultDurationSecs, options: new Set(canSay ? (["truncation"] as const) : []) };
}

/** JSON can carry half a surrogate pair, which many a parser on the other side then refuses: it becomes U+FFFD, as it would in UTF-8. */
function wellFormed(call: ScoreCall): ScoreCall {
  return { ...call, query: call.query.toWellFormed(), texts: call.texts.map((text) => text.toWellFormed()) };
}
