import { modelKey, settingsKey } from "../config/config.ts";
import type { ModelReference, Reranker } from "../index.ts";
import { ServerError } from "./status.ts";

/** A model that is loaded or loading. */
export interface Entry {
  /** Its name in requests and replies. */
  name: string;
  reference: ModelReference;
  reranker: Reranker;
}

/** An {@link Entry} in use by one request. */
export interface Borrowed {
  entry: Entry;
  /** Resolves when the model is loaded. All requests for the model share it. @throws the error of loading */
  loaded: Promise<void>;
  /** Call it once, when the request has ended or stopped waiting. */
  release(): void;
}

/** Options of {@link OnDemandModels}. */
export interface OnDemandOptions {
  /** Maximum number of models in addition to the served ones; loading, used and idle models count; ≥ 1. */
  maxModels: number;
  /** The served models. A Reranker that reads one of them with other options shares its threads and does not count toward `maxModels`. */
  served: readonly ModelReference[];
  /** How long a load continues when no request waits for it. A client that got 503 and tries again within this time need not start over. */
  graceMs: number;
  open(reference: ModelReference): Entry;
}

/** The Rerankers of one model. They share its threads. */
interface Family {
  readings: Map<string, Reading>;
  isLoaded: boolean;
  users: number;
  /** Stops the load when it fires. Runs while no request waits for the load. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** One Reranker of a family, with its own token limit, instruction and head. */
interface Reading {
  entry: Entry;
  loaded: Promise<void>;
  users: number;
}

/** Maximum number of idle Rerankers of one model. Each needs a few kilobytes. */
const maxReadings = 16;
const retryAfterSecs = 5;

/**
 * The models that are loaded because a request named them. If there are too many, it closes the least recently used idle one. If all are in
 * use, it refuses requests for other models.
 */
export class OnDemandModels {
  readonly #options: OnDemandOptions;
  /** Families by the settings of their session, the most recently used last. */
  readonly #families = new Map<string, Family>();
  readonly #served: ReadonlySet<string>;
  readonly #closing = new Set<Promise<void>>();

  constructor(options: OnDemandOptions) {
    this.#options = options;
    this.#served = new Set(options.served.map((reference) => modelKey(reference)));
  }

  /** All models that are loaded or loading. */
  entries(): Entry[] {
    return [...this.#families.values()].flatMap(({ readings }) => [...readings.values()].map(({ entry }) => entry));
  }

  /**
   * Gets a model for one request, and starts to load it if necessary.
   *
   * @throws ServerError 503 while the maximum number of other models is in use or loading
   * @throws RerankError if there is no such model
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

  /** Closes all models. A model in use is closed when its requests end. */
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
    // A model that is being closed still holds its memory.
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
