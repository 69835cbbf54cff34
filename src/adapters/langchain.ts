/** `crossrank/langchain`: a document compressor for LangChain's `ContextualCompressionRetriever`. */
import { type RerankerConfig, rerank } from "../index.ts";

/** A configuration with LangChain's names for what differs. */
export interface CrossrankRerankFields extends Omit<RerankerConfig, "topK" | "threshold" | "signal" | "return" | "text" | "fields"> {
  /** Maximum number of documents to keep; ≥ 0. @default all */
  topN?: number;
  /** Drop documents with a lower score. @default none */
  scoreThreshold?: number;
}

/** Name of the custom event that reports progress. Its data is `{ scored, total }`. */
export const progressEvent = "crossrank_progress";

/** What the compressor uses of LangChain's `DocumentInterface`. */
interface LangChainDocument {
  pageContent: string;
  // biome-ignore lint/suspicious/noExplicitAny: LangChain's own type of metadata
  metadata: Record<string, any>;
}

/** What it uses of a callback handler. */
interface Handler {
  handleCustomEvent?(name: string, data: unknown, runId: string, tags?: string[], metadata?: Record<string, unknown>): unknown;
}

/** LangChain's `Callbacks`: a list of handlers, or the manager that a retriever passes on. */
type Callbacks = readonly object[] | { handlers: readonly object[]; getParentRunId?(): string | undefined };

/**
 * A `BaseDocumentCompressor`: it reorders retrieved documents by how well they answer the query.
 *
 * It returns new documents with `metadata.relevanceScore`. The documents that it was given stay as they are.
 */
export class CrossrankRerank {
  readonly #config: RerankerConfig;

  /** @param fields the configuration; @default the bundled model */
  constructor({ topN, scoreThreshold, ...config }: CrossrankRerankFields = {}) {
    this.#config = {
      ...config,
      ...(topN === undefined ? {} : { topK: topN }),
      ...(scoreThreshold === undefined ? {} : { threshold: scoreThreshold }),
    };
  }

  /**
   * Sorts documents by how well they answer the query, and adds `metadata.relevanceScore`.
   *
   * @param callbacks their `handleCustomEvent` hears of progress
   * @throws RerankError as `rerank`
   */
  async compressDocuments<D extends LangChainDocument>(documents: D[], query: string, callbacks?: Callbacks): Promise<D[]> {
    const { onProgress } = this.#config;
    const events: unknown[] = [];
    const send = senderOf(callbacks);
    const results = await rerank(query, documents, {
      ...this.#config,
      text: ({ pageContent }) => pageContent,
      onProgress(scored, total) {
        onProgress?.(scored, total);
        events.push(...send({ scored, total }));
      },
    });
    await Promise.all(events);
    return results.map(({ document, score }) => {
      const copy = Object.assign(Object.create(Object.getPrototypeOf(document)) as D, document);
      return Object.assign(copy, { metadata: { ...document.metadata, relevanceScore: score } });
    });
  }
}

function senderOf(callbacks: Callbacks | undefined): (data: object) => unknown[] {
  if (callbacks === undefined) return () => [];
  const handlers = "handlers" in callbacks ? callbacks.handlers : callbacks;
  const runId = ("getParentRunId" in callbacks ? callbacks.getParentRunId?.() : undefined) ?? crypto.randomUUID();
  return (data) => handlers.map((handler) => (handler as Handler).handleCustomEvent?.(progressEvent, data, runId));
}
