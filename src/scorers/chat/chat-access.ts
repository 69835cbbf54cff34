/** Where an endpoint is, and who may know the key. */
import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import { secretsInHeaders } from "../../http/secrets.ts";
import type { CheckedLlmConfig } from "../../types.ts";

/** All that a request takes beside its body. */
export interface Access {
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Never to be told. */
  secrets: readonly string[];
}

const openAi = "https://api.openai.com/v1";
const variable = "OPENAI_API_KEY";
// A caller who brings a key of another kind (Azure's) does not want the environment's beside it.
const keyHeaders = ["authorization", "api-key", "x-api-key"];

/** For the message where a key is refused. */
export function keyAdvice({ hasEnvironment }: Network): string {
  return hasEnvironment ? `Check llm.apiKey, or ${variable}` : "Check llm.apiKey";
}

/**
 * The address and the headers for a model.
 *
 * The key, the environment's too, goes to OpenAI or to the `baseUrl` of the configuration, and nowhere else. Only OpenAI itself is known
 * to need one. The environment is read anew for each request, so that a variable that is set later counts.
 *
 * @throws RerankError `invalid-input` without a key for OpenAI
 */
export function accessOf(place: string, llm: CheckedLlmConfig, network: Network): Access {
  const url = completionsUrl(llm.baseUrl ?? openAi);
  const own = Object.fromEntries(Object.entries(llm.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const secrets = secretsInHeaders(own);
  if (keyHeaders.some((name) => name in own)) return { url: url.href, headers: own, secrets };
  const key = llm.apiKey?.trim() || network.readVariable(variable);
  if (key !== undefined) return { url: url.href, headers: { authorization: `Bearer ${key}`, ...own }, secrets: [key, ...secrets] };
  if (url.origin !== new URL(openAi).origin) return { url: url.href, headers: own, secrets };
  const set = network.hasEnvironment ? `, or set ${variable}` : "";
  const advice = `Give llm.apiKey${set}; for another endpoint give llm.baseUrl`;
  throw new RerankError("invalid-input", `${place}: there is no API key for ${url.host}. ${advice}.`);
}

/** A query in `baseUrl` stays one: Azure's `?api-version=…`. */
function completionsUrl(baseUrl: string): URL {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url;
}
