/** Chooses the scorer of a model that is asked over the network; the same on every platform and in the helper thread. */
import type { Scorer } from "./scorer.ts";
import { createChatScorer } from "./scorers/chat/chat.ts";
import { createHostedScorer } from "./scorers/hosted/hosted.ts";
import { createRemoteScorer } from "./scorers/remote/remote.ts";
import type { Network } from "./transport/http.ts";
import type { ChatModel, LlmModel, RemoteModel } from "./types.ts";

/** Models behind HTTP. */
export type NetworkModel = LlmModel | ChatModel | RemoteModel;

export function createNetworkScorer(model: NetworkModel, network: Network): Scorer {
  switch (model.type) {
    case "llm":
      return createHostedScorer(model.llm, network);
    case "chat":
      return createChatScorer(model, network);
    case "remote":
      return createRemoteScorer(model, network);
  }
}
