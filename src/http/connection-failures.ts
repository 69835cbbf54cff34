/** Why a connection failed, and what to do about it; the same for hosted models, engines and the hub. */
import { messageOf } from "../errors.ts";

// Codes of Node and its TLS, where the next attempt would fail, too: a wrong name, a certificate that is not trusted.
const lasting =
  /^(?:ENOTFOUND|EPROTO|ERR_INVALID_|CERT_|CRL_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERROR_IN_|INVALID_|PATH_LENGTH_|HOSTNAME_)/;
const untrusted = /^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_UNTRUSTED|CERT_REJECTED|INVALID_CA)/;
const outdated = /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)/;
const otherName = /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)/;
// What OpenSSL says of bytes that are no TLS; older Node has only EPROTO for it.
const noTls = /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST))/;

/** Whether a failed request will fail the next time, too. */
export function isLasting(cause: unknown): boolean {
  return causes(cause).some((error) => lasting.test(codeOf(error)) || error.message === "bad port");
}

/** The innermost reason is the telling one: the outermost is "fetch failed". */
export function reasonOf(cause: unknown): string {
  const chain = causes(cause);
  // Connecting to several addresses gives an error with an empty message.
  const reason = chain.findLast((error) => error.message !== "")?.message ?? messageOf(cause);
  const code = lastCode(chain);
  return code === "" || reason.includes(code) ? reason : `${reason} (${code})`;
}

/**
 * What to do about a failed connection, as a sentence; undefined where the failure alone does not tell.
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

/** An error and what caused it, outermost first: fetch says "fetch failed" and keeps the reason in a chain. */
export function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  // A handful: longer chains are loops.
  for (let current = error; current instanceof Error && chain.length < 5; ) {
    chain.push(current);
    // Connecting to several addresses of one host fails several times.
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return chain;
}

/** Node's code of an error; "" where it has none. */
export function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function lastCode(chain: readonly Error[]): string {
  return chain.map(codeOf).findLast((text) => text !== "") ?? "";
}
