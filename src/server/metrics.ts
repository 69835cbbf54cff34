import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RerankResult } from "../index.ts";
import type { Models } from "./served-models.ts";
import type { Failure } from "./status.ts";

/** The result of one ranking request. */
export interface Outcome {
  dialect: string;
  status: number;
  durationMs: number;
  /** Documents in the request; 0 if the request was invalid. */
  documents: number;
  isModelUnknown: boolean;
  results: readonly RerankResult[];
  failure: Failure | undefined;
}

// Seconds: from a few short documents to the default timeout of a request.
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * The server's Prometheus metrics.
 *
 * Names that begin with `te_` have the same meaning as in text-embeddings-inference, so that its dashboards work. As there, one request
 * counts as one, whatever the number of its documents.
 *
 * @see https://github.com/huggingface/text-embeddings-inference, router/src/http/server.rs, read 2026-07
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("crossrank_requests_total", "Requests for a ranking, by dialect and status.", ["dialect", "status"]);
  readonly #count = this.#counter("te_request_count", "Requests for a ranking.", ["method"]);
  readonly #success = this.#counter("te_request_success", "Requests for a ranking that succeeded.", ["method"]);
  readonly #failure = this.#counter("te_request_failure", "Requests for a ranking that failed, by reason.", ["err"]);
  readonly #duration = this.#histogram("te_request_duration", "Seconds from a request's head to its reply.");
  readonly #queue = this.#histogram("te_request_queue_duration", "Seconds that a request waited until its first forward pass.");
  readonly #inference = this.#histogram("te_request_inference_duration", "Seconds from a request's first forward pass to its scores.");
  readonly #tokenization = this.#histogram("te_request_tokenization_duration", "Seconds of tokenizing for a request, over all threads.");
  readonly #documents = this.#counter("crossrank_documents_total", "Documents scored.");
  readonly #tokens = this.#counter("crossrank_tokens_total", "Tokens read, special tokens included.");
  readonly #truncated = this.#counter("crossrank_truncated_documents_total", "Documents that were cut to what the model reads.");
  readonly #canceled = this.#counter("crossrank_cancelled_requests_total", "Requests whose client went away before the reply.");
  readonly #dropped = this.#counter("crossrank_dropped_documents_total", "Documents of canceled and timed-out requests.");
  readonly #unknownModels = this.#counter("crossrank_unknown_model_total", "Requests whose model nobody knew, answered by the first one.", [
    "dialect",
  ]);

  /** @param inFlight the number of running requests */
  constructor(models: Models, inFlight: () => number) {
    collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    new Gauge({
      name: "te_queue_size",
      help: "Documents that wait for a thread.",
      registers,
      collect() {
        this.set(models.entries().reduce((sum, { reranker }) => sum + Number(reranker.stats().scorer.waitingDocuments ?? 0), 0));
      },
    });
    new Gauge({
      name: "crossrank_requests_in_flight",
      help: "Requests for a ranking that are being answered.",
      registers,
      collect() {
        this.set(inFlight());
      },
    });
    const perModel = (name: string, help: string, read: (stats: Record<string, number | string>) => number): void => {
      new Counter({
        name,
        help,
        registers,
        labelNames: ["model"],
        collect() {
          this.reset();
          for (const { name: model, reranker } of models.entries()) this.inc({ model }, read(reranker.stats().scorer));
        },
      });
    };
    perModel("crossrank_passes_total", "Forward passes.", ({ passes = 0 }) => Number(passes));
    perModel("crossrank_pass_tokens_total", "Tokens of forward passes, padding included.", ({ paddedTokens = 0 }) => Number(paddedTokens));
    perModel("crossrank_padding_tokens_total", "Tokens of forward passes that were padding.", ({ paddedTokens = 0, tokens = 0 }) =>
      Math.max(0, Number(paddedTokens) - Number(tokens)),
    );
    perModel("crossrank_score_cache_hits_total", "Pairs whose score was remembered.", ({ cacheHits = 0 }) => Number(cacheHits));
    perModel("crossrank_score_cache_misses_total", "Pairs whose score was not.", ({ cacheMisses = 0 }) => Number(cacheMisses));
  }

  /** The content type of {@link Metrics.render}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  observe({ dialect, status, durationMs, documents, isModelUnknown, results, failure }: Outcome): void {
    this.#requests.inc({ dialect, status: String(status) });
    this.#count.inc({ method: "batch" });
    this.#duration.observe(durationMs / 1000);
    if (isModelUnknown) this.#unknownModels.inc({ dialect });
    if (failure !== undefined) {
      this.#failure.inc({ err: failureName(failure) });
      if (failure.status === 499) this.#canceled.inc();
      if (failure.status === 499 || failure.status === 504) this.#dropped.inc(documents);
      return;
    }
    this.#success.inc({ method: "batch" });
    this.#documents.inc(documents);
    for (const { usage, timings, warnings } of results) {
      this.#tokens.inc(usage.tokens);
      this.#truncated.inc(warnings.filter(({ type }) => type === "truncated").length);
      this.#queue.observe(timings.queueMs / 1000);
      this.#inference.observe(Math.max(0, timings.scoreMs - timings.queueMs) / 1000);
      this.#tokenization.observe(timings.tokenizationMs / 1000);
    }
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }
}

/** The name of a failure in text-embeddings-inference if it has one, else our error code. */
function failureName({ status, code }: Failure): string {
  if (status === 429) return "overloaded";
  if (status === 499) return "dropped";
  if (code === "tokenization" || code === "inference") return code;
  if (code === "unknown-model" || code === "unsupported-model") return "model_type";
  return status < 500 ? "validation" : code;
}
