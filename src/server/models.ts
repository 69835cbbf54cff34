import { LRUCache } from "lru-cache";
import {
  createReranker,
  describeModel,
  getPreset,
  listPresets,
  listRerankerBackends,
  type ModelReference,
  RerankError,
  type Reranker,
  RerankerConfig,
  type RerankWarning,
} from "../index.ts";
import type { CheckedOptions, ServedModel } from "./options.ts";
import { ServerError } from "./status.ts";

/** What Infinity's clients write where they name no model. */
const unspecifiedName = "default/not-specified";

/** A model that this server holds. */
export interface Entry {
  /** What clients call it, and what replies say. */
  name: string;
  reference: ModelReference;
  reranker: Reranker;
}

/** A model name of a dialect, looked up. */
export interface Named {
  reference: ModelReference;
  name: string;
  /** Nobody knows the name: the first model answers. */
  isUnknown: boolean;
}

/**
 * The models of one server: those that it serves by name, kept for good, and those that requests brought in, of which the least recently
 * used is closed.
 */
export class Models {
  readonly served: readonly Entry[];
  readonly #options: CheckedOptions;
  readonly #onDemand: LRUCache<string, Entry>;
  readonly #closing = new Set<Promise<void>>();
  #isReady = false;
  #isClosed = false;

  /** @throws RerankError for a model that is none, a preset that does not exist, or two models of one name */
  constructor(options: CheckedOptions) {
    this.#options = options;
    this.served = options.models.map(({ name, model, calibration }) => {
      const reference = RerankerConfig.parse({ model }).model;
      return this.#open(name ?? describeModel(reference), reference, calibration);
    });
    refuseTwoCalibrations(options.models);
    const twice = this.served.find(({ name }, place) => this.served.findIndex((other) => other.name === name) !== place);
    if (twice !== undefined) throw new RerankError("invalid-input", `server: two models are called "${twice.name}". Name one name=model.`);
    this.#onDemand = new LRUCache({ max: options.maxModels, dispose: (entry) => this.#release(entry) });
  }

  /** Whether all served models are loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Loads the served models, one after the other, so that the memory of one is counted before the next is planned. */
  async warmUp(): Promise<void> {
    for (const { name, reranker } of this.served) {
      const startedMs = performance.now();
      await reranker.warmUp();
      const loadedMs = Math.round(performance.now() - startedMs);
      this.#options.logger?.info({ model: name, identity: reranker.model, loadedMs }, "model loaded");
    }
    this.#isReady = true;
  }

  /** Every model that is held now. */
  entries(): Entry[] {
    return [...this.served, ...this.#onDemand.values()];
  }

  /**
   * Runs work on a model that is loaded, loading it first if need be.
   *
   * @param reference absent: the first model
   * @throws ServerError 503 when loading takes longer than a request may; it goes on, for the next one
   */
  async use<T>(reference: ModelReference | undefined, signal: AbortSignal, work: (entry: Entry) => Promise<T>): Promise<T> {
    for (let isSecondTry = false; ; isSecondTry = true) {
      const entry = this.#entryOf(reference);
      try {
        await this.#load(entry, signal);
        return await work(entry);
      } catch (error) {
        // It was pushed out between being found and being used.
        if (isSecondTry || this.#isClosed || !RerankError.is(error) || error.code !== "closed") throw error;
      }
    }
  }

  /**
   * The model that a dialect's client means: a served name, a preset's name or repository, `plugin:name`; else the first.
   *
   * @throws ServerError 404 for an unknown name, if that is how the server was started
   */
  byName(name: string | undefined): Named {
    const [first] = this.served;
    if (name === undefined || name === unspecifiedName) return { reference: first!.reference, name: first!.name, isUnknown: false };
    const served = this.served.find((entry) => entry.name === name);
    if (served !== undefined) return { reference: served.reference, name, isUnknown: false };
    const preset = listPresets().find((candidate) => candidate.name === name || candidate.repository === name);
    if (preset !== undefined) return { reference: { type: "preset", name: preset.name }, name: preset.name, isUnknown: false };
    const backend = listRerankerBackends().find((candidate) => `plugin:${candidate.name}` === name);
    if (backend !== undefined) return { reference: { type: "plugin", name: backend.name }, name, isUnknown: false };
    if (this.#options.strictModel) {
      const known = this.served.map((entry) => entry.name).join(", ");
      throw new ServerError(404, "unknown-model", `model: this server has none of that name. It serves ${known}.`);
    }
    return { reference: first!.reference, name: first!.name, isUnknown: true };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onDemand.clear();
    await Promise.all([...this.served.map(({ reranker }) => reranker.close()), ...this.#closing]);
  }

  #entryOf(reference: ModelReference | undefined): Entry {
    if (reference === undefined) return this.served[0]!;
    const key = keyOf(reference);
    const served = this.served.find((entry) => keyOf(entry.reference) === key);
    if (served !== undefined) return served;
    const known = this.#onDemand.get(key);
    if (known !== undefined) return known;
    const entry = this.#open(describeModel(reference), reference);
    this.#onDemand.set(key, entry);
    return entry;
  }

  #open(name: string, reference: ModelReference, calibration?: string): Entry {
    if (reference.type === "preset") getPreset(reference.name);
    const { settings, allowDownload, maxQueued, logger } = this.#options;
    const acceleration = { ...settings.acceleration, maxQueued };
    // What concerns one call is in its reply; whom a licence binds reads the log.
    const onWarning = (warning: RerankWarning): void => {
      if (warning.type === "licence") logger?.warn({ model: name, licence: warning.licence }, warning.message);
    };
    const config = { ...settings, model: reference, allowDownload, acceleration, onWarning };
    return { name, reference, reranker: createReranker(calibration === undefined ? config : { ...config, calibration }) };
  }

  async #load(entry: Entry, signal: AbortSignal): Promise<void> {
    const { timeoutSecs, allowDownload } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort: (() => void) | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      const wait = new ServerError(503, "loading", `model: ${entry.name} is still being loaded. Try again later.`, { retryAfterSecs: 5 });
      timer = setTimeout(() => reject(wait), timeoutSecs * 1000);
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort);
    });
    const loading = entry.reranker.warmUp();
    loading.catch(() => undefined); // after it was given up nobody waits for its failure
    try {
      await Promise.race([loading, givenUp]);
    } catch (error) {
      // A model that cannot be loaded is not kept: the next request tries again.
      if (RerankError.is(error) && error.code !== "closed") this.#onDemand.delete(keyOf(entry.reference));
      if (RerankError.is(error) && error.code === "download" && !allowDownload) {
        throw new ServerError(404, "unknown-model", `model: ${entry.name} is not on this server, which downloads no models.`, {
          cause: error,
        });
      }
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort!);
    }
  }

  #release({ reranker }: Entry): void {
    const closing = reranker.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** A model is found by what it is: under a second name it would answer with the first one's scores. */
function refuseTwoCalibrations(models: readonly ServedModel[]): void {
  const known = new Map<string, string | undefined>();
  for (const { model, calibration } of models) {
    const key = keyOf(RerankerConfig.parse({ model }).model);
    if (known.has(key) && known.get(key) !== calibration) {
      throw new RerankError(
        "invalid-input",
        "server: one model is served with two calibrations. Serve a copy of its folder for the second.",
      );
    }
    known.set(key, calibration);
  }
}

/** Equal for references that mean the same, but for the order of keys inside `llm` and `head`; holds API keys, for comparing only. */
function keyOf(reference: ModelReference): string {
  return JSON.stringify(Object.entries(reference).sort(([left], [right]) => (left < right ? -1 : 1)));
}
