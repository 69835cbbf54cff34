/** Certificate authorities that environment variables name, as the Hugging Face hub's own clients read them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
// The default export: of a namespace webpack makes named imports, and older releases of Node lack one of them.
import tls from "node:tls";
import { messageOf, RerankError } from "../errors.ts";

/** Authorities to trust beside Node's own. */
export interface Authorities {
  /** The variables and the paths that they hold. */
  names: readonly (readonly [variable: string, path: string])[];
  /** Reads them. @throws RerankError `invalid-input` that names the variable whose file or folder cannot be used */
  open(): tls.SecureContext;
}

/**
 * Of httpx, requests and curl. Each is a PEM file, or a folder of such.
 *
 * @see https://www.python-httpx.org/environment_variables/ @see https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
 */
const variables = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
const nodesOwn = "NODE_EXTRA_CA_CERTS";

/** Undefined where no variable names any. */
export function namedAuthorities(readVariable: (name: string) => string | undefined): Authorities | undefined {
  const names = variables.flatMap((name) => {
    const path = readVariable(name);
    return path === undefined ? [] : [[name, path] as const];
  });
  if (names.length === 0) return undefined;
  return {
    names,
    // Made once: each connection of its own would read hundreds of certificates anew.
    open: () => tls.createSecureContext({ ca: [...ownAuthorities(readVariable), ...names.flatMap(readAuthorities)] }),
  };
}

/** What Node trusts where nothing is said; a list of one's own takes its place. */
function ownAuthorities(readVariable: (name: string) => string | undefined): string[] {
  // Since Node 22.15, and it counts what --use-system-ca and NODE_EXTRA_CA_CERTS add.
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => string[] };
  if (getCACertificates !== undefined) return getCACertificates("default");
  const extra = readVariable(nodesOwn);
  return [...tls.rootCertificates, ...(extra === undefined ? [] : readIfPresent(extra))];
}

/** Node itself only warns of a file that is not there. */
function readIfPresent(path: string): string[] {
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}

function readAuthorities([name, path]: readonly [variable: string, path: string]): string[] {
  let texts: string[];
  try {
    const isFolder = statSync(path).isDirectory();
    const files = isFolder ? readdirSync(path).map((entry) => join(path, entry)) : [path];
    texts = files
      .filter((file) => !isFolder || statSync(file, { throwIfNoEntry: false })?.isFile())
      .map((file) => readFileSync(file, "utf8"));
  } catch (cause) {
    throw new RerankError("invalid-input", `tls: ${name} is ${path}, which cannot be read: ${messageOf(cause)}. Correct or unset it.`, {
      cause,
    });
  }
  const certificates = texts.filter((text) => /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text));
  if (certificates.length > 0) return certificates;
  throw new RerankError("invalid-input", `tls: ${name} is ${path}, which holds no certificate in PEM. Correct or unset it.`);
}
