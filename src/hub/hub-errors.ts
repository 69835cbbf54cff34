/** What a hub's refusals and a network's failures mean to the person who asked for a model. */

import { suggestRepository } from "../catalogue/catalogue.ts";
import { RerankError } from "../errors.ts";
import { causes, codeOf, isLasting, reasonOf, remedyOf } from "../http/connection-failures.ts";

const otherModels = "or use a local folder (./…) or the preset mini as the model";
const ways = `Check the connection; behind a proxy set HTTPS_PROXY, for a mirror set HF_ENDPOINT, ${otherModels}.`;
// Answers that may differ in a moment. 409 is left out: the hub never sends it for a read.
const passingStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The error for a signal that is aborted: its reason where that is one of ours. */
export function abortedError(signal: AbortSignal): RerankError {
  if (RerankError.is(signal.reason)) return signal.reason;
  const options = { cause: signal.reason };
  return new RerankError("aborted", "models: the download was aborted by its caller. Call again to resume it.", options);
}

/** The error for a request that got no answer, or lost it half-way. */
export function networkError(method: string, url: string, cause: unknown): RerankError {
  const isUnknownHost = causes(cause).some((error) => /^(?:ENOTFOUND|EAI_AGAIN)$/.test(codeOf(error)));
  const what = isUnknownHost
    ? `the host ${new URL(url).hostname} was not found (${causes(cause).map(codeOf).findLast(Boolean)})`
    : reasonOf(cause);
  const remedy = remedyOf(cause, true) ?? ways;
  return new RerankError("download", `hub: ${method} ${shownUrl(url)} failed: ${what}. ${remedy}`, {
    cause,
    isRetryable: !isLasting(cause),
  });
}

/** Whether an answer may be another one in a moment. */
export function isPassing(status: number): boolean {
  return passingStatuses.has(status);
}

/** The error for an answer that is not the wanted one. */
export function statusError(method: string, url: string, response: Response): RerankError {
  const { status } = response;
  const code = response.headers.get("x-error-code") ?? "";
  // An endpoint may have a path of its own, so the repository's page is what stands before the file.
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
  const isRetryable = isPassing(status);
  const remedy = isRetryable ? "Try again later; a download resumes where it stopped." : ways;
  return new RerankError("download", `${what}. ${remedy}`, { status, isRetryable });
}

/** A URL fit for messages: the query of a signed URL is a secret, and so is a password. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
