import { createTextTokenizer, type TextTokenizer } from "./text-tokenizer.ts";
import { readTokenizerFile, type TokenizerFile } from "./tokenizer-file.ts";

/** The two files of a tokenizer, parsed. */
export interface TokenizerFiles {
  /** tokenizer.json; its truncation and padding settings are not used, but for the padding id. */
  tokenizer: unknown;
  /** tokenizer_config.json; may be `{}`. Only `pad_token` is read. */
  config: unknown;
}

/** A tokenizer that is ready for texts. */
export interface OpenTokenizer {
  file: TokenizerFile;
  tokenizer: TextTokenizer;
}

// A large vocabulary takes a hundred megabytes: all encoders of the same files share one tokenizer.
const open = new WeakMap<TokenizerFiles, OpenTokenizer>();

/** The tokenizer of these files, the same one each time. @throws RerankError `unsupported-model` when the files cannot be used */
export function openTokenizer(files: TokenizerFiles): OpenTokenizer {
  const known = open.get(files);
  if (known !== undefined) return known;
  const file = readTokenizerFile(files.tokenizer);
  const opened = { file, tokenizer: createTextTokenizer(file) };
  open.set(files, opened);
  return opened;
}
