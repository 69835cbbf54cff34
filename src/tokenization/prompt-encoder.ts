import { LRUCache } from "lru-cache";
import { RerankError } from "../errors.ts";
import type { PromptTemplate, TruncationSide } from "../types.ts";
import { openTokenizer, type TokenizerFiles } from "./open-tokenizer.ts";
import { padTokenId } from "./pad-token.ts";
import { cut, type EncodedPair, type EncodeOptions, type PairEncoder, tooLong } from "./pair-encoder.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import { QueryMemory } from "./query-memory.ts";
import { singleTokenId, type TextTokenizer, type TokenizedText } from "./text-tokenizer.ts";

/** A template as one encoder needs it, and how much room it leaves. */
interface Frame extends Prompt {
  /** Most tokens of the whole. */
  maxTokens: number;
  tailIds: readonly number[];
  /** Tokens between the query and the document when they are tokenized apart. */
  middleIds: readonly number[];
  /** Most tokens from the stretch with the query to the document's end. */
  room: number;
  /** Most tokens of the query with the text before it, where the document is not to be crowded out. */
  queryRoom: number;
}

// Frames are few: one for each instruction and limit that is in use.
const rememberedFrames = 8;

/**
 * Builds the encoder of a model that reads query and document in a prompt.
 *
 * The template is never cut, whatever comes after the document included. Of the texts, the document is cut, at its end unless the options say
 * at its beginning. With `longest_first` the query keeps three quarters of the room at most, and is cut on the same side, too; with
 * `only_second` it stays whole.
 *
 * @param limits `maxTokens`: most tokens of the whole prompt
 * @param instruction where a pair comes without one; "" for none
 * @throws RerankError `unsupported-model` when the files cannot be used; `invalid-input` when `maxTokens` has no room beside the template
 * @see https://github.com/mixedbread-ai/mxbai-rerank `mxbai_rerank_v2.py` `prepare_inputs`, and FlagEmbedding's `get_inputs`
 * (examples/inference/reranker/README.md), whose three quarters these are; Qwen3-Reranker's own code cuts the document, and reaches the query
 * when nothing of it is left
 */
export function createPromptEncoder(
  files: TokenizerFiles,
  template: PromptTemplate,
  limits: { maxTokens: number },
  instruction: string,
): PairEncoder {
  const { file, tokenizer } = openTokenizer(files);
  const queries = new QueryMemory(tokenizer);
  const frames = new LRUCache<string, Frame>({ max: rememberedFrames });
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
      const remember = (text: string): TokenizedText => queries.tokenize(text, limit, options.specialTokens);
      const { queryHead, queryTail, between, documentHead, documentTail, room, tailIds } = frame;
      const asked = `${queryHead}${query}${queryTail}`;
      const first = between === undefined ? undefined : remember(asked);
      const answered = tokenize(`${first === undefined ? asked : documentHead}${document}${documentTail}`);
      const length = (first?.ids.length ?? 0) + (between?.length ?? 0) + answered.ids.length;
      const isWhole = (first?.isWhole ?? true) && answered.isWhole;
      if (isWhole && length <= room + tailIds.length)
        return assemble(frame, [...(first?.ids ?? []), ...(between ?? []), ...answered.ids], 0);

      const fullTokens = frame.before.length + length + frame.after.length;
      if (options.truncation === "error") throw tooLong(fullTokens, limit, isWhole);
      const question = remember(`${queryHead}${query}`).ids;
      if (options.truncation === "only_second" && question.length + frame.middleIds.length >= room) {
        throw new RerankError(
          "invalid-input",
          `tokenization: the query and the prompt before the document have ${question.length + frame.middleIds.length} tokens, and truncation ` +
            `"only_second" must fit them whole into ${room} with room for the document. Shorten the query, raise maxLength if the model allows it, or use truncation "longest_first".`,
        );
      }
      const cutQuestion = (): readonly number[] => {
        if (side === "right") return cut(question, frame.queryRoom, side);
        const headIds = tokenize(queryHead).ids;
        return [...headIds, ...cut(tokenize(query, side).ids, Math.max(0, frame.queryRoom - headIds.length), side)];
      };
      const isCut = options.truncation !== "only_second" && question.length > frame.queryRoom;
      const apart = between === undefined ? [] : [...(isCut ? tokenize(queryTail) : first!).ids, ...between];
      const head = between !== undefined ? documentHead : isCut ? queryTail : asked;
      const beginning = isCut ? [...cutQuestion(), ...apart] : apart;
      const rest = tokenize(`${head}${document}`);
      const body = [...beginning, ...rest.ids];
      const fits = rest.isWhole && body.length <= room;
      if (fits || side === "right") return { ...assemble(frame, body.slice(0, room).concat(tailIds), fullTokens), isLowerBound: !isWhole };
      // What stands before the document stays, and so it is tokenized apart from what the document has left.
      const start = [...beginning, ...tokenize(head).ids].slice(0, room);
      const ending = tokenize(`${document}${documentTail}`, side).ids;
      const ids = [...start, ...cut(ending, room + tailIds.length - start.length, side)];
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
  // Three quarters, and a token for the document at least.
  const queryRoom = Math.min(Math.floor((room * 3) / 4), room - middleIds.length - 1);
  return { ...prompt, maxTokens, tailIds, middleIds, room, queryRoom };
}

function assemble({ before, after }: Frame, middle: readonly number[], fullTokens: number): EncodedPair {
  const ids = Int32Array.from([...before, ...middle, ...after]);
  return { ids, typeIds: new Uint8Array(ids.length), fullTokens };
}
