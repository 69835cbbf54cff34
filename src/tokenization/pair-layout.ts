import { isRecord } from "../values.ts";
import type { TextTokenizer } from "./text-tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { unsupportedError } from "./unsupported.ts";

/** The special tokens of a pair, before, between and after its two texts. */
export interface PairLayout {
  /** Special ids before the query, between query and document, and after the document. */
  prefix: readonly number[];
  middle: readonly number[];
  suffix: readonly number[];
  /** Type id of each special token of the three lists, of the query's tokens and of the document's. */
  prefixTypes: readonly number[];
  middleTypes: readonly number[];
  suffixTypes: readonly number[];
  queryType: number;
  documentType: number;
  /** Number of special tokens of a pair. */
  specialCount: number;
}

// No vocabulary has these, so they cannot be confused with special tokens.
const querySentinel = "\u0000query";
const documentSentinel = "\u0000document";

/**
 * Learns the layout of a pair: it gives the tokenizer's post-processor one sentinel as query and one as document, and looks at the result.
 *
 * @param typeVocabSize rows of the model's token-type table; type ids beyond it become 0
 * @throws RerankError `unsupported-model` when the post-processor does not give query, then document, once each
 */
export function learnPairLayout(file: TokenizerFile, tokenizer: TextTokenizer, typeVocabSize: number): PairLayout {
  const processed = tokenizer.postProcess([querySentinel], [documentSentinel]);
  const tokens = processed?.tokens ?? [querySentinel, documentSentinel];
  const query = tokens.indexOf(querySentinel);
  const document = tokens.indexOf(documentSentinel);
  const isOnce = tokens.lastIndexOf(querySentinel) === query && tokens.lastIndexOf(documentSentinel) === document;
  if (query === -1 || document <= query || !isOnce) {
    throw unsupportedError("the post-processor of tokenizer.json does not put the query before the document, once each");
  }
  // Without a post-processor, the Rust crate gives type 0 to the first text and type 1 to the second.
  const found = processed?.typeIds ?? tokens.map((_, position) => (position >= document ? 1 : 0));
  // For RobertaProcessing the Rust crate gives 0 to all tokens; the library gives 1 to the document.
  const isAllZero = typeVocabSize < 2 || hasRobertaProcessing(file.postProcessor);
  const types = found.map((type) => (isAllZero || type >= typeVocabSize ? 0 : type));
  const ids = specialIdLists(file.postProcessor);
  const toIds = (from: number, to: number): { ids: number[]; types: number[] } => {
    const list = tokens.slice(from, to).map((token) => idsOf(token, ids, tokenizer));
    return { ids: list.flat(), types: list.flatMap((some, offset) => some.map(() => types[from + offset]!)) };
  };
  const prefix = toIds(0, query);
  const middle = toIds(query + 1, document);
  const suffix = toIds(document + 1, tokens.length);
  return {
    prefix: prefix.ids,
    middle: middle.ids,
    suffix: suffix.ids,
    prefixTypes: prefix.types,
    middleTypes: middle.types,
    suffixTypes: suffix.types,
    queryType: types[query]!,
    documentType: types[document]!,
    specialCount: prefix.ids.length + middle.ids.length + suffix.ids.length,
  };
}

function idsOf(token: string, lists: ReadonlyMap<string, readonly number[]>, tokenizer: TextTokenizer): readonly number[] {
  const listed = lists.get(token);
  if (listed !== undefined) return listed;
  const id = tokenizer.idOf(token);
  if (id === undefined) throw unsupportedError(`the special token ${JSON.stringify(token)} of the post-processor is not in the vocabulary`);
  return [id];
}

/** `special_tokens` of a template. A name may stand for several ids, and for other ids than in the vocabulary. */
function specialIdLists(postProcessor: unknown): ReadonlyMap<string, readonly number[]> {
  const lists = new Map<string, readonly number[]>();
  for (const block of flatten(postProcessor)) {
    if (!isRecord(block.special_tokens)) continue;
    for (const [name, entry] of Object.entries(block.special_tokens)) {
      if (isRecord(entry) && Array.isArray(entry.ids) && entry.ids.every((id) => typeof id === "number")) lists.set(name, entry.ids);
    }
  }
  return lists;
}

function hasRobertaProcessing(postProcessor: unknown): boolean {
  return flatten(postProcessor).some((block) => block.type === "RobertaProcessing");
}

/** The post-processor itself, or the members of a Sequence. */
function flatten(postProcessor: unknown): Record<string, unknown>[] {
  if (!isRecord(postProcessor)) return [];
  if (postProcessor.type !== "Sequence") return [postProcessor];
  return Array.isArray(postProcessor.processors) ? postProcessor.processors.flatMap(flatten) : [];
}
