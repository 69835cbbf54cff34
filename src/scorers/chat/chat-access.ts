/** Finds the address and the key of an endpoint. */
import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import { secretsInHeaders } from "../../http/secrets.ts";
import type { CheckedLlmConfig } from "../../types.ts";

/** Address, headers and secrets of a request. */
export interface Access {
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Values that no message may contain. */
  secrets: readonly string[];
}

const openAi = "https://api.openai.com/v1";
const variable = "OPENAI_API_KEY";
// If the caller gives another kind of key (Azure's), do not add that of the environment.
const keyHeaders = ["authorization", "api-key", "x-api-key"];

/** Advice for the message about a refused key. */
export function keyAdvice({ hasEnvironment }: Network): string {
  return hasEnvironment ? `Check llm.apiKey, or ${variable}` : "Check llm.apiKey";
}

/**
 * The address and the headers for a model.
 *
 * The key, also that of the environment, goes only to OpenAI or to the `baseUrl` of the configuration. Only OpenAI itself is known to require
 * one. Each request reads the environment again, so that a variable that is set later counts.
 *
 * @throws RerankError `invalid-input` without a key for OpenAI
 */
export function accessOf(where: string, llm: CheckedLlmConfig, network: Network): Access {
  const url = completionsUrl(llm.baseUrl ?? openAi);
  const own = Object.fromEntries(Object.entries(llm.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const secrets = secretsInHeaders(own);
  if (keyHeaders.some((name) => name in own)) return { url: url.href, headers: own, secrets };
  const key = llm.apiKey?.trim() || network.readVariable(variable);
  if (key !== undefined) return { url: url.href, headers: { authorization: `Bearer ${key}`, ...own }, secrets: [key, ...secrets] };
  if (url.origin !== new URL(openAi).origin) return { url: url.href, headers: own, secrets };
  const set = network.hasEnvironment ? `, or set ${variable}` : "";
  const advice = `Give llm.apiKey${set}; for another endpoint give llm.baseUrl`;
  throw new RerankError("invalid-input", `${where}: there is no API key for ${url.host}. ${advice}.`);
}

/** Keeps a query of `baseUrl`, such as Azure's `?api-version=…`. */
function completionsUrl(baseUrl: string): URL {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url;
}
