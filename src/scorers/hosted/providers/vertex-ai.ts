import { vertex as codec, vertexLimits } from "../../../dialects/vertex.ts";
import { RerankError } from "../../../errors.ts";
import { googleToken, keyFileVariable, tokenFileVariable } from "../google-token.ts";
import type { Authorization, Provider, Setting } from "../provider.ts";

const projectVariables = ["VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT"];
const config = "default_ranking_config:rank";

/**
 * Google's ranking API. It is let in by an access token: `apiKey`, or one out of a file, or one signed with a service account's key file.
 *
 * @see https://cloud.google.com/generative-ai-app-builder/docs/ranking
 */
export const vertexAi: Provider = {
  prefixes: ["vertex_ai"],
  codec,
  path: config,
  defaultUrl(setting) {
    // A missing token is the more usual mistake: it is told first.
    authorize(setting);
    const project = encodeURIComponent(projectOf(setting));
    return `https://discoveryengine.googleapis.com/v1/projects/${project}/locations/global/rankingConfigs/${config}`;
  },
  keyVariables: [keyFileVariable, tokenFileVariable],
  optionalVariables: projectVariables,
  authorize,
  limits: () => vertexLimits,
};

function authorize(setting: Setting): Authorization {
  const { llm, network } = setting;
  const places = ["llm.apiKey", ...(network.hasEnvironment ? [keyFileVariable, tokenFileVariable] : [])].join(" or ");
  const advice = `Check ${places}, and that it may call discoveryengine.rankingConfigs.rank`;
  if (llm.apiKey !== undefined) return { headers: { authorization: `Bearer ${llm.apiKey.trim()}` }, secrets: [llm.apiKey], advice };
  const token = googleToken(network);
  if (token === undefined && llm.baseUrl !== undefined) return { headers: {}, secrets: [], advice };
  if (token === undefined) {
    const set = network.hasEnvironment ? `, or set ${keyFileVariable} or ${tokenFileVariable}` : "";
    throw new RerankError("invalid-input", `vertex_ai: there is no access token. Give llm.apiKey${set}.`);
  }
  return { headers: {}, secrets: [], advice, sign: async () => ({ authorization: `Bearer ${await token()}` }) };
}

function projectOf({ network }: Setting): string {
  const project = projectVariables.map((name) => network.readVariable(name)).find((value) => value !== undefined);
  if (project !== undefined) return project;
  const set = network.hasEnvironment ? `, or set ${projectVariables.join(" or ")}` : "";
  throw new RerankError("invalid-input", `vertex_ai: there is no project. Give llm.baseUrl${set}.`);
}
