import { modelKey, settingsKey } from "../config/config.ts";
import type { ModelReference, Reranker } from "../index.ts";
import { ServerError } from "./status.ts";

/** A model that this server holds. */
export interface Entry {
  /** What clients call it, and what replies say. */
  name: string;
  reference: ModelReference;
  reranker: Reranker;
}

/** An {@link Entry} in use by one request. */
export interface Borrowed {
  entry: Entry;
  /** Resolves when it is loaded; shared by all who use it. @throws what keeps it from loading */
  loaded: Promise<void>;
  /** To be called once, when the request has ended or given up. */
  release(): void;
}

/** Bounds of {@link OnDemandModels}. */
export interface OnDemandOptions {
  /** Models that are held at once beside the served ones, whether they are loading, in use, or kept for the next request; ≥ 1. */
  maxModels: number;
  /** Of the served models: whoever reads differently shares their threads, and takes no place. */
  served: readonly ModelReference[];
  /** How long a load goes on for which nobody waits: a client that was told to come back is not to start it again. */
  graceMs: number;
  open(reference: ModelReference): Entry;
}

/** Rerankers of one model, which share its threads. */
interface Family {
  readings: Map<string, Reading>;
  isLoaded: boolean;
  users: number;
  /** Runs while nobody waits for a load. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** One Reranker of a family: with a token limit, an instruction, a head of its own. */
interface Reading {
  entry: Entry;
  loaded: Promise<void>;
  users: number;
}

/** Rerankers kept of one model; they cost a few kilobytes. */
const maxReadings = 16;
const retryAfterSecs = 5;

/**
 * The models that requests bring in. The least recently used one that nobody uses is closed for the next; where all are in use, a request
 * for another one is refused until one is free.
 */
export class OnDemandModels {
  readonly #options: OnDemandOptions;
  /** By what their sessions need; the most recently used last. */
  readonly #families = new Map<string, Family>();
  readonly #served: ReadonlySet<string>;
  readonly #closing = new Set<Promise<void>>();

  constructor(options: OnDemandOptions) {
    this.#options = options;
    this.#served = new Set(options.served.map((reference) => modelKey(reference)));
  }

  /** Every model that is held now. */
  entries(): Entry[] {
    return [...this.#families.values()].flatMap(({ readings }) => [...readings.values()].map(({ entry }) => entry));
  }

  /**
   * A model for one request; it starts loading if it is not held.
   *
   * @throws ServerError 503 while as many others as may be held are in use or loading
   * @throws RerankError for a model that is none
   */
  borrow(reference: ModelReference): Borrowed {
    const familyKey = modelKey(reference);
    const key = settingsKey(reference);
    const family = this.#families.get(familyKey) ?? this.#newFamily(familyKey);
    const reading = family.readings.get(key) ?? this.#open(reference, family);
    clearTimeout(family.timer);
    for (const used of [family, reading]) used.users += 1;
    this.#toEnd(this.#families, familyKey, family);
    this.#toEnd(family.readings, key, reading);
    reading.loaded.then(
      () => {
        family.isLoaded = true;
        clearTimeout(family.timer);
      },
      // A model that cannot be loaded is not kept: the next request tries again.
      () => this.#remove(familyKey, family, key, reading),
    );
    return {
      entry: reading.entry,
      loaded: reading.loaded,
      release: () => {
        for (const used of [family, reading]) used.users -= 1;
        this.#trim(family);
        if (family.users > 0 || family.isLoaded) return;
        family.timer = setTimeout(() => this.#drop(familyKey, family), this.#options.graceMs);
        family.timer.unref?.();
      },
    };
  }

  /** Closes all; those in use when they are free. */
  async close(): Promise<void> {
    for (const [key, family] of this.#families) this.#drop(key, family);
    await Promise.all(this.#closing);
  }

  #newFamily(key: string): Family {
    const counted = this.#served.has(key) ? [] : [...this.#families].filter(([other]) => !this.#served.has(other));
    if (counted.length >= this.#options.maxModels) {
      const idle = counted.find(([, { users, isLoaded }]) => users === 0 && isLoaded);
      if (idle === undefined) {
        const message = `model: this server holds ${this.#options.maxModels} models beside its own, and all are in use or being loaded. Try again later.`;
        throw new ServerError(503, "loading", message, { retryAfterSecs });
      }
      this.#drop(...idle);
    }
    return { readings: new Map(), isLoaded: false, users: 0, timer: undefined };
  }

  #open(reference: ModelReference, family: Family): Reading {
    const entry = this.#options.open(reference);
    // What is being closed still holds its memory.
    const isFirst = family.readings.size === 0;
    const before = isFirst ? Promise.all(this.#closing) : Promise.resolve();
    const loaded = before.then(() => entry.reranker.warmUp());
    return { entry, loaded, users: 0 };
  }

  #toEnd<T>(map: Map<string, T>, key: string, value: T): void {
    map.delete(key);
    map.set(key, value);
  }

  #remove(familyKey: string, family: Family, key: string, reading: Reading): void {
    if (family.readings.get(key) !== reading) return;
    family.readings.delete(key);
    this.#release(reading);
    if (family.readings.size === 0 && this.#families.get(familyKey) === family) this.#families.delete(familyKey);
  }

  #trim({ readings }: Family): void {
    for (const [key, reading] of readings) {
      if (readings.size <= maxReadings) return;
      if (reading.users > 0) continue;
      readings.delete(key);
      this.#release(reading);
    }
  }

  #drop(key: string, family: Family): void {
    clearTimeout(family.timer);
    if (this.#families.get(key) === family) this.#families.delete(key);
    for (const reading of family.readings.values()) this.#release(reading);
  }

  #release({ entry }: Reading): void {
    const closing = entry.reranker.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
