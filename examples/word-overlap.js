// A backend as a module of its own: crossrank runs it in a thread, so that rerankSync can wait for its promises.

/** @type {import("crossrank").RerankerBackend} */
export default {
  name: "word-overlap",
  version: "1.0.0",
  async rerank(query, documents) {
    const wanted = new Set(wordsOf(query));
    return documents.map((text) => wordsOf(text).filter((word) => wanted.has(word)).length);
  },
};

function wordsOf(text) {
  return text.toLowerCase().match(/\p{L}+/gu) ?? [];
}
