import { isRecord } from "../values.ts";
import { createTextTokenizer, type TextTimeLimit, type TextTokenizer } from "./text-tokenizer.ts";
import { readTokenizerFile, type TokenizerFile } from "./tokenizer-file.ts";

/** The two files of a tokenizer, parsed. */
export interface TokenizerFiles {
  /** tokenizer.json. Of its truncation and padding settings, crossrank uses only the padding id. */
  tokenizer: unknown;
  /** tokenizer_config.json; may be `{}`. Only `pad_token` is read. */
  config: unknown;
  /** Tokenizes each text, and throws when it takes too long. @default no limit */
  limit?: TextTimeLimit;
}

/** A tokenizer that is ready to use, and the file that it was made from. */
export interface OpenTokenizer {
  file: TokenizerFile;
  tokenizer: TextTokenizer;
}

// A large vocabulary takes a hundred megabytes, so all encoders of the same files share one tokenizer.
const open = new WeakMap<TokenizerFiles, OpenTokenizer>();

/** The tokenizer of these files; the same files give the same tokenizer. @throws RerankError `unsupported-model` when the files cannot be used */
export function openTokenizer(files: TokenizerFiles): OpenTokenizer {
  const known = open.get(files);
  if (known !== undefined) return known;
  const file = readTokenizerFile(files.tokenizer);
  const opened = { file, tokenizer: createTextTokenizer(file, files.limit) };
  open.set(files, opened);
  return opened;
}

// The names in BERT-like and in SentencePiece-like tokenizers.
const commonPadTokens = ["[PAD]", "<pad>"];

/**
 * The id that pads a batch: from tokenizer.json's padding block, else `pad_token` of tokenizer_config.json, else a token with a common name.
 *
 * @param config parsed tokenizer_config.json, where `pad_token` is a string or an object with `content`
 * @returns 0 if the files name none: padding is masked, so any id gives the same scores
 */
export function padTokenId(file: TokenizerFile, config: unknown, tokenizer: TextTokenizer): number {
  if (file.padId !== undefined) return file.padId;
  const entry = isRecord(config) ? config.pad_token : undefined;
  const named = isRecord(entry) ? entry.content : entry;
  for (const token of typeof named === "string" ? [named, ...commonPadTokens] : commonPadTokens) {
    const id = tokenizer.idOf(token);
    if (id !== undefined) return id;
  }
  return 0;
}
