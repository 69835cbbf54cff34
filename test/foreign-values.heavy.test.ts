/** Values of the caller's that fight back: every failure of a public function is a RerankError, and none escapes elsewhere. */
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  clearRerankerBackends,
  clearRerankers,
  createReranker,
  evictReranker,
  getPreset,
  RerankError,
  RerankerConfig,
  registerRerankerBackend,
  rerank,
  rerankSync,
  setRerankerCacheLimit,
  unregisterRerankerBackend,
  warmUpReranker,
  warmUpRerankerSync,
} from "../dist/index.js";

/** Throws whenever anything is done with it. */
function trap(target: object): object {
  const refuse = (): never => {
    throw new TypeError("trapped");
  };
  const traps = "apply construct defineProperty deleteProperty get getOwnPropertyDescriptor getPrototypeOf has isExtensible ownKeys set";
  return new Proxy(target, Object.fromEntries(traps.split(" ").map((name) => [name, refuse])));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function withGetters(...keys: string[]): object {
  const refuse = (): never => {
    throw new Error("boom");
  };
  return Object.defineProperties({}, Object.fromEntries(keys.map((key) => [key, { get: refuse, enumerable: true }])));
}

const values: Record<string, unknown> = {
  "an object that throws": trap({}),
  "an array that throws": trap([]),
  "a function that throws": trap(() => 0),
  "a revoked object": revoked({}),
  "a revoked array": revoked([]),
  "an object without a prototype": Object.create(null),
  "an object whose tag throws": {
    __proto__: null,
    get [Symbol.toStringTag]() {
      return trap({});
    },
  },
  "an object whose conversion throws": {
    toString: () => trap({}),
    toJSON: () => {
      throw trap({});
    },
  },
  "throwing getters": withGetters("model", "type", "name", "doRerank", "then", "length", "0", "aborted", "text", "topK", "ranking"),
  "a symbol": Symbol("s"),
  "a bigint": 1n,
  "a number": Number.NaN,
  null: null,
};
const hostile = Object.entries(values).map(([name, value]) => ({ name, value: value as never }));

/** The failure, which is a RerankError; undefined where there is none. Neither may the process hear of another one. */
async function failureOf(work: () => unknown): Promise<RerankError | undefined> {
  const escaped: unknown[] = [];
  const onEscape = (error: unknown): number => escaped.push(error);
  process.on("uncaughtException", onEscape).on("unhandledRejection", onEscape);
  try {
    await work();
    return undefined;
  } catch (error) {
    expect(RerankError.is(error), `not a RerankError: ${error instanceof Error ? error.stack : typeof error}`).toBe(true);
    const failure = error as RerankError;
    expect(failure.message).toMatch(/^\S.*: /s);
    return failure;
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("uncaughtException", onEscape).off("unhandledRejection", onEscape);
    expect(escaped).toEqual([]);
  }
}

afterEach(clearRerankerBackends);
afterAll(clearRerankers);

describe("a public function", () => {
  const functions: Record<string, (value: never) => unknown> = {
    "rerank, as query": (value) => rerank(value, ["a"]),
    "rerank, as documents": (value) => rerank("q", value),
    "rerank, as a document": (value) => rerank("q", ["a", value]),
    "rerank, as configuration": (value) => rerank("q", ["a"], value),
    "rerankSync, as query": (value) => rerankSync(value, ["a"]),
    "rerankSync, as documents": (value) => rerankSync("q", value),
    "rerankSync, as a document": (value) => rerankSync("q", ["a", value]),
    "rerankSync, as configuration": (value) => rerankSync("q", ["a"], value),
    "rank, as options": (value) => createReranker().rank("q", ["a"], value),
    "score, as options": (value) => createReranker().score("q", ["a"], value),
    createReranker: (value) => createReranker(value).close(),
    warmUpReranker: (value) => warmUpReranker(value),
    warmUpRerankerSync: (value) => warmUpRerankerSync(value),
    evictReranker: (value) => evictReranker(value),
    setRerankerCacheLimit: (value) => setRerankerCacheLimit(value),
    "RerankerConfig.parse": (value) => RerankerConfig.parse(value),
    getPreset: (value) => getPreset(value),
    registerRerankerBackend: (value) => registerRerankerBackend(value),
    "registerRerankerBackend, as options": (value) => registerRerankerBackend({ name: "b", rerank: () => [] }, value),
    unregisterRerankerBackend: (value) => unregisterRerankerBackend(value),
  };
  const options =
    "model acceleration cacheDir fields text return signal onWarning topK truncation batchSize maxRerankDurationSecs instruction";
  for (const key of options.split(" ")) functions[`rerank, as ${key}`] = (value) => rerank("q", [{ text: "a" }], { [key]: value });
  for (const key of ["name", "version", "initialize", "shutdown", "rerank", "rerankSync"])
    functions[`registerRerankerBackend, as ${key}`] = (value) => registerRerankerBackend({ name: "b", rerank: () => [], [key]: value });

  it.each(Object.keys(functions))("fails by a RerankError, if it fails: %s", async (called) => {
    const call = functions[called]!;
    for (const { name, value } of hostile) {
      await failureOf(() => call(value)).catch((error: Error) => {
        throw new Error(`${name}: ${error.message}`);
      });
      await clearRerankerBackends();
    }
  });
});

describe("a backend", () => {
  const scores: Record<string, unknown> = {
    ...values,
    "a list with a throwing getter": Object.defineProperty([1, 2], 1, {
      get: () => {
        throw new Error("boom");
      },
    }),
    "a list that answers otherwise the second time": new Proxy([1, 2], {
      get: (list, key) => (key === "0" ? Math.random() : Reflect.get(list, key)),
    }),
    "a thenable that throws": {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tried
      then: () => {
        throw trap({});
      },
    },
    "a list of objects that throw": [trap({}), trap({})],
  };

  // By name: the test runner would look at the values.
  it.each(Object.keys(scores))("that returns or throws %s fails by a RerankError", async (name) => {
    const value = scores[name] as never;
    const isList = name.startsWith("a list that answers");
    const throwing = (): never => {
      throw value;
    };
    for (const give of [() => value, throwing, async () => value, async () => throwing()] as (() => never)[]) {
      registerRerankerBackend({ name: "b", rerank: give });
      registerRerankerBackend({ name: "initialize", rerank: () => [1, 2], initialize: give });
      registerRerankerBackend({ name: "shutdown", rerank: () => [1, 2], shutdown: give });
      registerRerankerBackend({ name: "sync", rerank: async () => [1, 2], rerankSync: give });
      const sdk = { specificationVersion: "v3", provider: "p", modelId: "m", doRerank: give } as const;
      for (const model of ["plugin:b", "plugin:sync", "plugin:initialize", "plugin:shutdown", give, sdk] as const) {
        const failure = await failureOf(() => rerank("q", ["a", "b"], { model }));
        if (failure !== undefined) expect(failure.code).toMatch(/^(plugin|hosted|bad-response)$/);
        else if (!isList) expect(model).toMatch(/sync|initialize|shutdown/);
        const syncFailure = await failureOf(() => rerankSync("q", ["a", "b"], { model }));
        if (syncFailure !== undefined) expect(syncFailure.code).toMatch(/^(plugin|sync-unsupported)$/);
      }
      await failureOf(clearRerankerBackends);
    }
  });
});

describe("onWarning", () => {
  const long = ["word ".repeat(3000)];
  const thrownValues: Record<string, unknown> = { "an error": new Error("boom"), "a value that fights back": trap({}) };

  it.each(Object.keys(thrownValues))("that throws %s fails the call, which says so", async (name) => {
    const thrown = thrownValues[name];
    const onWarning = (): never => {
      throw thrown;
    };
    for (const work of [
      () => rerank("q", long, { onWarning }),
      () => rerankSync("q", long, { onWarning }),
      () => createReranker({ onWarning }).rank("q", long),
    ]) {
      const failure = await failureOf(work);
      expect(failure!.code).toBe("invalid-input");
      expect(failure!.cause === thrown).toBe(true);
      expect(failure!.message).toMatch(/^onWarning: it threw/);
    }
    expect(await rerank("q", ["short"], { onWarning })).toHaveLength(1);
  });

  it("may throw a RerankError of its own, to make a warning a failure", async () => {
    const own = new RerankError("not-allowed", "test: no truncation here.");
    const onWarning = (): never => {
      throw own;
    };
    expect(await failureOf(() => rerank("q", long, { onWarning }))).toBe(own);
  });
});

describe("a signal that fights back", () => {
  /** A signal by its shape, one part of which throws. */
  const signalWith = (part: object): AbortSignal =>
    ({
      aborted: false,
      reason: undefined,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      ...part,
    }) as never;
  const refuse = (): never => {
    throw trap({});
  };
  const late = (name: string): AbortSignal => {
    let reads = 0;
    return Object.defineProperty(signalWith({}), name, { get: () => (reads++ < 1 ? false : refuse()) });
  };

  const refusing: Record<string, () => AbortSignal> = {
    addEventListener: () => signalWith({ addEventListener: refuse }),
    "aborted, the second time": () => late("aborted"),
    "lack of removeEventListener": () => signalWith({ removeEventListener: undefined }),
  };

  it.each(Object.keys(refusing))("by its %s fails the call", async (name) => {
    const signal = refusing[name]!();
    const message = expect.stringContaining("signal");
    expect(await failureOf(() => createReranker().rank("q", ["a"], { signal }))).toMatchObject({ code: "invalid-input", message });
    expect(await failureOf(() => createReranker().rankSync("q", ["a"], { signal: refusing[name]!() }))).toMatchObject({ message });
  });

  it("by its removeEventListener does not spoil what the call gives", async () => {
    const signal = signalWith({ removeEventListener: refuse });
    expect(await rerank("q", ["a"], { signal })).toHaveLength(1);
    expect(rerankSync("q", ["a"], { signal })).toHaveLength(1);
  });

  const reasons: Record<string, PropertyDescriptor> = { throws: { get: refuse }, "cannot be shown": { value: trap({}) } };

  it.each(Object.keys(reasons))("aborts all the same when its reason %s", async (name) => {
    const reason = reasons[name]!;
    let abort: () => void = () => undefined;
    const waiting = Object.defineProperty(
      signalWith({ addEventListener: (_type: string, listener: () => void) => (abort = listener) }),
      "reason",
      reason,
    );
    const running = failureOf(() => rerank("q", ["a"], { signal: waiting, model: () => new Promise<number[]>(() => undefined) }));
    await new Promise((resolve) => setTimeout(resolve, 10));
    abort();
    expect(await running).toMatchObject({ code: "aborted" });
    const aborted = Object.defineProperty(signalWith({ aborted: true }), "reason", reason);
    expect(await failureOf(() => rerank("q", ["a"], { signal: aborted }))).toMatchObject({ code: "aborted" });
    expect(await failureOf(() => rerankSync("q", ["a"], { signal: aborted }))).toMatchObject({ code: "aborted" });
  });
});
