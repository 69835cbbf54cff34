/** The distinct texts of a call, so that a model scores equal ones only once. */
export interface DistinctTexts {
  /** In the order of their first indices. */
  texts: readonly string[];
  /** For each text of the call, its index in `texts`. */
  of: readonly number[];
  /** For each of `texts`, its indices in the call, ascending; at least one. */
  indices: readonly (readonly number[])[];
}

/** Finds the distinct texts of a call. */
export function distinctTexts(all: readonly string[]): DistinctTexts {
  const known = new Map<string, number>();
  const indices: number[][] = [];
  const of = all.map((text, index) => {
    const distinct = known.get(text) ?? known.size;
    known.set(text, distinct);
    indices[distinct] ??= [];
    indices[distinct].push(index);
    return distinct;
  });
  return { texts: [...known.keys()], of, indices };
}
