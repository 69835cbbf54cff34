/** Errors and states of engines, in words. */
import { RerankError } from "../../errors.ts";
import type { Engine } from "./engine.ts";

const maxListed = 10;
const maxReasonLength = 300;

/** The error if no engine is left for a part: the last error, with the state of each engine. */
export function poolError(what: string, engines: readonly Engine[], last: RerankError | undefined): RerankError {
  const errors = engines.flatMap(({ breaker: { lastError } }) => (RerankError.is(lastError) ? lastError : []));
  const main = last ?? errors.at(-1);
  const listed = engines.slice(0, maxListed).map((engine) => stateOf(engine, main));
  const more = engines.length > maxListed ? `, and ${engines.length - maxListed} more` : "";
  const reason = main === undefined ? "" : ` The last error: ${bare(main)}`;
  return new RerankError(main?.code ?? "hosted", `remote: ${what}: ${listed.join(", ")}${more}.${reason}`, {
    isRetryable: [...errors, main].some((error) => error?.isRetryable === true),
    ...(main?.status === undefined ? {} : { status: main.status }),
    ...(main === undefined ? {} : { cause: main }),
  });
}

/** An engine with its state, and the reason for it. @param shown an error whose message need not be repeated */
export function stateOf({ label, breaker, busyMs }: Engine, shown?: RerankError): string {
  const busy = busyMs > 0 ? `, busy for ${Math.ceil(busyMs / 1000)} s more` : "";
  const { lastError } = breaker;
  const why = RerankError.is(lastError) && lastError !== shown ? `: ${shorten(bare(lastError))}` : "";
  return `${label} (${breaker.describe()}${busy}${why})`;
}

/** The message of one of our own errors, for quoting it inside another one. */
function bare(error: RerankError): string {
  return error.message.replace(/^remote: /, "");
}

function shorten(text: string): string {
  return text.length <= maxReasonLength ? text : `${text.slice(0, maxReasonLength)}…`;
}
