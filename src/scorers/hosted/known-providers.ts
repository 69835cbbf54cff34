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

/** What a user needs to know about a provider before the first call. */
export interface ProviderInfo {
  /** First segment of model strings: `cohere/…`. */
  prefix: string;
  /** Environment variables for the API key, the usual one first. Bedrock needs all of them. */
  variables: readonly string[];
  /** Environment variables that only some keys need: AWS_SESSION_TOKEN for temporary keys. */
  optionalVariables: readonly string[];
  /** Whether it answers only with a key. */
  needsKey: boolean;
  /** Whether the user must name a host, by `baseUrl` or a variable, because the provider has none. */
  needsBaseUrl: boolean;
  /** Environment variables that are used if `baseUrl` is absent. */
  baseUrlVariables: readonly string[];
  /** Maximum documents of one request. Larger calls are split. Undefined if there is no limit. */
  maxDocuments: number | undefined;
}

/** The parts of a model string. */
export interface NamedModel {
  prefix: string;
  /** The provider's name of the model. */
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
 * Lists all prefixes of hosted models, in the order of the docs.
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
 * Finds the provider of a model string, with its differences at a base URL.
 *
 * @throws RerankError `invalid-input` for an unknown prefix; the message lists the known ones
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
