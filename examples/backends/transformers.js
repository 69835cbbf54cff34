// A cross-encoder that Transformers.js loads: AutoModelForSequenceClassification, with one label.
import { AutoModelForSequenceClassification, AutoTokenizer } from "@huggingface/transformers";

/**
 * @param {string} model a repository of the hub, or a folder below `env.localModelPath`
 * @returns {import("crossrank").RerankerBackend} whose scores are the logits of the model
 */
export function createTransformersBackend(model, options = {}) {
  let tokenizer;
  let network;
  return {
    name: "transformers",
    async initialize() {
      tokenizer = await AutoTokenizer.from_pretrained(model);
      network = await AutoModelForSequenceClassification.from_pretrained(model, options);
    },
    shutdown: () => network.dispose(),
    async rerank(query, documents, { signal }) {
      const scores = [];
      for (let start = 0; start < documents.length; start += 16) {
        signal?.throwIfAborted();
        const batch = documents.slice(start, start + 16);
        const queries = batch.map(() => query);
        // Without token types, BERT takes a pair for one text and ranks wrongly. Models that have none ignore them.
        const settings = { padding: true, truncation: true, return_token_type_ids: true };
        const pairs = tokenizer(queries, { text_pair: batch, ...settings });
        const { logits } = await network(pairs);
        scores.push(...logits.data);
      }
      return scores;
    },
  };
}
