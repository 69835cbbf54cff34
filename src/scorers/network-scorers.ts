/** Chooses the scorer of a remote model: the same on every platform and in the helper thread. */

import type { Network } from "../http/request.ts";
import type { Scorer } from "../scorer.ts";
import type { CheckedChatModel, CheckedHostedModel, CheckedLlmModel, CheckedRemoteModel } from "../types.ts";
import { createChatScorer } from "./chat/chat.ts";
import { createHostedScorer } from "./hosted/hosted.ts";
import { createRemoteScorer } from "./remote/remote.ts";

/** Models behind HTTP. */
export type NetworkModel = CheckedHostedModel | CheckedLlmModel | CheckedChatModel | CheckedRemoteModel;

/** Creates the scorer of a model behind HTTP. @param network the platform's fetch and environment variables */
export function createNetworkScorer(model: NetworkModel, network: Network): Scorer {
  switch (model.type) {
    case "hosted": {
      const { type, ...llm } = model;
      return createHostedScorer(llm, network);
    }
    case "llm":
      return createHostedScorer(model.llm, network);
    case "chat":
      return createChatScorer(model, network);
    case "remote":
      return createRemoteScorer(model, network);
  }
}
