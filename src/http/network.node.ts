/** Node's fetch and environment. Node's own fetch ignores proxy variables and a company's certificate authorities; this one obeys them. */
import { readFile } from "node:fs/promises";
import { RerankError } from "../errors.ts";
import { importPackage } from "../package-files.node.ts";
import { type Authorities, namedAuthorities } from "./authorities.node.ts";
import { withoutCredentials } from "./credentials.ts";
import type { Network } from "./request.ts";

let special: { settings: string; send: typeof fetch } | undefined;

/**
 * fetch through the proxy of HTTP_PROXY or HTTPS_PROXY, except for the hosts of NO_PROXY. The names may be in upper or lower case. It also
 * trusts the certificate authorities of SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE. The variables are read at each request.
 *
 * undici is loaded only if one of them is set.
 */
export const nodeNetwork: Network = {
  fetch: async (resource, options) => (await chooseFetch(String(resource)))(resource, options),
  readVariable,
  readFile: (path) => readFile(path, "utf8"),
  hasEnvironment: true,
};

/** A variable, and its name as the environment spells it. */
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
  // Without TLS no certificates are needed, and a missing file must not fail the request.
  const authorities = hasProxy || /^https:/i.test(url) ? namedAuthorities(readVariable) : undefined;
  if (!hasProxy && authorities === undefined) return globalThis.fetch;
  const noProxy = readEither("NO_PROXY")?.value ?? "";
  const settings = JSON.stringify([httpProxy, httpsProxy, noProxy, authorities?.names]);
  // One agent for all requests, because it keeps connections open.
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
          // Passed explicitly, because undici takes an empty variable for one that is set.
          ...(httpProxy === undefined ? {} : { httpProxy: httpProxy.value }),
          ...(httpsProxy === undefined ? {} : { httpsProxy: httpsProxy.value }),
          noProxy,
          // Proxies refuse tunnels to port 80. Requests by http are sent to the proxy itself, as curl does.
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

/** In lower case first, as curl and undici do. */
function readEither(name: string): Variable | undefined {
  const found = [name.toLowerCase(), name].find((spelling) => readVariable(spelling) !== undefined);
  return found === undefined ? undefined : { name: found, value: readVariable(found)! };
}

function readVariable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}
