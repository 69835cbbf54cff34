import { cohereLimits } from "../../../dialects/cohere.ts";
import { cohereV2 } from "../../../dialects/cohere-v2.ts";
import type { Provider } from "../provider.ts";

/**
 * Cohere's models on Azure AI Foundry: each resource has a host of its own, as in
 * `https://RESOURCE.services.ai.azure.com/providers/cohere/v2` or `https://DEPLOYMENT.REGION.models.ai.azure.com/v2`.
 *
 * @see https://docs.cohere.com/docs/cohere-on-microsoft-azure
 * @see https://docs.litellm.ai/docs/providers/azure_ai for the variables
 */
export const azureAi: Provider = {
  prefixes: ["azure_ai"],
  codec: cohereV2,
  path: "rerank",
  baseUrlVariables: ["AZURE_AI_API_BASE"],
  keyVariables: ["AZURE_AI_API_KEY"],
  limits: () => cohereLimits,
};
