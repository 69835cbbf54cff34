/** Writes protobuf messages. Each function gives the bytes of one field; {@link concatenate} joins fields to a message. */

const encoder = new TextEncoder();

/** A varint field. `value` is a whole number from 0 to 2^53. */
export function numberField(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(number * 8), ...varint(value)]);
}

/** A length-delimited field that holds UTF-8. */
export function textField(number: number, text: string): Uint8Array {
  return bytesField(number, encoder.encode(text));
}

/** A length-delimited field: bytes, or an embedded message. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return concatenate([Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

/** A field of four bytes, little-endian IEEE 754. */
export function floatField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concatenate([Uint8Array.from(varint(number * 8 + 5)), bytes]);
}

/** Joins byte arrays. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
