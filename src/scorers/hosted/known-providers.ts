import { providerPrefixes } from "../../config/model-string.ts";
import { engines } from "../../dialects/engines.ts";
import { RerankError } from "../../errors.ts";
import { providerOf } from "./engine-provider.ts";
import type { Provider } from "./provider.ts";
import { azureAi } from "./providers/azure-ai.ts";
import { bedrock } from "./providers/bedrock.ts";
import { cohere } from "./providers/cohere.ts";
import { dashScope } from "./providers/dashscope.ts";
import { deepInfra } from "./providers/deepinfra.ts";
import { fireworksAi } from "./providers/fireworks-ai.ts";
import { huggingFace } from "./providers/huggingface.ts";
import { jina } from "./providers/jina.ts";
import { mixedbread } from "./providers/mixedbread.ts";
import { nvidiaNim } from "./providers/nvidia-nim.ts";
import { openRouter } from "./providers/openrouter.ts";
import { pinecone } from "./providers/pinecone.ts";
import { siliconFlow } from "./providers/siliconflow.ts";
import { together } from "./providers/together.ts";
import { vertexAi } from "./providers/vertex-ai.ts";
import { voyage } from "./providers/voyage.ts";
import { zeroEntropy } from "./providers/zeroentropy.ts";

/** What a user has to know of a provider before the first call. */
export interface ProviderInfo {
  /** First segment of model strings: `cohere/…`. */
  prefix: string;
  /** Variables that hold its key, the usual one first; all of them for Bedrock. */
  variables: readonly string[];
  /** Variables that go with them only at times: AWS_SESSION_TOKEN, with temporary keys. */
  optionalVariables: readonly string[];
  /** Whether it answers only with a key. */
  needsKey: boolean;
  /** Whether it has no host of its own, so that `baseUrl` or a variable has to name one. */
  needsBaseUrl: boolean;
  /** Variables that may stand in for `baseUrl`. */
  baseUrlVariables: readonly string[];
  /** Most documents of one request, above which a call is split; undefined where there is no such limit. */
  maxDocuments: number | undefined;
}

/** A model string, taken apart. */
export interface NamedModel {
  prefix: string;
  /** As the provider calls it. */
  model: string;
  provider: Provider;
}

const providers: readonly Provider[] = [
  cohere,
  jina,
  voyage,
  mixedbread,
  together,
  pinecone,
  nvidiaNim,
  bedrock,
  vertexAi,
  azureAi,
  openRouter,
  zeroEntropy,
  dashScope,
  siliconFlow,
  fireworksAi,
  deepInfra,
  huggingFace,
  ...Object.values(engines).map(providerOf),
];

const byPrefix = new Map(providers.flatMap((provider) => provider.prefixes.map((prefix) => [prefix, provider] as const)));

/**
 * Every prefix of a hosted model, in the order of the documentation.
 *
 * @example
 * console.log(listProviders()[0].prefix, listProviders()[0].variables); // cohere [ 'COHERE_API_KEY', 'CO_API_KEY' ]
 */
export function listProviders(): ProviderInfo[] {
  return providerPrefixes.map((prefix) => {
    const provider = byPrefix.get(prefix)!;
    return {
      prefix,
      variables: provider.keyVariables,
      optionalVariables: provider.optionalVariables ?? [],
      needsKey: provider.defaultUrl !== undefined,
      needsBaseUrl: provider.defaultUrl === undefined,
      baseUrlVariables: provider.baseUrlVariables ?? [],
      maxDocuments: provider.limits?.("").maxDocuments,
    };
  });
}

/**
 * The provider that a model string names, as it is at a base URL.
 *
 * @throws RerankError `invalid-input` listing the known prefixes: a model of an unknown one is sent nowhere
 */
export function findProvider(text: string, baseUrl?: string): NamedModel {
  const slash = text.indexOf("/");
  const prefix = slash === -1 ? text : text.slice(0, slash);
  const provider = byPrefix.get(prefix);
  const model = slash === -1 ? "" : text.slice(slash + 1);
  if (provider !== undefined && model !== "") {
    return { prefix, model, provider: baseUrl === undefined ? provider : { ...provider, ...provider.at?.(baseUrl) } };
  }
  const what = provider === undefined ? `names no provider that crossrank knows` : `names no model of ${prefix}`;
  throw new RerankError(
    "invalid-input",
    `llm.model: ${JSON.stringify(text)} ${what}. Write provider/model, where the provider is one of ${providerPrefixes.join(", ")}.`,
  );
}
