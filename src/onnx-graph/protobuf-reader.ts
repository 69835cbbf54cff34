/** A protobuf reader for files that are too large to load. It reads through a window and skips payloads that the caller does not need. */

/** Bytes with random access, for example an open file. */
export interface ByteSource {
  sizeBytes: number;
  /** Exactly `length` bytes from `position`, both within the source. */
  read(position: number, length: number): Uint8Array;
}

/** One field of a message. */
export interface Field {
  number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  wireType: number;
  /** The value of a varint as int64, exact from -2^53 to 2^53; 0 for the other wire types. */
  value: number;
  /** Where the payload of a length-delimited field begins and ends. */
  start: number;
  end: number;
}

/** Reads messages of one source. */
export interface ProtobufReader {
  /** The fields of the message that fills [start, end). */
  fields(start: number, end: number): Iterable<Field>;
  /** The fields of an embedded message. */
  fieldsOf(field: Field): Iterable<Field>;
  /** A length-delimited field as UTF-8. */
  text(field: Field): string;
  /** A copy of the bytes of a length-delimited field. */
  bytes(field: Field): Uint8Array;
  /** The first field of an embedded message with this number, as text; "" if there is none. */
  firstText(field: Field, number: number): string;
  /** A repeated integer, packed or not. */
  integers(field: Field): number[];
  /** Whether the source begins with these ASCII characters. */
  startsWith(text: string): boolean;
  /** Makes the error for damage that the caller finds. */
  fail(reason: string): Error;
}

// Large enough that a graph's nodes take few reads, small enough that a window around each of a thousand tensors costs little.
const windowBytes = 65_536;
// No real name or path is longer. A longer one means that the bytes are not protobuf.
const maxTextBytes = 65_536;

/**
 * Opens a source for reading.
 *
 * @param fail makes the error for bytes that are not protobuf
 */
export function createProtobufReader(source: ByteSource, fail: (reason: string) => Error): ProtobufReader {
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  let position = 0;
  const decoder = new TextDecoder();

  function bytesAt(start: number, length: number): Uint8Array {
    if (start < windowStart || start + length > windowStart + window.length) {
      window = source.read(start, Math.min(Math.max(windowBytes, length), source.sizeBytes - start));
      windowStart = start;
    }
    return window.subarray(start - windowStart, start - windowStart + length);
  }

  function nextByte(end: number): number {
    if (position >= end) throw fail("it ends in the middle of a field");
    if (position < windowStart || position >= windowStart + window.length) bytesAt(position, 1);
    const byte = window[position - windowStart] as number;
    position += 1;
    return byte;
  }

  function varint(end: number): number {
    let value = 0;
    let inverted = 0; // a negative number has many ones and few zeros, so the sum of its zeros stays exact
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = nextByte(end);
      if (count === 9 && byte === 1) return -inverted - 1;
      value += (byte & 0x7f) * scale;
      inverted += (~byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw fail("a number in it is too long");
  }

  function* fields(start: number, end: number): Generator<Field> {
    let next = start;
    while (next < end) {
      position = next;
      const key = varint(end);
      const number = Math.floor(key / 8);
      const wireType = key % 8;
      const field: Field = { number, wireType, value: 0, start: position, end: position };
      if (number <= 0) throw fail("it has a field without a number");
      if (wireType === 0) field.value = varint(end);
      else if (wireType === 1) position += 8;
      else if (wireType === 5) position += 4;
      else if (wireType === 2) {
        const length = varint(end);
        field.start = position;
        position += length < 0 ? Number.POSITIVE_INFINITY : length;
      } else throw fail(`it has a field of wire type ${wireType}`);
      if (position > end) throw fail("it ends before the data that it announces");
      field.end = position;
      next = position;
      yield field;
    }
  }

  const fieldsOf = (field: Field): Generator<Field> => {
    if (field.wireType !== 2) throw fail("a number stands where a message belongs");
    return fields(field.start, field.end);
  };

  const text = (field: Field): string => {
    const length = field.end - field.start;
    if (field.wireType !== 2 || length > maxTextBytes) throw fail("a name in it is not text");
    return decoder.decode(bytesAt(field.start, length));
  };

  return {
    fields,
    fieldsOf,
    text,
    bytes(field) {
      if (field.wireType !== 2) throw fail("a number stands where bytes belong");
      return bytesAt(field.start, field.end - field.start).slice();
    },
    firstText(field, number) {
      for (const part of fieldsOf(field)) if (part.number === number) return text(part);
      return "";
    },
    integers(field) {
      if (field.wireType === 0) return [field.value];
      const values: number[] = [];
      position = field.start;
      while (position < field.end) values.push(varint(field.end));
      return values;
    },
    startsWith(prefix) {
      if (source.sizeBytes < prefix.length) return false;
      return decoder.decode(source.read(0, prefix.length)) === prefix;
    },
    fail,
  };
}
