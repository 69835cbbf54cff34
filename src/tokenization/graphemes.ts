// Large enough that it reads few graphemes twice; small enough that copying it costs nothing.
const windowLength = 128;

const segmenter: Intl.Segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * The graphemes of a text, one after another.
 *
 * `Intl.Segmenter` alone takes quadratic time in Node, because each segment costs a pass over the whole text. So it gets one window of the
 * text at a time. Each window starts at a border, and the text before a border does not change the borders after it.
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
    // The last grapheme may continue after the window.
    if (isLast) yield held;
    if (isLast) return;
    const read = part.length - held.length;
    start += read;
    length = read === 0 ? length * 2 : windowLength;
  }
}
