/** Finds the address and the key of requests. They never go to a host that neither the configuration nor the provider itself names. */
import { RerankError } from "../../errors.ts";
import type { JsonRequest, Network } from "../../http/request.ts";
import { secretsInHeaders } from "../../http/secrets.ts";
import type { NamedModel } from "./known-providers.ts";
import type { Authorization, Provider, Setting } from "./provider.ts";

/** Address, headers and secrets of a request. */
export interface Access extends Pick<JsonRequest, "headers" | "secrets" | "sign" | "keyAdvice"> {
  url: string;
}

/**
 * Resolves URL and key anew at each call, so that a variable that is set later counts.
 *
 * A key of the environment goes to the provider's own host or to the `baseUrl` of the configuration. A `baseUrl` of the environment is
 * only read where the provider has no host of its own.
 *
 * @throws RerankError `invalid-input` for a missing key or base URL, naming the option and the variables
 */
export function openAccess({ prefix, provider }: NamedModel, setting: Setting): Access {
  const url = urlOf(prefix, provider, setting);
  const own = lowerCased(setting.llm.headers ?? {});
  const { headers, secrets, sign, advice } = provider.authorize?.(setting, url) ?? authorizeByKey(prefix, provider, setting, own);
  const known = [...secrets, ...secretsInHeaders(own)];
  const signAndRemember = async (body: string): Promise<Record<string, string>> => {
    const signed = await sign!(body);
    known.push(...secretsInHeaders(signed));
    // A header of the configuration wins over a signed one, too.
    return { ...signed, ...own };
  };
  return {
    url,
    headers: { ...provider.headers, ...headers, ...own },
    secrets: known,
    sign: sign && signAndRemember,
    keyAdvice: advice,
  };
}

/** The key of the configuration, or of the first variable that is set. */
export function findKey({ keyVariables }: Provider, { llm, network }: Setting): string | undefined {
  return llm.apiKey?.trim() || keyVariables.map((name) => network.readVariable(name)).find((value) => value !== undefined);
}

/** The error for a provider that requires a key. */
export function missingKey(prefix: string, { keyVariables }: Provider, { network }: Setting): RerankError {
  return new RerankError("invalid-input", `${prefix}: there is no API key. Give llm.apiKey${orSet(network, keyVariables)}.`);
}

/** The same service at another last segment: `…/rerank` → `…/info`. */
export function besides(url: string, path: string): string {
  const other = new URL(url);
  other.pathname = other.pathname.replace(/[^/]*$/, path);
  return other.href;
}

function urlOf(prefix: string, provider: Provider, setting: Setting): string {
  const { llm, network } = setting;
  if (llm.baseUrl !== undefined) return underBase(llm.baseUrl, pathOf(provider, setting));
  if (provider.defaultUrl !== undefined) return provider.defaultUrl(setting);
  const variables = provider.baseUrlVariables ?? [];
  const base = variables.map((name) => network.readVariable(name)).find((value) => value !== undefined);
  if (base !== undefined && /^https?:\/\//i.test(base) && URL.canParse(base)) return underBase(base, pathOf(provider, setting));
  const set = orSet(network, variables);
  const what =
    base === undefined ? "runs where you run it, and no address was given" : `has no http or https URL in ${variables.join(" or ")}`;
  throw new RerankError("invalid-input", `${prefix}: ${what}. Give llm.baseUrl, for example "http://localhost:8000"${set}.`);
}

function pathOf({ path }: Provider, setting: Setting): string {
  return typeof path === "string" ? path : path(setting);
}

/** Keeps the query after the path: gateways put versions there. */
function underBase(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url.href;
}

function authorizeByKey(prefix: string, provider: Provider, setting: Setting, own: Record<string, string>): Authorization {
  const { keyVariables, keyHeader = bearer } = provider;
  const key = findKey(provider, setting);
  const places = ["llm.apiKey", ...(setting.network.hasEnvironment ? keyVariables : [])].join(" or ");
  if (key !== undefined) return { headers: keyHeader(key), secrets: [key], advice: `Check the key in ${places}` };
  // A gateway may need its own header instead.
  const hasOwn = Object.keys(keyHeader("")).some((name) => name in own);
  if (provider.defaultUrl !== undefined && setting.llm.baseUrl === undefined && !hasOwn) throw missingKey(prefix, provider, setting);
  return { headers: {}, secrets: [], advice: `Give a key in ${places}` };
}

/** The end of an advice: which variables can be set instead, if any. */
function orSet({ hasEnvironment }: Network, names: readonly string[]): string {
  return !hasEnvironment || names.length === 0 ? "" : `, or set ${names.join(" or ")}`;
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
