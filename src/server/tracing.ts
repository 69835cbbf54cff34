import type { RankAnswer } from "./rank-handler.ts";

type Api = typeof import("@opentelemetry/api");

/** Records each ranking as a span if OpenTelemetry is installed and the program has started its SDK. Otherwise it does nothing. */
export interface Tracer {
  trace(request: Request, path: string, work: () => Promise<RankAnswer>): Promise<RankAnswer>;
}

/** Tries once to import `@opentelemetry/api`. */
export function createTracer(): Tracer {
  const loading = import("@opentelemetry/api").catch(() => undefined); // optional dependency: without it there are no spans
  return {
    async trace(request, path, work) {
      const api = await loading;
      return api === undefined ? work() : inSpan(api, request, path, work);
    },
  };
}

/**
 * Runs `work` inside one server span. The request's `traceparent` names the parent span.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/ for the names of attributes
 */
async function inSpan(api: Api, request: Request, path: string, work: () => Promise<RankAnswer>): Promise<RankAnswer> {
  const { context, propagation, SpanKind, SpanStatusCode, trace } = api;
  const parent = propagation.extract(context.active(), Object.fromEntries(request.headers));
  const options = { kind: SpanKind.SERVER, attributes: { "http.request.method": request.method, "http.route": path } };
  return trace.getTracer("crossrank").startActiveSpan(`${request.method} ${path}`, options, parent, async (span) => {
    try {
      const answer = await work();
      const { dialect, model, documents, tokens, queueMs, failure } = answer.record;
      span.setAttributes({
        "http.response.status_code": answer.response.status,
        "crossrank.dialect": dialect,
        "crossrank.documents": documents,
        "crossrank.tokens": tokens,
        "crossrank.queue_ms": queueMs,
        ...(model === undefined ? {} : { "crossrank.model": model }),
        ...(failure === undefined ? {} : { "error.type": failure.code }),
      });
      if (answer.response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      return answer;
    } finally {
      span.end();
    }
  });
}
