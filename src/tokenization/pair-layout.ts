import type { TextTokenizer } from "./text-tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { isRecord, unsupported } from "./unsupported.ts";

/** Where query and document stand among the special tokens of a pair. */
export interface PairLayout {
  /** Special ids before the query, between the two, and after the document. */
  prefix: readonly number[];
  middle: readonly number[];
  suffix: readonly number[];
  /** Type id of each special token of the three lists, of the query's tokens and of the document's. */
  prefixTypes: readonly number[];
  middleTypes: readonly number[];
  suffixTypes: readonly number[];
  queryType: number;
  documentType: number;
  /** Special tokens of a pair in all. */
  specialCount: number;
}

// Never in a vocabulary, so they cannot be mistaken for special tokens.
const querySentinel = "\u0000query";
const documentSentinel = "\u0000document";

/**
 * Learns the layout of a pair by giving the tokenizer's post-processor one sentinel as query and one as document.
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
    throw unsupported("the post-processor of tokenizer.json does not put the query before the document, once each");
  }
  // Where no post-processor sets them, the Rust crate's type ids are the number of the text.
  const found = processed?.typeIds ?? tokens.map((_, position) => (position >= document ? 1 : 0));
  // The Rust crate gives 0 throughout for RobertaProcessing; the library marks the document 1.
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
  if (id === undefined) throw unsupported(`the special token ${JSON.stringify(token)} of the post-processor is not in the vocabulary`);
  return [id];
}

/** `special_tokens` of a template: a name may stand for other ids than the vocabulary gives it, and for several. */
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
