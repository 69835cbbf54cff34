import { describe, expect, it } from "vitest";
import type { EncodedPair } from "../../tokenization/pair-encoder.ts";
import { lastTokenIndex, paddedFeeds } from "./feeds.ts";

const text = (ids: number[], more: Partial<EncodedPair> = {}): EncodedPair => ({
  ids: Int32Array.from(ids),
  typeIds: Uint8Array.from(ids, () => 1),
  fullTokens: 0,
  ...more,
});

describe("paddedFeeds", () => {
  it.each([
    ["right", [5, 6, 7, 8, 9, 0], [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 0], [0, 1, 2, 0, 1, 0], [2, 1]],
    ["left", [5, 6, 7, 0, 8, 9], [1, 1, 1, 0, 1, 1], [1, 1, 1, 0, 1, 1], [0, 1, 2, 0, 0, 1], [2, 2]],
  ] as const)("fills up shorter rows on the %s, masked, and not counted in positions", (side, ids, mask, types, positions, last) => {
    const feeds = paddedFeeds([text([5, 6, 7]), text([8, 9])], { id: 0, side, firstPosition: 0 });
    expect([...feeds.input_ids.data]).toEqual(ids);
    expect([...feeds.attention_mask!.data]).toEqual(mask);
    expect([...feeds.token_type_ids!.data]).toEqual(types);
    expect([...feeds.position_ids!.data]).toEqual(positions);
    expect(feeds.last_indices).toEqual({ data: Int32Array.from(last), shape: [2, 1] });
    expect(feeds.input_ids.shape).toEqual([2, 3]);
    expect(lastTokenIndex(text([8, 9]), 3, side)).toBe(last[1]);
  });

  it("counts positions from where the model does, and masks what a text does not attend to", () => {
    const feeds = paddedFeeds([text([5, 6, 7, 7], { attended: 2 })], { id: 0, side: "right", firstPosition: 2 });
    expect([...feeds.position_ids!.data]).toEqual([2, 3, 4, 5]);
    expect([...feeds.attention_mask!.data]).toEqual([1, 1, 0, 0]);
  });
});
