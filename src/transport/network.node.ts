/** Node's surroundings: its fetch, which knows no proxy variables by itself, and its environment. */
import { RerankError } from "../errors.ts";
import { importPackage } from "../package-files.node.ts";
import type { Network } from "./http.ts";

let proxied: { settings: string; send: typeof fetch } | undefined;

/**
 * fetch through the proxy that HTTP_PROXY or HTTPS_PROXY names, but for the hosts of NO_PROXY; each in either case, read at each request.
 *
 * undici is loaded only where a proxy is set.
 */
export const nodeNetwork: Network = {
  fetch: async (resource, options) => (await chooseFetch())(resource, options),
  readVariable,
};

async function chooseFetch(): Promise<typeof fetch> {
  const httpProxy = readEither("HTTP_PROXY");
  const httpsProxy = readEither("HTTPS_PROXY");
  if (httpProxy === undefined && httpsProxy === undefined) return globalThis.fetch;
  const noProxy = readEither("NO_PROXY") ?? "";
  const settings = JSON.stringify([httpProxy, httpsProxy, noProxy]);
  // One agent for all requests, for it keeps the connections.
  if (proxied?.settings !== settings) {
    // Said, not left to undici, for which an empty variable is one that is set.
    const send = await openProxy({
      ...(httpProxy === undefined ? {} : { httpProxy }),
      ...(httpsProxy === undefined ? {} : { httpsProxy }),
      noProxy,
    });
    proxied = { settings, send };
  }
  return proxied.send;
}

async function openProxy(settings: { httpProxy?: string; httpsProxy?: string; noProxy: string }): Promise<typeof fetch> {
  const undici = await importPackage("undici", () => import("undici"));
  try {
    const dispatcher = new undici.EnvHttpProxyAgent(settings);
    return ((resource: string, options: object) => undici.fetch(resource, { ...options, dispatcher })) as unknown as typeof fetch;
  } catch {
    // The cause quotes the variable, which may hold a password.
    throw new RerankError("invalid-input", "proxy: HTTP_PROXY or HTTPS_PROXY holds something that is no URL. Correct or unset it.");
  }
}

/** In small letters first, as curl and undici do. */
function readEither(name: string): string | undefined {
  return readVariable(name.toLowerCase()) ?? readVariable(name);
}

function readVariable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}
