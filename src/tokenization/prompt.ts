/** A prompt template as token ids and text, with slots for query and document. */
import type { PromptTemplate } from "../types.ts";
import type { TextTokenizer } from "./text-tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";

/**
 * A template with its instruction filled in.
 *
 * Its fixed parts are ids. The text next to a slot stays text, because it is tokenized together with the query or document.
 */
export interface Prompt {
  /** Ids before the text that holds the query, and after the text that holds the document. */
  before: readonly number[];
  after: readonly number[];
  /** Text directly before and after the query; tokenized together with it. */
  queryHead: string;
  queryTail: string;
  /** Ids between the query's text and the document's. Undefined if nothing divides the two: then only `queryTail` is between them. */
  between: readonly number[] | undefined;
  /** Text directly before and after the document; tokenized together with it. `documentHead` is "" if `between` is undefined. */
  documentHead: string;
  documentTail: string;
}

type Slot = "{query}" | "{document}";

/** A special token, or text without special tokens from one part of the template. */
type Piece = { id: number } | { text: (string | { slot: Slot })[] };

/**
 * Reads a template. The configuration's schema has checked that its slots are there.
 *
 * Special tokens written in the template divide it, as they do when the whole prompt is tokenized. In `instruction` they are plain text.
 *
 * @param instruction "" leaves out the line with `{instruction}`
 * @param specialTokens how to read special tokens in the instruction
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
  // The longest first: a token may be the beginning of another one.
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

/** The text before and after a slot. The other slot, if this piece has it, becomes "". */
function around(piece: Piece, slot: Slot): [before: string, after: string] {
  const { text } = piece as { text: (string | { slot: Slot })[] };
  const slotIndex = text.findIndex((item) => typeof item === "object" && item.slot === slot);
  return [literal(text.slice(0, slotIndex)), literal(text.slice(slotIndex + 1))];
}

function literal(text: readonly (string | { slot: Slot })[]): string {
  return text.filter((item) => typeof item === "string").join("");
}
