import { describe, expect, it } from "vitest";
import { RerankError } from "../errors.ts";
import { parseConfig, parseRankOptions, RerankerConfig, settingsKey, withDefaults } from "./config.ts";

const text = (): string => "";
const onWarning = (): void => {};
const signal = new AbortController().signal;

function messageOfRefusal(config: unknown): string {
  try {
    RerankerConfig.parse(config);
  } catch (error) {
    if (RerankError.is(error) && error.code === "invalid-input") return error.message;
    throw error;
  }
  return "accepted";
}

describe("RerankerConfig.parse", () => {
  it("fills the documented defaults", () => {
    expect(RerankerConfig.parse({})).toEqual({
      model: { type: "preset", name: "mini" },
      showDownloadProgress: false,
      allowDownload: true,
      acceleration: { provider: "auto" },
      scoreCacheBytes: 0,
    });
  });

  it("gives the same for every key in camelCase and in snake_case", () => {
    const camelCase = {
      model: {
        type: "custom",
        modelId: "org/name",
        modelFile: "m.onnx",
        additionalFiles: ["a"],
        maxLength: 8,
        revision: "v1",
        head: { type: "classification", relevantClass: 2 },
        template: ["{instruction}\n{query}", "{document}"],
        instruction: "i",
      },
      showDownloadProgress: true,
      allowDownload: false,
      cacheDir: "/tmp/c",
      acceleration: { provider: "cuda", deviceId: 0, threads: 1, workers: 2, idleSecs: 3, maxQueued: 4 },
      scoreCacheBytes: 5,
      topK: 0,
      threshold: -3,
      truncation: "error",
      specialTokens: "interpret",
      instruction: "",
      batchSize: 1,
      return: ["logit", "tokens", "truncated"],
      fields: ["title", "body"],
      maxRerankDurationSecs: 0.5,
      signal,
      onWarning,
    };
    const snakeCase = {
      model: {
        type: "custom",
        model_id: "org/name",
        model_file: "m.onnx",
        additional_files: ["a"],
        max_length: 8,
        revision: "v1",
        head: { relevant_class: 2 },
        template: ["{instruction}\n{query}", "{document}"],
        instruction: "i",
      },
      show_download_progress: true,
      allow_download: false,
      cache_dir: "/tmp/c",
      acceleration: { provider: "cuda", device_id: 0, threads: 1, workers: 2, idle_secs: 3, max_queued: 4 },
      score_cache_bytes: 5,
      top_k: 0,
      threshold: -3,
      truncation: "error",
      special_tokens: "interpret",
      instruction: "",
      batch_size: 1,
      return: ["logit", "tokens", "truncated"],
      fields: ["title", "body"],
      max_rerank_duration_secs: 0.5,
      signal,
      on_warning: onWarning,
    };
    expect(RerankerConfig.parse(camelCase)).toEqual(camelCase);
    expect(RerankerConfig.parse(snakeCase)).toEqual(camelCase);
  });

  it.each([
    [{ relevant_class: "yes" }, { type: "classification", relevantClass: "yes" }],
    [
      { type: "token", true_token: "yes", false_token: 2 },
      { type: "token", trueToken: "yes", falseToken: 2 },
    ],
    [
      {
        type: "late-interaction",
        query_length: 32,
        document_length: 300,
        query_token: "[Q]",
        document_token: "[D]",
        skip_punctuation: false,
      },
      { type: "late-interaction", queryLength: 32, documentLength: 300, queryToken: "[Q]", documentToken: "[D]", skipPunctuation: false },
    ],
  ] as const)("reads the head %j in both spellings", (snakeCase, camelCase) => {
    for (const head of [snakeCase, camelCase]) {
      expect(RerankerConfig.parse({ model: { type: "custom", modelId: "a/b", head } }).model).toMatchObject({ head: camelCase });
    }
  });

  it("reads every key of a hosted model in both spellings", () => {
    const headers = { "X-Team": "search" };
    const llm = { model: "cohere/x", apiKey: "k", baseUrl: "http://localhost:1", timeoutSecs: 3, maxRetries: 0, headers };
    const snakeCase = { model: "cohere/x", api_key: "k", base_url: "http://localhost:1", timeout_secs: 3, max_retries: 0, headers };
    expect(RerankerConfig.parse({ model: { type: "llm", llm: snakeCase } }).model).toEqual({ type: "llm", llm });
    expect(RerankerConfig.parse({ model: { type: "llm", llm } }).model).toEqual({ type: "llm", llm });
  });

  it("accepts what it returned, and that is assignable to its own type", () => {
    const first: RerankerConfig = RerankerConfig.parse({ model: "cohere/x", top_k: 3, text });
    expect(RerankerConfig.parse(first)).toEqual(first);
  });

  it("takes undefined and null for absent", () => {
    const nothing = { model: null, batch_size: null, cacheDir: undefined, top_k: null, topK: undefined, acceleration: { threads: null } };
    expect(RerankerConfig.parse(nothing)).toEqual(RerankerConfig.parse({}));
    expect(RerankerConfig.parse(undefined)).toEqual(RerankerConfig.parse({}));
    expect(RerankerConfig.parse(null)).toEqual(RerankerConfig.parse({}));
  });

  it("takes hf: off a hub id", () => {
    expect(RerankerConfig.parse({ model: { type: "custom", model_id: "hf:cohere/x" } }).model).toEqual({
      type: "custom",
      modelId: "cohere/x",
    });
  });

  const refused: [unknown, string][] = [
    ["fast", 'config: expected an object, got "fast". Change or remove it.'],
    [[], "config: expected an object, got an empty array. Change or remove it."],
    [new Map(), "accepted"],
    [{ topk: 1 }, "config.topk: unknown key. Did you mean topK?"],
    [{ top_n: 1 }, "config.top_n: unknown key. Did you mean top_k?"],
    [{ batch_sizes: 1 }, "config.batch_sizes: unknown key. Did you mean batch_size?"],
    [{ "new\nline": 1 }, 'config["new\\nline"]: unknown key. Known keys: model, showDownloadProgress, '],
    [{ model: { type: "preset", name: "fast", max_len: 9 } }, "config.model.max_len: unknown key. Did you mean max_length?"],
    [{ model: { type: "preset", name: "fast", modelId: "a/b" } }, "config.model.modelId: unknown key. "],
    [{ topK: 1, top_k: 1 }, "config: has both topK and top_k. Give one of them."],
    [{ fields: ["a"], text }, "config: has both fields and text, which exclude each other. Give one of them."],
    [{ model: { type: "preset", name: "fast", maxLength: "abc" } }, 'config.model.maxLength: expected an integer ≥ 8, got "abc".'],
    [{ model: { type: "preset", name: "fast", max_length: 7 } }, "config.model.max_length: expected an integer ≥ 8, got 7."],
    [{ model: { type: "preset" } }, "config.model.name: missing."],
    [{ model: { type: "preset", name: null } }, "config.model.name: missing."],
    [
      { model: { type: "host" } },
      'config.model.type: expected "preset", "custom", "hosted", "llm", "chat", "remote", "field", "none", "plugin", "fallback", "cascade" or "fuse", got "host".',
    ],
    [{ model: { type: "constructor" } }, 'config.model.type: expected "preset",'],
    [
      { model: { name: "fast" } },
      'config.model.type: expected "preset", "custom", "hosted", "llm", "chat", "remote", "field", "none", "plugin", "fallback", "cascade" or "fuse", got undefined.',
    ],
    [{ model: 3 }, "config.model: expected a string, an object or a function, got 3."],
    [{ model: "no such model" }, 'config.model: "no such model" does not name a model.'],
    [{ model: { type: "custom", modelId: " " } }, 'config.model.modelId: expected a string that is not blank, got " ".'],
    [
      { model: { type: "custom", modelId: "a/b", additionalFiles: ["a", 2] } },
      "config.model.additionalFiles[1]: expected a string that is not blank, got 2.",
    ],
    [{ model: { type: "custom", modelId: "a/b", head: { relevantClass: -1 } } }, "config.model.head.relevantClass: expected the index"],
    [{ model: { type: "custom", modelId: "a/b", head: {} } }, "config.model.head.relevantClass: missing."],
    [
      { model: { type: "custom", modelId: "a/b", head: { type: "pooling" } } },
      'config.model.head.type: expected "classification", "token" or "late-interaction", got "pooling".',
    ],
    [
      { model: { type: "custom", modelId: "a/b", head: { type: "token", relevantClass: 1 } } },
      "config.model.head.relevantClass: unknown key.",
    ],
    [{ model: { type: "custom", modelId: "a/b", head: { type: "token" } } }, "config.model.head.trueToken: missing."],
    [
      { model: { type: "custom", modelId: "a/b", template: "{query}" } },
      "config.model.template: expected {query} and, after it, {document}",
    ],
    [
      { model: { type: "custom", modelId: "a/b", template: ["{document}", "{query}"] } },
      "config.model.template: expected {query} and, after it, {document}",
    ],
    [
      { model: { type: "custom", modelId: "a/b", template: "{instruction} {query} {document}" } },
      "config.model.template: expected {instruction} at most once, and on a line without",
    ],
    [{ model: { type: "custom", modelId: "a/b", template: [] } }, "config.model.template: expected a string or a list of strings"],
    [{ model: { type: "llm", llm: { model: "a/b", baseUrl: "file:///x" } } }, "config.model.llm.baseUrl: expected an http or https URL"],
    [{ model: { type: "llm", llm: { model: "a/b", max_retries: -1 } } }, "config.model.llm.max_retries: expected an integer ≥ 0, got -1."],
    [
      { model: { type: "llm", llm: { model: "a/b", headers: { a: 1 } } } },
      "config.model.llm.headers.a: expected a string, got something else.",
    ],
    [{ calibration: "" }, 'config.calibration: expected a string that is not blank, got "".'],
    [{ model: "plugin:a", calibration: "c.json" }, "config.calibration: only local models give logits, and this model is of type plugin."],
    [{ batchSize: 0 }, "config.batchSize: expected an integer ≥ 1, got 0."],
    [{ showDownloadProgress: "yes" }, 'config.showDownloadProgress: expected true or false, got "yes".'],
    [{ acceleration: { provider: "gpu" } }, 'config.acceleration.provider: expected "auto", "cpu", '],
    [{ acceleration: { device_id: -1 } }, "config.acceleration.device_id: expected an integer ≥ 0, got -1."],
    [{ acceleration: { threads: 0 } }, "config.acceleration.threads: expected an integer ≥ 1, got 0."],
    [{ acceleration: { workers: 1.5 } }, "config.acceleration.workers: expected an integer ≥ 1, got 1.5."],
    [{ topK: -1 }, "config.topK: expected an integer ≥ 0, got -1."],
    [{ topK: "2" }, 'config.topK: expected an integer ≥ 0, got "2".'],
    [{ threshold: Number.NaN }, "config.threshold: expected a finite number, got NaN."],
    [{ truncation: "first" }, 'config.truncation: expected "longest_first", "only_second" or "error", got "first".'],
    [{ return: "logit" }, 'config.return: expected an array, got "logit".'],
    [
      { return: ["logits"] },
      'config.return[0]: expected "logit", "tokens", "truncated", "passage", "passages" or "highlights", got "logits".',
    ],
    [{ fields: [] }, "config.fields: expected an array of at least 1, got an empty array."],
    [{ text: "body" }, 'config.text: expected a function, got "body".'],
    [{ max_rerank_duration_secs: 0 }, "config.max_rerank_duration_secs: expected a number of seconds > 0, got 0."],
    [{ maxRerankDurationSecs: Number.POSITIVE_INFINITY }, "config.maxRerankDurationSecs: expected a number of seconds > 0, got Infinity."],
    [{ signal: {} }, "config.signal: expected an AbortSignal, got an object."],
    [{ onWarning: 1 }, "config.onWarning: expected a function, got 1."],
  ];
  it.each(refused)("answers %j with %s", (config, message) => {
    expect(messageOfRefusal(config).slice(0, message.length)).toBe(message);
  });

  it("never shows a secret in a message", () => {
    const message = messageOfRefusal({ model: { type: "llm", llm: { model: "a/b", apiKey: 123456 } } });
    expect(message).toBe("config.model.llm.apiKey: expected a string, got something else. Change or remove it.");
  });

  it("reads own keys only, and lets no key reach a prototype", () => {
    expect(messageOfRefusal(JSON.parse('{"__proto__": {"topK": 1}}'))).toMatch(/^config\.__proto__: unknown key/);
    expect(RerankerConfig.parse(Object.create({ topK: 1 }))).not.toHaveProperty("topK");
    const parsed = RerankerConfig.parse(JSON.parse('{"model": {"type": "llm", "llm": {"model": "a/b", "headers": {"__proto__": "x"}}}}'));
    expect(Object.keys((parsed.model as { llm: { headers: object } }).llm.headers)).toEqual(["__proto__"]);
    expect(({} as { topK?: number }).topK).toBeUndefined();
  });
});

describe("parseConfig", () => {
  it("separates the settings of a Reranker from the options of a call", () => {
    const { settings, options } = parseConfig({ model: "fast", top_k: 2 });
    expect(settings).toEqual({ ...parseConfig({}).settings, model: { type: "preset", name: "fast" } });
    expect(options).toEqual({ topK: 2 });
    expect(() => parseConfig({ top_k: -1 })).toThrow("config.top_k");
  });

  it("still takes the British spelling of an option that had it", () => {
    expect(parseConfig({ special_tokens: "neutralise" }).options).toEqual({ specialTokens: "neutralize" });
  });
});

describe("parseRankOptions", () => {
  it("refuses the keys that make a Reranker", () => {
    expect(() => parseRankOptions({ model: "fast" })).toThrow("options.model: unknown key.");
  });

  it("puts what is given over the defaults", () => {
    expect(withDefaults(parseRankOptions({ top_k: 1, threshold: null }), { topK: 9, threshold: 0.5 })).toEqual({ topK: 1, threshold: 0.5 });
  });

  it("lets text replace the fields of the defaults, and the other way round", () => {
    expect(withDefaults(parseRankOptions({ text }), { fields: ["a"] })).toEqual({ text });
    expect(withDefaults(parseRankOptions({ fields: ["a"] }), { text })).toEqual({ fields: ["a"] });
  });
});

describe("settingsKey", () => {
  const parseSettings = (config: unknown) => parseConfig(config).settings;

  it("is the same for the same meaning, whatever the order and the spelling", () => {
    const left = parseSettings({ model: { type: "preset", name: "fast", max_length: 64 }, showDownloadProgress: false });
    const right = parseSettings({ model: { maxLength: 64, name: "fast", type: "preset" }, topK: 3, batchSize: 4 });
    expect(settingsKey(left)).toBe(settingsKey(right));
  });

  it("differs whenever a setting does", () => {
    const configs = [
      {},
      { scoreCacheBytes: 1 },
      { cacheDir: "/a" },
      { model: "fast" },
      { model: { type: "preset", name: "fast", maxLength: 8 } },
    ];
    expect(new Set(configs.map((config) => settingsKey(parseSettings(config)))).size).toBe(configs.length);
    expect(settingsKey(parseSettings({ acceleration: { threads: 1 } }))).not.toBe(
      settingsKey(parseSettings({ acceleration: { workers: 1 } })),
    );
  });
});
