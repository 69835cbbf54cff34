/** How large texts get on the wire. */

/** Bytes of a body's keys and options, beside its texts: far less than this, whatever the dialect. */
export const envelopeBytes = 1024;

/** Bytes of a well-formed text in UTF-8, without writing them. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate is half of a character of four bytes.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** Bytes of a well-formed text in a body of JSON: in UTF-8, escaped, with its quotes and a comma. */
export function jsonLength(text: string): number {
  let escapes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x22 || unit === 0x5c) escapes += 1;
    else if (unit < 0x20) escapes += shortEscapes.has(unit) ? 1 : 5;
  }
  return utf8Length(text) + escapes + 3;
}

/** \b, \t, \n, \f and \r; other control characters take six bytes. */
const shortEscapes: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);
