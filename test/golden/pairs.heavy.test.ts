import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RerankError } from "../../src/errors.ts";
import { createPairEncoder, type EncodedPair, type EncodeOptions, type PairEncoder } from "../../src/tokenization/pair-encoder.ts";
import { readFixture, readTokenizer } from "./fixtures.node.ts";

/** Written by scripts/goldens/pair_goldens.py, whose head explains every field. */
interface PairGoldens {
  provenance: { packages: Record<string, string> };
  strategies: ("longest_first" | "only_second")[];
  /** Places of the texts with special tokens typed inside. */
  typed: number[];
  texts: (string | [unit: string, times: number])[];
  cases: Record<string, Case[]>;
}
type Case = [query: number, document: number, strategy: number, limit: number, expected: [number[] | number, string] | null];

const goldens = readFixture<PairGoldens>("goldens/pairs.json.gz");
const texts = goldens.texts.map((text) => (typeof text === "string" ? text : text[0].repeat(text[1])));
const names = goldens.texts.map((text) => (typeof text === "string" ? text : text[0]));
const typed = new Set(goldens.typed);

describe(`ids and type ids of pairs equal those of the Rust tokenizers ${goldens.provenance.packages.tokenizers}`, () => {
  for (const [name, cases] of Object.entries(goldens.cases)) {
    it(`${name}: ${cases.length} pairs`, () => {
      const encode = encoders(name);
      const different = cases.filter((row) => {
        const modes = typed.has(row[0]) || typed.has(row[1]) ? (["interpret"] as const) : (["interpret", "neutralize"] as const);
        return !modes.every((mode) => matches(encode, row, mode));
      });
      console.log(`${name}: ${cases.length} pairs run, ${cases.length - different.length} equal`);
      expect(different.map(describeCase)).toEqual([]);
    }, 120_000);
  }
});

describe("special tokens typed inside texts, neutralized", () => {
  for (const name of Object.keys(goldens.cases)) {
    it(`${name}: never give a special id between the special tokens of the pair`, () => {
      const file = readTokenizer(name);
      const encoder = createPairEncoder({ tokenizer: file, config: {} }, { maxTokens: 8192, typeVocabSize: 2 });
      const options: EncodeOptions = { truncation: "longest_first", specialTokens: "neutralize" };
      const added = file.added_tokens as { id: number; content: string; special: boolean }[];
      const unknown = added.find((token) => token.content === "[UNK]" || token.content === "<unk>")?.id;
      const special = new Set(added.filter((token) => token.special && token.id !== unknown).map((token) => token.id));
      const count = (pair: EncodedPair): number => pair.ids.filter((id) => special.has(id)).length;
      const bare = count(encoder.encode("", "", options));
      expect(typed.size).toBeGreaterThan(15);
      for (const index of typed) {
        expect(count(encoder.encode(texts[index]!, "plain", options)), names[index]!).toBe(bare);
        expect(count(encoder.encode("plain", texts[index]!, options)), names[index]!).toBe(bare);
      }
    });
  }
});

type Encode = (row: Case, specialTokens: EncodeOptions["specialTokens"]) => EncodedPair;

/** One encoder per limit, made when it is first needed. */
function encoders(name: string): Encode {
  const file = readTokenizer(name);
  const made = new Map<number, PairEncoder>();
  return ([query, document, strategy, limit], specialTokens) => {
    let encoder = made.get(limit);
    if (encoder === undefined) {
      encoder = createPairEncoder({ tokenizer: file, config: {} }, { maxTokens: limit, typeVocabSize: 2 });
      made.set(limit, encoder);
    }
    return encoder.encode(texts[query]!, texts[document]!, { truncation: goldens.strategies[strategy]!, specialTokens });
  };
}

function matches(encode: Encode, row: Case, specialTokens: EncodeOptions["specialTokens"]): boolean {
  const encoded = encodeOrRefuse(encode, row, specialTokens);
  const expected = row[4];
  if (encoded === null || expected === null) return encoded === expected;
  const { ids, typeIds } = encoded;
  const [wanted, rest] = expected;
  if (Array.isArray(wanted)) return ids.join() === wanted.join() && typeIds.join("") === rest;
  const digest = createHash("sha256")
    .update(`${ids.join()}|${typeIds.join("")}`)
    .digest("hex");
  return ids.length === wanted && digest.startsWith(rest);
}

/** The encoded pair, or null where the query leaves no room, which the Rust crate refuses too. */
function encodeOrRefuse(encode: Encode, row: Case, specialTokens: EncodeOptions["specialTokens"]): EncodedPair | null {
  try {
    return encode(row, specialTokens);
  } catch (error) {
    if (RerankError.is(error) && error.code === "invalid-input") return null;
    throw error;
  }
}

function describeCase([query, document, strategy, limit]: Case): string {
  const short = (index: number): string => JSON.stringify(names[index]!.slice(0, 40));
  return `${short(query)} + ${short(document)}, ${goldens.strategies[strategy]} ${limit}`;
}
