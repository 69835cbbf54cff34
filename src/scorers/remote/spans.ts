/** Cuts the documents of a call into parts. */
import type { RerankError } from "../../errors.ts";
import { envelopeBytes, jsonLength } from "../../http/body-size.ts";
import type { EngineProfile } from "./discovery.ts";
import type { Engine } from "./engine.ts";

/** Consecutive documents of a call. */
export interface Span {
  /** Index of the first document in the call's list. */
  start: number;
  /** ≥ 1. */
  count: number;
}

/** Documents that go to one engine together, and their history. */
export interface Part extends Span {
  /** Failed attempts. Refusals by busy engines do not count. */
  failures: number;
  /** The engine that failed last. */
  avoid?: Engine;
  lastError?: RerankError;
  /** When an engine first refused it because it was busy. */
  refusedAtMs?: number;
}

/** One request costs about as much as this many documents, so smaller parts would not make a call faster. */
const minDocuments = 8;

/** Input of {@link partCount}. */
export interface Division {
  /** Documents of the call; ≥ 1. */
  documents: number;
  /** Maximum documents of a part. */
  maxDocuments: number;
  /** Engines that may take part. */
  engines: number;
  /** Those of them without work. */
  idle: number;
}

/**
 * The number of parts that makes a call fastest.
 *
 * One part for each idle engine, if the parts are large enough to be worth a request. If there is more work than one round, a multiple of the
 * number of engines, so that all finish at the same time. If all engines are busy, few parts: more would only mean more requests.
 */
export function partCount({ documents, maxDocuments, engines, idle }: Division): number {
  const fewest = Math.ceil(documents / maxDocuments);
  const wanted = fewest > engines ? Math.ceil(fewest / engines) * engines : Math.max(fewest, idle);
  return Math.max(fewest, Math.min(wanted, Math.ceil(documents / minDocuments)));
}

/** Cuts into parts in order. Their sizes differ by at maxDocuments one. */
export function cutParts(documents: number, count: number): Part[] {
  const edge = (part: number): number => Math.floor((part * documents) / count);
  return Array.from({ length: count }, (_, part) => ({ start: edge(part), count: edge(part + 1) - edge(part), failures: 0 }));
}

/** Splits a part after `count` documents. Both halves keep its history. */
export function splitPart(part: Part, count: number): [first: Part, rest: Part] {
  return [
    { ...part, count },
    { ...part, start: part.start + count, count: part.count - count },
  ];
}

/** How many bytes a call's texts take in a body. */
export interface BodySizes {
  /** Everything but the documents. */
  own(): number;
  of(index: number): number;
}

/** Measures each text once, when it is needed. */
export function bodySizesOf({ query, texts }: { query: string; texts: readonly string[] }): BodySizes {
  const sizes: number[] = [];
  let ownSize: number | undefined;
  return {
    own: () => {
      ownSize ??= envelopeBytes + jsonLength(query);
      return ownSize;
    },
    of: (index) => {
      sizes[index] ??= jsonLength(texts[index]!);
      return sizes[index];
    },
  };
}

/** How many documents of a part, from the first on, fit into one request to an engine; at least one. */
export function countFitting(sizes: BodySizes, { start, count }: Span, { maxDocuments, maxBodyBytes }: EngineProfile): number {
  const limit = Math.min(count, maxDocuments);
  if (maxBodyBytes === Number.POSITIVE_INFINITY) return limit;
  let bytes = sizes.own();
  for (let fitting = 0; fitting < limit; fitting += 1) {
    bytes += sizes.of(start + fitting);
    if (bytes > maxBodyBytes) return Math.max(1, fitting);
  }
  return limit;
}
