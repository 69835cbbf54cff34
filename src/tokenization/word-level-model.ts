import { Model } from "./library.ts";

/** The `model` block of a tokenizer.json that holds whole words. */
export interface WordLevelConfig {
  vocab: Record<string, number>;
  unk_token?: string | null;
}

/** A vocabulary of whole words: each word is one token, or the unknown token. */
export class WordLevelModel extends Model {
  constructor(config: WordLevelConfig) {
    super({ type: "WordLevel" });
    this.tokens_to_ids = new Map(Object.entries(config.vocab));
    if (typeof config.unk_token === "string") {
      this.unk_token = config.unk_token;
      this.unk_token_id = this.tokens_to_ids.get(config.unk_token);
    }
  }

  override encode(words: string[]): string[] {
    return words;
  }
}
