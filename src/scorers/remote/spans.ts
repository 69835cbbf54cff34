/** Runs of documents of a call, and how they are cut. */
import type { RerankError } from "../../errors.ts";
import { envelopeBytes, jsonLength } from "../../http/body-size.ts";
import type { EngineProfile } from "./discovery.ts";
import type { Engine } from "./engine.ts";

/** A run of documents of a call. */
export interface Span {
  /** Place of the first in the call's list. */
  start: number;
  /** ≥ 1. */
  count: number;
}

/** Some documents that go to one engine together, and what has happened to them. */
export interface Part extends Span {
  /** Attempts that failed; refusals by busy engines are none. */
  failures: number;
  /** The engine that failed last. */
  avoid?: Engine;
  lastError?: RerankError;
  /** When an engine was first too busy for it. */
  refusedAtMs?: number;
}

/** A request's own cost is that of about so few documents; smaller parts would not make a call faster. */
const minDocuments = 8;

/** What decides about the number of parts. */
export interface Division {
  /** Documents of the call; ≥ 1. */
  documents: number;
  /** Most documents of a part. */
  most: number;
  /** Engines that may take part. */
  engines: number;
  /** Those of them that have nothing to do. */
  idle: number;
}

/**
 * How many parts make a call fastest.
 *
 * As many as engines are idle, if parts stay worth a request; where there is more to do than one round, so many that all engines have their
 * last part at the same time. Where all are busy, few: smaller parts would only be more requests.
 */
export function partCount({ documents, most, engines, idle }: Division): number {
  const fewest = Math.ceil(documents / most);
  const wanted = fewest > engines ? Math.ceil(fewest / engines) * engines : Math.max(fewest, idle);
  return Math.max(fewest, Math.min(wanted, Math.ceil(documents / minDocuments)));
}

/** So many parts, in order, of equal size, give or take one. */
export function cutParts(documents: number, count: number): Part[] {
  const edge = (place: number): number => Math.floor((place * documents) / count);
  return Array.from({ length: count }, (_, place) => ({ start: edge(place), count: edge(place + 1) - edge(place), failures: 0 }));
}

/** The first documents of a part, and the others; both have its history. */
export function splitPart(part: Part, count: number): [first: Part, rest: Part] {
  return [
    { ...part, count },
    { ...part, start: part.start + count, count: part.count - count },
  ];
}

/** How many bytes a call's texts take in a body. */
export interface BodySizes {
  /** All that is beside the documents. */
  own(): number;
  of(index: number): number;
}

/** Measures each text once, when it is asked for. */
export function bodySizesOf({ query, texts }: { query: string; texts: readonly string[] }): BodySizes {
  const sizes: number[] = [];
  let ownSize: number | undefined;
  return {
    own: () => (ownSize ??= envelopeBytes + jsonLength(query)),
    of: (index) => (sizes[index] ??= jsonLength(texts[index]!)),
  };
}

/** How many documents of a part, from the first on, go into one request to an engine; at least one. */
export function countFitting(sizes: BodySizes, { start, count }: Span, { maxDocuments, maxBodyBytes }: EngineProfile): number {
  const most = Math.min(count, maxDocuments);
  if (maxBodyBytes === Number.POSITIVE_INFINITY) return most;
  let bytes = sizes.own();
  for (let fitting = 0; fitting < most; fitting += 1) {
    bytes += sizes.of(start + fitting);
    if (bytes > maxBodyBytes) return Math.max(1, fitting);
  }
  return most;
}
