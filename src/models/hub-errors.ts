/** What a hub's refusals and a network's failures mean to the person who asked for a model. */
import { messageOf, RerankError } from "../errors.ts";
import { suggestRepository } from "./catalogue.ts";

const ways =
  "Check the connection; behind a proxy set HTTPS_PROXY, for a mirror set HF_ENDPOINT, or use a local folder (./…) or the preset mini as the model.";
// Answers that may differ in a moment. 409 is left out: the hub never sends it for a read.
const passingStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
// Waiting does not mend a wrong host name or a certificate that is not trusted.
const lastingFailures = /^(?:ENOTFOUND|ERR_INVALID_URL|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** The error for a signal that is aborted: its reason where that is one of ours. */
export function abortedError(signal: AbortSignal): RerankError {
  if (RerankError.is(signal.reason)) return signal.reason;
  const options = { cause: signal.reason };
  return new RerankError("aborted", "models: the download was aborted by its caller. Call again to resume it.", options);
}

/** The error for a request that got no answer, or lost it half-way. */
export function networkError(method: string, url: string, cause: unknown): RerankError {
  const { code, reason } = rootCause(cause);
  const isRetryable = !lastingFailures.test(code);
  const what = code === "ENOTFOUND" || code === "EAI_AGAIN" ? `the host ${new URL(url).hostname} was not found (${code})` : reason;
  return new RerankError("download", `hub: ${method} ${withoutQuery(url)} failed: ${what}. ${ways}`, { cause, isRetryable });
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
  const page = withoutQuery(url).split("/resolve/", 1)[0] as string;
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
      `hub: ${page} has no such revision (${withoutQuery(url)}). Check revision, or leave it out for main.`,
      { status },
    );
  }
  const message = response.headers.get("x-error-message");
  const what = `hub: ${method} ${withoutQuery(url)} was answered with status ${status}${message === null ? "" : ` (${message.slice(0, 200)})`}`;
  if (status === 401 || status === 403) {
    return new RerankError("download", `${what}. Set HF_TOKEN to a token that may read ${page}, or unset it if it has expired.`, {
      status,
    });
  }
  const isRetryable = isPassing(status);
  const remedy = isRetryable ? "Try again later; a download resumes where it stopped." : ways;
  return new RerankError("download", `${what}. ${remedy}`, { status, isRetryable });
}

/** A URL fit for messages: the query of a signed URL is a secret. */
export function withoutQuery(url: string): string {
  return url.split("?", 1)[0] as string;
}

/** fetch says "fetch failed" and keeps the reason, with its code, in a chain of causes. */
function rootCause(value: unknown): { code: string; reason: string } {
  let current = value;
  let code = "";
  let reason = messageOf(value);
  // A handful: chains longer than that are loops.
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const inner: unknown = current instanceof AggregateError ? current.errors[0] : current.cause;
    const own: unknown = "code" in current ? current.code : undefined;
    if (typeof own === "string") code = own;
    // Connecting to several addresses gives an AggregateError with an empty message.
    if (current.message !== "") reason = current.message;
    current = inner;
  }
  return { code, reason: code === "" || reason.includes(code) ? reason : `${reason} (${code})` };
}
