import { LRUCache } from "lru-cache";
import { RerankError } from "../errors.ts";
import type { PromptTemplate, TruncationSide } from "../types.ts";
import { openTokenizer, padTokenId, type TokenizerFiles } from "./open-tokenizer.ts";
import { type EncodedPair, type EncodeOptions, type PairEncoder, tooLongError, truncateIds } from "./pair-encoder.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import { QueryCache } from "./query-cache.ts";
import { singleTokenId, type TextTokenizer, type TokenizedText } from "./text-tokenizer.ts";

/** A template prepared for one instruction and one limit, and how many tokens it leaves for the texts. */
interface Frame extends Prompt {
  /** Maximum tokens of the whole prompt. */
  maxTokens: number;
  tailIds: readonly number[];
  /** Tokens between query and document, when the two are tokenized separately. */
  middleIds: readonly number[];
  /** Maximum tokens from the start of the text that holds the query to the end of the document. */
  room: number;
  /** Maximum tokens of the query and the text before it, so that some of the document remains. */
  queryRoom: number;
}

// One for each combination of instruction and limit; few are in use at a time.
const maxCachedFrames = 8;

/**
 * Builds the encoder of a model that reads query and document in a prompt.
 *
 * The template is never cut. A prompt that is too long loses tokens of the document: at its end, or at its beginning if `truncationSide` is
 * `left`. With `longest_first`, the query is cut too, on the same side, if it takes more than three quarters of the tokens. With `only_second`, it
 * is never cut.
 *
 * @param limits `maxTokens`: maximum tokens of the whole prompt
 * @param instruction for pairs without an instruction; "" for none
 * @throws RerankError `unsupported-model` when the files cannot be used; `invalid-input` when the template alone fills `maxTokens`
 * @see https://github.com/mixedbread-ai/mxbai-rerank `mxbai_rerank_v2.py` `prepare_inputs`, and FlagEmbedding's `get_inputs`
 * (examples/inference/reranker/README.md), which also use three quarters. Qwen3-Reranker's own code cuts the document, and the query only
 * after the whole document is gone
 */
export function createPromptEncoder(
  files: TokenizerFiles,
  template: PromptTemplate,
  limits: { maxTokens: number },
  instruction: string,
): PairEncoder {
  const { file, tokenizer } = openTokenizer(files);
  const queries = new QueryCache(tokenizer);
  const frames = new LRUCache<string, Frame>({ max: maxCachedFrames });
  const frameOf = (options: Pick<EncodeOptions, "specialTokens" | "instruction">, limit: number): Frame => {
    const wanted = options.instruction ?? instruction;
    const key = `${options.specialTokens} ${limit} ${wanted}`;
    const known = frames.get(key);
    if (known !== undefined) return known;
    const prompt = readPrompt(template, wanted, options.specialTokens, file, tokenizer);
    const frame = withRoom(prompt, tokenizer, limit, options.specialTokens);
    frames.set(key, frame);
    return frame;
  };
  frameOf({ specialTokens: "neutralize" }, limits.maxTokens);
  return {
    padId: padTokenId(file, files.config, tokenizer),
    idOf: (token) => singleTokenId(tokenizer, token),
    encode(query, document, options) {
      const limit = Math.min(options.maxLength ?? limits.maxTokens, limits.maxTokens);
      const frame = frameOf(options, limit);
      const side = options.truncationSide ?? "right";
      const tokenize = (text: string, from?: TruncationSide): TokenizedText => tokenizer.tokenize(text, limit, options.specialTokens, from);
      const tokenizeCached = (text: string): TokenizedText => queries.tokenize(text, limit, options.specialTokens);
      const { queryHead, queryTail, between, documentHead, documentTail, room, tailIds } = frame;
      const queryText = `${queryHead}${query}${queryTail}`;
      const first = between === undefined ? undefined : tokenizeCached(queryText);
      const last = tokenize(`${first === undefined ? queryText : documentHead}${document}${documentTail}`);
      const length = (first?.ids.length ?? 0) + (between?.length ?? 0) + last.ids.length;
      const isWhole = (first?.isWhole ?? true) && last.isWhole;
      if (isWhole && length <= room + tailIds.length) return assemble(frame, [...(first?.ids ?? []), ...(between ?? []), ...last.ids], 0);

      const fullTokens = frame.before.length + length + frame.after.length;
      if (options.truncation === "error") throw tooLongError(fullTokens, limit, isWhole);
      const question = tokenizeCached(`${queryHead}${query}`).ids;
      if (options.truncation === "only_second" && question.length + frame.middleIds.length >= room) {
        throw new RerankError(
          "invalid-input",
          `tokenization: the query and the prompt before the document have ${question.length + frame.middleIds.length} tokens, and truncation ` +
            `"only_second" must fit them whole into ${room} with room for the document. Shorten the query, raise maxLength if the model allows it, or use truncation "longest_first".`,
        );
      }
      const cutQuestion = (): readonly number[] => {
        if (side === "right") return truncateIds(question, frame.queryRoom, side);
        const headIds = tokenize(queryHead).ids;
        return [...headIds, ...truncateIds(tokenize(query, side).ids, Math.max(0, frame.queryRoom - headIds.length), side)];
      };
      const isCut = options.truncation !== "only_second" && question.length > frame.queryRoom;
      const apart = between === undefined ? [] : [...(isCut ? tokenize(queryTail) : first!).ids, ...between];
      const head = between !== undefined ? documentHead : isCut ? queryTail : queryText;
      const beginning = isCut ? [...cutQuestion(), ...apart] : apart;
      const rest = tokenize(`${head}${document}`);
      const body = [...beginning, ...rest.ids];
      const fits = rest.isWhole && body.length <= room;
      if (fits || side === "right") return { ...assemble(frame, body.slice(0, room).concat(tailIds), fullTokens), isLowerBound: !isWhole };
      // The text before the document is kept, so it is tokenized separately from the rest of the document.
      const start = [...beginning, ...tokenize(head).ids].slice(0, room);
      const ending = tokenize(`${document}${documentTail}`, side).ids;
      const ids = [...start, ...truncateIds(ending, room + tailIds.length - start.length, side)];
      return { ...assemble(frame, ids, fullTokens), isLowerBound: !isWhole };
    },
  };
}

function withRoom(prompt: Prompt, tokenizer: TextTokenizer, maxTokens: number, specialTokens: EncodeOptions["specialTokens"]): Frame {
  const idsOf = (text: string): readonly number[] => (text === "" ? [] : tokenizer.tokenize(text, maxTokens, specialTokens).ids);
  const tailIds = idsOf(prompt.documentTail);
  const middleIds = [...idsOf(prompt.queryTail), ...(prompt.between ?? []), ...idsOf(prompt.documentHead)];
  const room = maxTokens - prompt.before.length - prompt.after.length - tailIds.length;
  const taken = maxTokens - room + idsOf(prompt.queryHead).length + middleIds.length;
  if (taken >= maxTokens) {
    throw new RerankError(
      "invalid-input",
      `tokenization: maxLength is ${maxTokens}, and the template alone takes ${taken}. Give a larger maxLength or a shorter instruction.`,
    );
  }
  // Three quarters, but leave at least one token for the document.
  const queryRoom = Math.min(Math.floor((room * 3) / 4), room - middleIds.length - 1);
  return { ...prompt, maxTokens, tailIds, middleIds, room, queryRoom };
}

function assemble({ before, after }: Frame, middle: readonly number[], fullTokens: number): EncodedPair {
  const ids = Int32Array.from([...before, ...middle, ...after]);
  return { ids, typeIds: new Uint8Array(ids.length), fullTokens };
}
