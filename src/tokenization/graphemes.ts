// Large enough that few graphemes are read twice, small enough that copying it costs nothing.
const windowLength = 128;

const segmenter: Intl.Segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * The graphemes of a text, one after another.
 *
 * `Intl.Segmenter` by itself takes quadratic time in Node, because each segment costs a pass over the whole text. It gets a window at a time
 * here, from one border to the next: what lies before a border does not change where the following ones are.
 */
export function* graphemes(text: string): Generator<string> {
  let start = 0;
  let length = windowLength;
  while (start < text.length) {
    const part = text.slice(start, start + length);
    const isLast = start + part.length === text.length;
    let held = "";
    for (const { segment } of segmenter.segment(part)) {
      if (held !== "") yield held;
      held = segment;
    }
    // The last one may go on behind the window.
    if (isLast) yield held;
    if (isLast) return;
    const read = part.length - held.length;
    start += read;
    length = read === 0 ? length * 2 : windowLength;
  }
}
