/** A prompt template as token ids with places for query and document. */
import type { PromptTemplate } from "../types.ts";
import type { TextTokenizer } from "./text-tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";

/** A template without its instruction's place: what is fixed as ids, and what is tokenized together with a text as that text's surroundings. */
export interface Prompt {
  /** Ids before the stretch of text that holds the query, and after the one that holds the document. */
  before: readonly number[];
  after: readonly number[];
  /** Text that is tokenized together with the query and stands before and after it. */
  queryHead: string;
  queryTail: string;
  /** Ids between the two stretches; undefined where both texts stand in one stretch, `queryTail` between them. */
  between: readonly number[] | undefined;
  /** Text that is tokenized together with the document; `documentHead` is "" where both texts stand in one stretch. */
  documentHead: string;
  documentTail: string;
}

type Slot = "{query}" | "{document}";

/** A special token, or a stretch of text that no special token and no border of the template's parts divides. */
type Piece = { id: number } | { text: (string | { slot: Slot })[] };

/**
 * Reads a template whose places were checked by `model-config.ts`.
 *
 * Special tokens written in the template divide it, as they do when the whole prompt is tokenized; those in `instruction` are text.
 *
 * @param instruction "" leaves out the line that has its place
 * @param specialTokens how those in the instruction are read
 */
export function readPrompt(
  template: PromptTemplate,
  instruction: string,
  specialTokens: "neutralize" | "interpret",
  file: TokenizerFile,
  tokenizer: TextTokenizer,
): Prompt {
  const parts = typeof template === "string" ? [template] : template;
  const pieces = parts.flatMap((part) => readPart(instruction === "" ? withoutInstruction(part) : part, instruction, file));
  const query = pieces.findIndex((piece) => holds(piece, "{query}"));
  const document = pieces.findIndex((piece) => holds(piece, "{document}"));
  const idsOf = (some: readonly Piece[]): number[] =>
    some.flatMap((piece) =>
      "id" in piece ? [piece.id] : tokenizer.tokenize(literal(piece.text), Number.MAX_SAFE_INTEGER, specialTokens).ids,
    );
  const [queryHead, afterQuery] = around(pieces[query]!, "{query}");
  const [documentHead, documentTail] = around(pieces[document]!, "{document}");
  const isOne = query === document;
  return {
    before: idsOf(pieces.slice(0, query)),
    after: idsOf(pieces.slice(document + 1)),
    queryHead,
    queryTail: isOne ? documentHead.slice(queryHead.length) : afterQuery,
    between: isOne ? undefined : idsOf(pieces.slice(query + 1, document)),
    documentHead: isOne ? "" : documentHead,
    documentTail,
  };
}

function withoutInstruction(part: string): string {
  return part.replace(/^[^\n]*\{instruction\}[^\n]*(?:\n|$)/m, "");
}

function readPart(part: string, instruction: string, file: TokenizerFile): Piece[] {
  const special = file.addedTokens.filter((token) => token.special === true && token.content !== "");
  const ids = new Map(special.map(({ content, id }) => [content, id]));
  // Of two that begin alike, the longer one.
  const contents = [...ids.keys(), "{query}", "{document}", "{instruction}"].sort((left, right) => right.length - left.length);
  const pattern = new RegExp(`(${contents.map((content) => content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|")})`);
  const pieces: Piece[] = [];
  let isOpen = false;
  for (const found of part.split(pattern)) {
    if (found === "") continue;
    const id = ids.get(found);
    if (id !== undefined) pieces.push({ id });
    else {
      if (!isOpen) pieces.push({ text: [] });
      const { text } = pieces.at(-1) as { text: (string | { slot: Slot })[] };
      if (found === "{query}" || found === "{document}") text.push({ slot: found });
      else text.push(found === "{instruction}" ? instruction : found);
    }
    isOpen = id === undefined;
  }
  return pieces;
}

function holds(piece: Piece, slot: Slot): boolean {
  return "text" in piece && piece.text.some((item) => typeof item === "object" && item.slot === slot);
}

/** The text before and after a slot; the other slot, if it is there, is nothing. */
function around(piece: Piece, slot: Slot): [before: string, after: string] {
  const { text } = piece as { text: (string | { slot: Slot })[] };
  const place = text.findIndex((item) => typeof item === "object" && item.slot === slot);
  return [literal(text.slice(0, place)), literal(text.slice(place + 1))];
}

function literal(text: readonly (string | { slot: Slot })[]): string {
  return text.filter((item) => typeof item === "string").join("");
}
