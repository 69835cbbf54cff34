/** Decodes a file or a pipe: UTF-8 or UTF-16, plain or gzip. For anything else, the error names the kind of file. */
import { readFileSync } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";
import { messageOf } from "../errors.ts";
import { RerankError } from "../index.ts";

/** Error for a file that is not text. Commands with several files skip such a file. */
export class NotTextError extends RerankError {
  constructor(fileName: string, what: string, advice: string, cause?: unknown) {
    super("invalid-input", `${fileName}: ${what}. ${advice}.`, cause === undefined ? {} : { cause });
  }
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** The first bytes of files that users pass by mistake, and the kind of file. @see https://en.wikipedia.org/wiki/List_of_file_signatures */
const knownFiles: readonly (readonly [bytes: string, what: string])[] = [
  ["25504446", "a PDF file"],
  ["504b0304", "a zip archive, or an office document"],
  ["28b52ffd", "compressed by zstd"],
  ["425a68", "compressed by bzip2"],
  ["fd377a585a00", "compressed by xz"],
  ["50415231", "a Parquet file"],
  ["53514c69746520666f726d6174", "a SQLite database"],
  ["89504e47", "a PNG image"],
  ["ffd8ff", "a JPEG image"],
  ["fffe0000", "UTF-32"],
  ["0000feff", "UTF-32"],
];
const headBytes = 16;
const extractAdvice = "Extract its text first";

/**
 * Reads lines without line ends, as they arrive. Removes a byte order mark.
 *
 * @param fileName for messages
 * @throws NotTextError for binary files and other encodings; RerankError `invalid-input` for a damaged gzip file
 */
export async function* readLines(stream: Readable, fileName: string): AsyncGenerator<string> {
  const { head, rest } = await takeHead(stream);
  const plain = isGzip(head) ? await takeHead(gunzip(rest, fileName)) : { head, rest };
  const encoding = encodingOf(plain.head, fileName);
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  // Pieces of a line that is split across chunks.
  let pieces: string[] = [];
  for await (const chunk of plain.rest) {
    const parts = decode(decoder, chunk, fileName, line).split("\n");
    for (const part of parts.slice(0, -1)) {
      yield withoutReturn(pieces.join("") + part);
      pieces = [];
      line += 1;
    }
    pieces.push(parts.at(-1)!);
  }
  const last = pieces.join("") + decode(decoder, undefined, fileName, line);
  if (last !== "") yield withoutReturn(last);
}

/** Reads a small file with the same decoding as {@link readLines}. @throws as readLines, and errors of the file system */
export function readTextSync(path: string): string {
  const bytes = readFileSync(path);
  let plain: Buffer = bytes;
  try {
    if (isGzip(bytes)) plain = gunzipSync(bytes);
  } catch (error) {
    throw damagedGzip(path, error);
  }
  const decoder = new TextDecoder(encodingOf(plain.subarray(0, headBytes), path), { fatal: true });
  return decode(decoder, plain, path, 1) + decode(decoder, undefined, path, 1);
}

/** Reads the first bytes of a stream. `rest` is the whole stream, including these bytes. */
async function takeHead(stream: AsyncIterable<Uint8Array>): Promise<{ head: Uint8Array; rest: AsyncIterable<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < headBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* chunks;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return { head: Buffer.concat(chunks).subarray(0, headBytes), rest: all() };
}

async function* gunzip(compressed: AsyncIterable<Uint8Array>, fileName: string): AsyncGenerator<Uint8Array> {
  try {
    // A failure also ends the returned stream, so the callback has nothing to do.
    yield* pipeline(Readable.from(compressed), createGunzip(), () => {}) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw /^Z_/.test(String((error as { code?: unknown }).code)) ? damagedGzip(fileName, error) : error;
  }
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function encodingOf(head: Uint8Array, fileName: string): Encoding {
  const hex = Buffer.from(head).toString("hex");
  const known = knownFiles.find(([bytes]) => hex.startsWith(bytes));
  if (known !== undefined) throw new NotTextError(fileName, `this is no text but ${known[1]}`, extractAdvice);
  if (hex.startsWith("fffe")) return "utf-16le";
  return hex.startsWith("feff") ? "utf-16be" : "utf-8";
}

/** Decodes a chunk. @param bytes undefined at the end of the stream @param line the line on which the bytes begin */
function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array | undefined, fileName: string, line: number): string {
  let text: string;
  try {
    text = bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (cause) {
    const readable = new TextDecoder(decoder.encoding).decode(bytes).split("\ufffd", 1)[0]!;
    const where = line + readable.split("\n").length - 1;
    const advice = "Save it as UTF-8, for example with iconv -f ISO-8859-1 -t UTF-8";
    throw new NotTextError(fileName, `line ${where} is not ${decoder.encoding.toUpperCase()}: another encoding, or no text`, advice, cause);
  }
  const zero = text.indexOf("\0");
  if (zero === -1) return text;
  const where = line + text.slice(0, zero).split("\n").length - 1;
  throw new NotTextError(fileName, `line ${where} holds a zero byte: no text, or UTF-16 without a byte order mark`, "Save it as UTF-8");
}

function damagedGzip(fileName: string, cause: unknown): RerankError {
  const what = `${fileName}: the gzip file is damaged or cut short: ${messageOf(cause)}`;
  return new RerankError("invalid-input", `${what}. Compress it again, or copy it whole.`, { cause });
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
