/** The inputs of a pass: pairs as rows of one length, or side by side. */
import type { Positions } from "../../compile/probe.ts";
import type { EncodedPair } from "../../tokenization/pair-encoder.ts";
import type { Feeds } from "./session.node.ts";

type FeedsWithIds = Feeds & Required<Pick<Feeds, "input_ids">>;

/**
 * Pairs as rows, shape [pairs, tokens], the shorter ones padded at their ends.
 *
 * @param pairs the longest first
 */
export function paddedFeeds(pairs: readonly EncodedPair[], padId: number): FeedsWithIds {
  const width = pairs[0]!.ids.length;
  const shape = [pairs.length, width];
  const ids = new Int32Array(pairs.length * width).fill(padId);
  const mask = new Int32Array(ids.length);
  const types = new Int32Array(ids.length);
  pairs.forEach((pair, row) => {
    const start = row * width;
    ids.set(pair.ids, start);
    types.set(pair.typeIds, start);
    mask.fill(1, start, start + pair.ids.length);
  });
  return { input_ids: { data: ids, shape }, attention_mask: { data: mask, shape }, token_type_ids: { data: types, shape } };
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
