/** The inputs of a pass: texts as rows of one length, or side by side. */
import type { Positions } from "../../onnx-graph/probe.ts";
import type { EncodedPair } from "../../tokenization/pair-encoder.ts";
import type { Feeds, FixedShape } from "./session.node.ts";

type FeedsWithIds = Feeds & Required<Pick<Feeds, "input_ids">>;

/** How texts of several lengths are put into rows of one. */
export interface Padding {
  /** Fills up the shorter ones. */
  id: number;
  side: "left" | "right";
  /** Position of a text's first token. */
  firstPosition: number;
}

/**
 * Texts as rows, shape [texts, tokens], the shorter ones filled up; what fills them up is masked, and not counted in positions.
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
    for (let place = 0; place < length; place += 1) positions[start + place] = padding.firstPosition + place;
  });
  return {
    input_ids: { data: ids, shape },
    attention_mask: { data: mask, shape },
    token_type_ids: { data: types, shape },
    position_ids: { data: positions, shape },
    last_places: { data: Int32Array.from(rows, (text) => lastPlace(text, width, padding.side)), shape: [rows.length, 1] },
  };
}

/** The place of a text's last token in its row. */
export function lastPlace(text: EncodedPair, width: number, side: Padding["side"]): number {
  return side === "left" ? width - 1 : text.ids.length - 1;
}

/** Pairs side by side, shape [1, tokens of all], with the length of each. */
export function packedFeeds(pairs: readonly EncodedPair[], positions: Positions | undefined): FeedsWithIds {
  const lengths = Int32Array.from(pairs, ({ ids }) => ids.length);
  const shape = [1, lengths.reduce((sum, length) => sum + length, 0)];
  const ids = new Int32Array(shape[1]!);
  const types = new Int32Array(ids.length);
  const places = new Int32Array(ids.length);
  let start = 0;
  for (const pair of pairs) {
    ids.set(pair.ids, start);
    types.set(pair.typeIds, start);
    if (positions !== undefined) places.set(positionsOf(pair.ids, positions), start);
    start += pair.ids.length;
  }
  return {
    input_ids: { data: ids, shape },
    token_type_ids: { data: types, shape },
    position_ids: { data: places, shape },
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
