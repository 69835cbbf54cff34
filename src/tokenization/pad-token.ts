import type { TextTokenizer } from "./text-tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { isRecord } from "./unsupported.ts";

// The spellings of BERT-like and of sentencepiece-like tokenizers.
const usualPadTokens = ["[PAD]", "<pad>"];

/**
 * The id that pads a batch: from tokenizer.json's padding block, else `pad_token` of tokenizer_config.json, else a token with a usual name.
 *
 * @param config parsed tokenizer_config.json, where `pad_token` is a string or an object with `content`
 * @returns 0 where nothing names one: padded places are masked, so any id gives the same scores
 */
export function padTokenId(file: TokenizerFile, config: unknown, tokenizer: TextTokenizer): number {
  if (file.padId !== undefined) return file.padId;
  const entry = isRecord(config) ? config.pad_token : undefined;
  const named = isRecord(entry) ? entry.content : entry;
  for (const token of typeof named === "string" ? [named, ...usualPadTokens] : usualPadTokens) {
    const id = tokenizer.idOf(token);
    if (id !== undefined) return id;
  }
  return 0;
}
