/**
 * The late-interaction score: for each query vector, the largest dot product with a document vector; the sum of these.
 *
 * @param query unit vectors, shape [query tokens, size], row by row
 * @param document unit vectors, shape [document tokens, size]; at least one
 * @returns between minus and plus the number of query tokens
 * @see https://arxiv.org/abs/2004.12832 equation 3
 */
export function maxSim(query: Float32Array, document: Float32Array, size: number): number {
  let sum = 0;
  for (let first = 0; first < query.length; first += size) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let second = 0; second < document.length; second += size) {
      let product = 0;
      for (let index = 0; index < size; index += 1) product += query[first + index]! * document[second + index]!;
      if (product > largest) largest = product;
    }
    sum += largest;
  }
  return sum;
}

/**
 * The vectors of one text that take part in the comparison, each scaled to length 1. A vector of zeros stays zero.
 *
 * @param outputs shape [texts, tokens, size]
 * @param first index of the text's first token in its row; the tokens before it are padding
 * @param isCompared whether each token of the text takes part
 */
export function unitVectors(
  outputs: ArrayLike<number>,
  shape: readonly number[],
  row: number,
  first: number,
  isCompared: readonly boolean[],
): Float32Array {
  const [, tokens, size] = shape as [number, number, number];
  const vectors = new Float32Array(isCompared.filter(Boolean).length * size);
  let end = 0;
  isCompared.forEach((isMeant, token) => {
    if (!isMeant) return;
    const start = (row * tokens + first + token) * size;
    let squares = 0;
    for (let index = 0; index < size; index += 1) squares += outputs[start + index]! ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let index = 0; index < size; index += 1) vectors[end + index] = outputs[start + index]! * scale;
    end += size;
  });
  return vectors;
}
