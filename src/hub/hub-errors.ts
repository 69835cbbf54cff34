/** What to tell a person whose model cannot be downloaded: why the hub or the network failed, and what to do. */

import { suggestRepository } from "../catalogue/catalogue.ts";
import { RerankError } from "../errors.ts";
import { causes, codeOf, isPermanent, reasonOf, remedyOf } from "../http/connection-failures.ts";
import { isRetryableStatus } from "../http/retry.ts";

const otherModels = "or use a local folder (./…) or the preset mini as the model";
const ways = `Check the connection; behind a proxy set HTTPS_PROXY, for a mirror set HF_ENDPOINT, ${otherModels}.`;

/** The error for a signal that has fired: its reason, if that is a RerankError. */
export function abortedError(signal: AbortSignal): RerankError {
  if (RerankError.is(signal.reason)) return signal.reason;
  const options = { cause: signal.reason };
  return new RerankError("aborted", "models: the download was aborted by its caller. Call again to resume it.", options);
}

/** The error for a request whose answer did not arrive, or did not arrive as a whole. */
export function networkError(method: string, url: string, cause: unknown): RerankError {
  const isUnknownHost = causes(cause).some((error) => /^(?:ENOTFOUND|EAI_AGAIN)$/.test(codeOf(error)));
  const what = isUnknownHost
    ? `the host ${new URL(url).hostname} was not found (${causes(cause).map(codeOf).findLast(Boolean)})`
    : reasonOf(cause);
  const remedy = remedyOf(cause, true) ?? ways;
  return new RerankError("download", `hub: ${method} ${shownUrl(url)} failed: ${what}. ${remedy}`, {
    cause,
    isRetryable: !isPermanent(cause),
  });
}

/** The error for a redirect that would leave http(s), or go from https to http. */
export function unsafeRedirectError(method: string, url: string): RerankError {
  return new RerankError("download", `hub: ${method} ${shownUrl(url)} redirects to an address that is not safe. Check HF_ENDPOINT.`);
}

/** The error for a token that cannot be a header's value. It has no cause: the platform's own error quotes the token. */
export function forbiddenTokenError(): RerankError {
  const what = "hub: the token holds a character that HTTP forbids in a header, such as a line break or a letter beyond Latin-1";
  return new RerankError("invalid-input", `${what}. Correct HF_TOKEN, or the file that HF_TOKEN_PATH names.`);
}

/** The error for an answer whose status is a failure. */
export function statusError(method: string, url: string, response: Pick<Response, "status" | "headers">): RerankError {
  const { status } = response;
  const code = response.headers.get("x-error-code") ?? "";
  // An endpoint may have a path of its own, so everything before the file is the repository's page.
  const page = shownUrl(url).split("/resolve/", 1)[0] as string;
  if (code === "GatedRepo") {
    return new RerankError("download", `hub: ${page} is gated. Accept its terms there, then set HF_TOKEN to a token of the same account.`, {
      status,
    });
  }
  if (code === "RepoNotFound") {
    const meant = suggestRepository(page.split("/").slice(-2).join("/"));
    const guess = meant === undefined ? "" : `Did you mean ${meant}? `;
    const remedy = `${guess}Check the spelling; for a private repository set HF_TOKEN; for a folder of this machine write ./ in front.`;
    return new RerankError("unknown-model", `hub: there is no repository ${page}, or this user may not see it. ${remedy}`, { status });
  }
  if (code === "RevisionNotFound") {
    return new RerankError(
      "unknown-model",
      `hub: ${page} has no such revision (${shownUrl(url)}). Check revision, or leave it out for main.`,
      { status },
    );
  }
  const message = response.headers.get("x-error-message");
  const what = `hub: ${method} ${shownUrl(url)} was answered with status ${status}${message === null ? "" : ` (${message.slice(0, 200)})`}`;
  if (status === 401 || status === 403) {
    return new RerankError("download", `${what}. Set HF_TOKEN to a token that may read ${page}, or unset it if it has expired.`, {
      status,
    });
  }
  const isRetryable = isRetryableStatus(status);
  const remedy = isRetryable ? "Try again later; a download resumes where it stopped." : ways;
  return new RerankError("download", `${what}. ${remedy}`, { status, isRetryable });
}

/** A URL for messages, without a password and without the query, which is a secret in signed URLs. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
