/** Node's surroundings: its fetch, which by itself knows neither proxy variables nor a company's certificate authorities, and its environment. */
import { RerankError } from "../errors.ts";
import { importPackage } from "../package-files.node.ts";
import { type Authorities, namedAuthorities } from "./authorities.node.ts";
import { withoutCredentials } from "./credentials.ts";
import type { Network } from "./request.ts";

let special: { settings: string; send: typeof fetch } | undefined;

/**
 * fetch through the proxy that HTTP_PROXY or HTTPS_PROXY names, but for the hosts of NO_PROXY, each in either case; and trusting the
 * certificate authorities of SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE beside Node's own. All are read at each request.
 *
 * undici is loaded only where one of them is set.
 */
export const nodeNetwork: Network = {
  fetch: async (resource, options) => (await chooseFetch(String(resource)))(resource, options),
  readVariable,
  hasEnvironment: true,
};

/** A variable, and its name as it is spelt in the environment. */
interface Variable {
  name: string;
  value: string;
}

interface Settings {
  httpProxy: Variable | undefined;
  httpsProxy: Variable | undefined;
  noProxy: string;
  authorities: Authorities | undefined;
}

async function chooseFetch(url: string): Promise<typeof fetch> {
  const httpProxy = readEither("HTTP_PROXY");
  const httpsProxy = readEither("HTTPS_PROXY");
  const hasProxy = httpProxy !== undefined || httpsProxy !== undefined;
  // A file that is missing hinders nobody who needs no certificates.
  const authorities = hasProxy || /^https:/i.test(url) ? namedAuthorities(readVariable) : undefined;
  if (!hasProxy && authorities === undefined) return globalThis.fetch;
  const noProxy = readEither("NO_PROXY")?.value ?? "";
  const settings = JSON.stringify([httpProxy, httpsProxy, noProxy, authorities?.names]);
  // One agent for all requests, for it keeps the connections.
  if (special?.settings !== settings) special = { settings, send: await open({ httpProxy, httpsProxy, noProxy, authorities }) };
  return special.send;
}

async function open({ httpProxy, httpsProxy, noProxy, authorities }: Settings): Promise<typeof fetch> {
  for (const variable of [httpProxy, httpsProxy]) if (variable !== undefined) checkProxy(variable);
  const undici = await importPackage("undici", () => import("undici"));
  const tls = authorities === undefined ? {} : { secureContext: authorities.open() };
  const dispatcher =
    httpProxy === undefined && httpsProxy === undefined
      ? new undici.Agent({ connect: tls })
      : new undici.EnvHttpProxyAgent({
          // Said, not left to undici, for which an empty variable is one that is set.
          ...(httpProxy === undefined ? {} : { httpProxy: httpProxy.value }),
          ...(httpsProxy === undefined ? {} : { httpsProxy: httpsProxy.value }),
          noProxy,
          // Proxies let nobody tunnel to port 80: requests by http are handed to them, as curl does it.
          proxyTunnel: false,
          connect: tls,
          requestTls: tls,
          proxyTls: tls,
        });
  return ((resource: string, options: object) => undici.fetch(resource, { ...options, dispatcher })) as unknown as typeof fetch;
}

/** @throws RerankError `invalid-input` that names the variable, without the user name and the password in it */
function checkProxy({ name, value }: Variable): void {
  const address = withoutCredentials(value);
  const fail = (what: string, remedy: string): never => {
    throw new RerankError("invalid-input", `proxy: ${name} is ${JSON.stringify(address)}, ${what}. ${remedy}, or unset ${name}.`);
  };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) && URL.canParse(`http://${value}`)) {
    fail("which has no scheme", `Write http:// in front of it`);
  }
  if (!URL.canParse(value)) fail("which is no URL", "Write one like http://proxy.example:8080");
  const { protocol, username, password } = new URL(value);
  if (protocol !== "http:" && protocol !== "https:") fail(`and ${protocol}// is no scheme of an HTTP proxy`, "Name an HTTP proxy");
  if (!isDecodable(username) || !isDecodable(password)) fail("and its user name or password has a stray %", "Write %25 for it");
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** In small letters first, as curl and undici do. */
function readEither(name: string): Variable | undefined {
  const found = [name.toLowerCase(), name].find((spelling) => readVariable(spelling) !== undefined);
  return found === undefined ? undefined : { name: found, value: readVariable(found)! };
}

function readVariable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}
