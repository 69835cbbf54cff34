/** Errors about a tokenizer's files, and the values in their messages. */
import { RerankError } from "../errors.ts";

/** The error for files that this version cannot use. */
export function unsupportedError(what: string, cause?: unknown): RerankError {
  return new RerankError(
    "unsupported-model",
    `tokenization: ${what}. Use a model whose repository holds a tokenizer.json of a "fast" tokenizer (WordPiece, BPE or Unigram); ` +
      "AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers writes one.",
    cause === undefined ? {} : { cause },
  );
}

/** A value as JSON, cut to the length that fits into a message. */
export function formatValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
