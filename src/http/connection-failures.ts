/** Why a connection failed, and what to do about it. Hosted models, engines and the hub use the same rules. */
import { messageOf } from "../errors.ts";

// Error codes of Node and its TLS after which the next attempt fails too: a wrong host name, a certificate that is not trusted.
const permanent =
  /^(?:ENOTFOUND|EPROTO|ERR_INVALID_|CERT_|CRL_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERROR_IN_|INVALID_|PATH_LENGTH_|HOSTNAME_)/;
const untrusted = /^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_UNTRUSTED|CERT_REJECTED|INVALID_CA)/;
const outdated = /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)/;
const otherName = /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)/;
// OpenSSL's codes for bytes that are not TLS. Older versions of Node have only EPROTO.
const noTls = /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST))/;

/** Whether the same request would fail again. */
export function isPermanent(cause: unknown): boolean {
  return causes(cause).some((error) => permanent.test(codeOf(error)) || error.message === "bad port");
}

/** The innermost message of an error and its causes: the outermost only says "fetch failed". */
export function reasonOf(cause: unknown): string {
  const chain = causes(cause);
  // A failed connection to several addresses is an error with an empty message.
  const reason = chain.findLast((error) => error.message !== "")?.message ?? messageOf(cause);
  const code = lastCode(chain);
  return code === "" || reason.includes(code) ? reason : `${reason} (${code})`;
}

/**
 * What to do about a failed connection, as a sentence; undefined if the error does not show it.
 *
 * @param hasEnvironment whether environment variables may be named
 */
export function remedyOf(cause: unknown, hasEnvironment: boolean): string | undefined {
  const code = lastCode(causes(cause));
  if (untrusted.test(code)) {
    const what = "The certificate is of an authority that is not known here, such as a company's own";
    const how = hasEnvironment ? "set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to a PEM file with that authority's certificate" : "install it";
    return `${what}: ${how}.`;
  }
  if (outdated.test(code)) return "Have the certificate renewed, or correct the clock of this machine.";
  if (otherName.test(code)) return "The certificate is for another host name: correct the address, or have the certificate replaced.";
  if (noTls.test(code)) return "The other side does not speak TLS there: write http:// instead of https://, or correct the port.";
  return undefined;
}

/** An error and its causes, outermost first. fetch throws "fetch failed" and keeps the reason in `cause`. */
export function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  // A longer chain is a loop.
  for (let current = error; current instanceof Error && chain.length < 5; ) {
    chain.push(current);
    // One error for each address of the host.
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return chain;
}

/** Node's code of an error; "" if it has none. */
export function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function lastCode(chain: readonly Error[]): string {
  return chain.map(codeOf).findLast((text) => text !== "") ?? "";
}
