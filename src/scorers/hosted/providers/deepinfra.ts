import { deepInfra as codec, deepInfraLimits } from "../../../dialects/deepinfra.ts";
import type { Provider } from "../provider.ts";

/** DeepInfra's own service. The model is a part of the path. */
export const deepInfra: Provider = {
  prefixes: ["deepinfra"],
  codec,
  path: ({ model }) => `inference/${model}`,
  defaultUrl: ({ model }) => `https://api.deepinfra.com/v1/inference/${model}`,
  keyVariables: ["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"],
  limits: () => deepInfraLimits,
};
