/** The inputs of a pass: texts as padded rows, or concatenated. */
import type { Positions } from "../../onnx-graph/probe.ts";
import type { EncodedPair } from "../../tokenization/pair-encoder.ts";
import type { Feeds, FixedShape } from "./session.node.ts";

type FeedsWithIds = Feeds & Required<Pick<Feeds, "input_ids">>;

/** How texts of different lengths become rows of equal length. */
export interface Padding {
  /** The padding token. */
  id: number;
  side: "left" | "right";
  /** Position of a text's first token. */
  firstPosition: number;
}

/**
 * Texts as rows, shape [texts, tokens]. Shorter rows are padded. The padding is masked and has no positions.
 *
 * @param texts the longest first
 * @param fixed sizes that the graph wants: longer rows are filled up alike, and the last text fills up rows that are missing
 */
export function paddedFeeds(texts: readonly EncodedPair[], padding: Padding, fixed?: FixedShape): FeedsWithIds {
  const width = fixed?.tokens ?? texts[0]!.ids.length;
  const rows = Array.from({ length: fixed?.texts ?? texts.length }, (_, row) => texts[Math.min(row, texts.length - 1)]!);
  const shape = [rows.length, width];
  const ids = new Int32Array(rows.length * width).fill(padding.id);
  const mask = new Int32Array(ids.length);
  const types = new Int32Array(ids.length);
  const positions = new Int32Array(ids.length);
  rows.forEach((text, row) => {
    const { length } = text.ids;
    const start = row * width + (padding.side === "left" ? width - length : 0);
    ids.set(text.ids, start);
    types.set(text.typeIds, start);
    mask.fill(1, start, start + (text.attended ?? length));
    for (let index = 0; index < length; index += 1) positions[start + index] = padding.firstPosition + index;
  });
  return {
    input_ids: { data: ids, shape },
    attention_mask: { data: mask, shape },
    token_type_ids: { data: types, shape },
    position_ids: { data: positions, shape },
    last_indices: { data: Int32Array.from(rows, (text) => lastTokenIndex(text, width, padding.side)), shape: [rows.length, 1] },
  };
}

/** Index of a text's last token in its row. */
export function lastTokenIndex(text: EncodedPair, width: number, side: Padding["side"]): number {
  return side === "left" ? width - 1 : text.ids.length - 1;
}

/** Concatenated pairs, shape [1, tokens of all pairs], with the length of each. */
export function packedFeeds(pairs: readonly EncodedPair[], positions: Positions | undefined): FeedsWithIds {
  const lengths = Int32Array.from(pairs, ({ ids }) => ids.length);
  const shape = [1, lengths.reduce((sum, length) => sum + length, 0)];
  const ids = new Int32Array(shape[1]!);
  const types = new Int32Array(ids.length);
  const positionIds = new Int32Array(ids.length);
  let start = 0;
  for (const pair of pairs) {
    ids.set(pair.ids, start);
    types.set(pair.typeIds, start);
    if (positions !== undefined) positionIds.set(positionsOf(pair.ids, positions), start);
    start += pair.ids.length;
  }
  return {
    input_ids: { data: ids, shape },
    token_type_ids: { data: types, shape },
    position_ids: { data: positionIds, shape },
    lengths: { data: lengths, shape: [pairs.length] },
  };
}

function positionsOf(ids: Int32Array, { first, uncountedId }: Positions): Int32Array {
  let counted = 0;
  return ids.map((id) => {
    if (id === uncountedId) return first - 1;
    counted += 1;
    return first + counted - 1;
  });
}
