/** `crossrank/llamaindex`: a node postprocessor for LlamaIndex.TS. */
import { RerankError, type RerankerConfig, rerank } from "../index.ts";

/** A configuration with LlamaIndex's names for what differs. */
export interface CrossrankPostprocessorConfig extends Omit<RerankerConfig, "topK" | "return" | "text" | "fields"> {
  /** Maximum number of nodes to keep; ≥ 0. @default all */
  topN?: number;
}

/** What the postprocessor uses of a `NodeWithScore`. */
interface Node {
  node: { getContent(mode: never): string };
  score?: number | undefined;
}

/** A `BaseNodePostprocessor`. */
export interface CrossrankPostprocessor {
  /**
   * Reorders nodes and replaces their scores. Leaves the given nodes as they are.
   *
   * @throws RerankError `invalid-input` without a text query
   */
  postprocessNodes<N extends Node>(nodes: N[], query?: unknown): Promise<N[]>;
}

/**
 * Creates a postprocessor for `nodePostprocessors` of a query engine. @param config @default the bundled model
 *
 * @example
 * const nodes = ["Cats sleep a lot.", "Reward a dog when it sits."].map((text) => ({ node: { getContent: () => text } }));
 * const [best] = await createCrossrankPostprocessor({ topN: 1 }).postprocessNodes(nodes, "How to train a dog");
 * console.log(best.node.getContent()); // Reward a dog when it sits.
 */
export function createCrossrankPostprocessor({ topN, ...config }: CrossrankPostprocessorConfig = {}): CrossrankPostprocessor {
  return {
    async postprocessNodes(nodes, query) {
      const results = await rerank(queryText(query), nodes, {
        ...config,
        // "none": the text without metadata. @see https://github.com/run-llama/LlamaIndexTS packages/core/src/schema, MetadataMode.NONE
        text: ({ node }) => node.getContent("NONE" as never),
        ...(topN === undefined ? {} : { topK: topN }),
      });
      return results.map(({ document, score }) => ({ ...document, score }));
    },
  };
}

/** A query is a text, or a list of parts of which some are text. */
function queryText(query: unknown): string {
  const parts: unknown[] = typeof query === "string" ? [{ text: query }] : Array.isArray(query) ? query : [];
  const text = parts.flatMap((part) => (part as { text?: unknown }).text ?? []).join("\n");
  if (text !== "") return text;
  throw new RerankError("invalid-input", "query: LlamaIndex passed no text to rank by. Ask with a text query.");
}
