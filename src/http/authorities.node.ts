/** Certificate authorities from the environment variables that the Hugging Face hub's own clients read. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
// The default export: of a namespace webpack makes named imports, and older releases of Node lack one of them.
import tls from "node:tls";
import { messageOf, RerankError } from "../errors.ts";

/** Authorities to trust in addition to Node's own. */
export interface Authorities {
  /** The variables and their values. */
  names: readonly (readonly [variable: string, path: string])[];
  /** Reads them. @throws RerankError `invalid-input` that names the variable whose file or folder cannot be used */
  open(): tls.SecureContext;
}

/**
 * The variables of httpx, requests and curl. Each holds the path of a PEM file, or of a folder of PEM files.
 *
 * @see https://www.python-httpx.org/environment_variables/ @see https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
 */
const variables = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
const nodesOwn = "NODE_EXTRA_CA_CERTS";

/** The authorities that the variables name; undefined if none is set. */
export function namedAuthorities(readVariable: (name: string) => string | undefined): Authorities | undefined {
  const names = variables.flatMap((name) => {
    const path = readVariable(name);
    return path === undefined ? [] : [[name, path] as const];
  });
  if (names.length === 0) return undefined;
  return {
    names,
    // One context for all connections: each would otherwise read hundreds of certificates again.
    open: () => tls.createSecureContext({ ca: [...ownAuthorities(readVariable), ...names.flatMap(readAuthorities)] }),
  };
}

/** The authorities that Node trusts by default. Passing `ca` replaces them, so they have to be in it. */
function ownAuthorities(readVariable: (name: string) => string | undefined): string[] {
  // Exists since Node 22.15. The list includes what --use-system-ca and NODE_EXTRA_CA_CERTS add.
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => string[] };
  if (getCACertificates !== undefined) return getCACertificates("default");
  const extra = readVariable(nodesOwn);
  return [...tls.rootCertificates, ...(extra === undefined ? [] : readIfPresent(extra))];
}

/** A missing file is no error here, because Node itself only warns about it. */
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
