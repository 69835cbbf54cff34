import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const folder: URL = new URL("../fixtures/", import.meta.url);

/** The parsed content of a file in test/fixtures, unpacked where its name ends in `.gz`. */
export function readFixture<T>(path: string): T {
  const bytes = readFileSync(new URL(path, folder));
  return JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()) as T;
}

/** A published tokenizer.json by its model's name: see test/fixtures/tokenizers/SOURCE.md. */
export function readTokenizer(name: string): Record<string, unknown> {
  return readFixture(`tokenizers/${name}.json.gz`);
}
