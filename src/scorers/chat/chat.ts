import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import type { CheckedChatModel } from "../../types.ts";
import { ChatEndpoint } from "./endpoint.ts";
import { scoreListwise, type WindowOptions } from "./listwise.ts";
import { scorePointwise } from "./pointwise.ts";
import { promptVersions } from "./prompts.ts";

/** Options of {@link createChatScorer}. */
export interface ChatScorerOptions {
  /** First pause before a request is repeated, milliseconds. @default that of `http/retry.ts` */
  retryDelayMs?: number;
}

const usualWindow = 20;
const usualStep = 10;

/**
 * A scorer that asks a chat model at any OpenAI-compatible endpoint.
 *
 * It cuts nothing: the endpoint refuses documents, or windows of documents, that are too long for the model. `model` names the model and the
 * prompt, `gpt-4.1-mini@pointwise-1`, because both change the scores.
 *
 * @throws RerankError `invalid-input` for windows that do not overlap, and for a client that does not support chat models
 */
export function createChatScorer(model: CheckedChatModel, network: Network, { retryDelayMs }: ChatScorerOptions = {}): Scorer {
  const { method, llm, price } = model;
  const windows = windowsOf(model);
  if (llm.client === "liter-llm") {
    throw new RerankError("invalid-input", `chat:${llm.model}: liter-llm is a client for models of type "llm" only. Remove llm.client.`);
  }
  const endpoint = new ChatEndpoint(llm, network, retryDelayMs);
  const score = (call: ScoreCall): Promise<ScoreResult> =>
    method === "pointwise" ? scorePointwise(endpoint, call, price) : scoreListwise(endpoint, call, windows, price);
  return {
    name: "chat",
    model: `${llm.model}@${promptVersions[method]}`,
    capabilities: {
      scoreKind: "provider",
      defaultDurationSecs: 60,
      options: new Set(["instruction", "specialTokens"] as const),
    },
    async score(call) {
      call.signal?.throwIfAborted();
      const result = await score(call);
      // Otherwise a result that needed no request would arrive after an abort.
      call.signal?.throwIfAborted();
      return result;
    },
    async warmUp() {
      endpoint.checkAccess();
    },
  };
}

function windowsOf({
  llm,
  windowSize: size = usualWindow,
  step = Math.min(usualStep, Math.floor(size / 2)),
}: CheckedChatModel): WindowOptions {
  if (step < size) return { size, step };
  throw new RerankError(
    "invalid-input",
    `chat:${llm.model}: step is ${step} and windowSize ${size}, so that no document would be in two windows. Make step smaller, half of windowSize for example.`,
  );
}
