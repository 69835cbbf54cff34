import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { NotTextError, readLines, readTextSync } from "./text-lines.node.ts";

const text = "Hunde üben täglich 🐕\r\n\r\n日本語\nlast";
const expected = ["Hunde üben täglich 🐕", "", "日本語", "last"];

async function read(bytes: Uint8Array, chunkBytes: number = bytes.length): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.subarray(start, start + chunkBytes));
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(chunks), "a.txt")) lines.push(line);
  return lines;
}

function utf16(value: string, isBigEndian = false): Buffer {
  const bytes = Buffer.from(`\ufeff${value}`, "utf16le");
  return isBigEndian ? bytes.swap16() : bytes;
}

async function refusal(bytes: Uint8Array): Promise<Error> {
  return read(bytes).then(
    () => {
      throw new Error("accepted");
    },
    (error: unknown) => error as Error,
  );
}

describe("readTextSync", () => {
  it("reads whole files as lines are read", () => {
    const folder = mkdtempSync(join(tmpdir(), "crossrank-text-"));
    const path = join(folder, "keys.txt");
    const readBytes = (bytes: Uint8Array): string => {
      writeFileSync(path, bytes);
      return readTextSync(path);
    };
    try {
      for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16(text), utf16(text, true)]) {
        expect(readBytes(bytes)).toBe(text);
        expect(readBytes(gzipSync(bytes))).toBe(text);
      }
      expect(readBytes(Buffer.from(""))).toBe("");
      expect(() => readBytes(Buffer.from("üben", "latin1"))).toThrow(NotTextError);
      expect(() => readBytes(Buffer.from("üb").subarray(0, 1))).toThrow(/line 1 is not UTF-8/);
      expect(() => readBytes(gzipSync(text).subarray(0, -9))).toThrow(/the gzip file is damaged or cut short/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("readLines", () => {
  const encodings: [string, Buffer][] = [
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16, little-endian, as PowerShell writes it", utf16(text)],
    ["UTF-16, big-endian", utf16(text, true)],
  ];
  const files = encodings.flatMap(([name, bytes]): [string, Buffer][] => [
    [name, bytes],
    [`${name}, compressed`, gzipSync(bytes)],
    [`${name}, in two compressed members`, Buffer.concat([gzipSync(bytes.subarray(0, 17)), gzipSync(bytes.subarray(17))])],
  ]);

  it.each(files)("reads %s, whatever chunks cut", async (_name, bytes) => {
    for (const chunkBytes of [bytes.length, 1, 3]) expect(await read(bytes, chunkBytes)).toEqual(expected);
  });

  it("reads files of a few bytes, and none", async () => {
    expect(await read(Buffer.from(""))).toEqual([]);
    expect(await read(Buffer.from("a"))).toEqual(["a"]);
    expect(await read(Buffer.from("\ufeff"))).toEqual([]);
    expect(await read(gzipSync(""))).toEqual([]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["Latin-1", Buffer.from("one\ntwo\nHunde üben", "latin1"), /^a\.txt: line 3 is not UTF-8: .* iconv /],
    ["Latin-1, compressed", gzipSync(Buffer.from("Hunde üben", "latin1")), /^a\.txt: line 1 is not UTF-8: /],
    ["a character cut at the end", Buffer.from("one\ntwo ü").subarray(0, -1), /^a\.txt: line 2 is not UTF-8: /],
    ["half a UTF-16 surrogate pair", utf16("one\n\ud83d").subarray(0), /^a\.txt: line 2 is not UTF-16LE: /],
    ["UTF-16 without a byte order mark", utf16("one\ntwo").subarray(2), /^a\.txt: line 1 holds a zero byte: .*UTF-16/],
    ["a zero byte in a later line", Buffer.from("one\ntwo\u0000"), /^a\.txt: line 2 holds a zero byte: /],
    ["UTF-32", Buffer.from("fffe000061000000", "hex"), /^a\.txt: this is no text but UTF-32\./],
    ["a PNG image", Buffer.from("89504e470d0a1a0a0000000d", "hex"), /no text but a PNG image/],
    ["a PDF file", Buffer.from("%PDF-1.7\nplain so far"), /no text but a PDF file\. Extract its text first\./],
    ["a zip archive", Buffer.from("504b030414000000", "hex"), /no text but a zip archive/],
    ["Parquet", Buffer.from("PAR1abc"), /no text but a Parquet file/],
    ["zstd in gzip", gzipSync(Buffer.from("28b52ffd0000", "hex")), /compressed by zstd/],
  ])("refuses %s", async (_name, bytes, message) => {
    const error = await refusal(bytes);
    expect(error).toBeInstanceOf(NotTextError);
    expect(error).toMatchObject({ code: "invalid-input", message: expect.stringMatching(message) });
  });

  it("refuses a gzip file that is damaged or cut short, and does not take it for another kind", async () => {
    const whole = gzipSync(Buffer.from("one\ntwo\n".repeat(1000)));
    const damaged = Buffer.from(whole);
    damaged[whole.length - 6]! ^= 0xff;
    for (const bytes of [whole.subarray(0, -9), whole.subarray(0, 12), damaged]) {
      const error = await refusal(bytes);
      expect(error).not.toBeInstanceOf(NotTextError);
      expect(error).toMatchObject({
        code: "invalid-input",
        message: expect.stringMatching(/^a\.txt: the gzip file is damaged or cut short: /),
      });
    }
  });
});
