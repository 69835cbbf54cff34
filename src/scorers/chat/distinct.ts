/** The different texts among those of a call, so that equal ones are asked about once. */
export interface DistinctTexts {
  /** In the order of their first places. */
  texts: readonly string[];
  /** Which of `texts` stands in each place of the call. */
  of: readonly number[];
  /** Where each of `texts` stands in the call; at least one place. */
  places: readonly (readonly number[])[];
}

export function distinctTexts(all: readonly string[]): DistinctTexts {
  const indices = new Map<string, number>();
  const places: number[][] = [];
  const of = all.map((text, place) => {
    const index = indices.get(text) ?? indices.size;
    indices.set(text, index);
    places[index] ??= [];
    places[index].push(place);
    return index;
  });
  return { texts: [...indices.keys()], of, places };
}
