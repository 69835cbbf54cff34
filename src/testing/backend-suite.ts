/** Checks that a backend follows the plugin protocol. Use it in the tests of your own backend. */
import {
  type BackendScores,
  createReranker,
  RerankError,
  type Reranker,
  type RerankerBackend,
  registerRerankerBackend,
  unregisterRerankerBackend,
} from "../index.ts";

/** One requirement of the protocol. */
export interface BackendCheck {
  /** A sentence about behavior, for the test's name. */
  name: string;
  /** Rejects with RerankError `plugin` if the backend behaves differently. The message names the expected and the actual result. */
  run(): Promise<void>;
}

/** Inputs and limits of the checks. */
export interface BackendCheckOptions {
  /** The query of all checks. @default "How to train a dog" */
  query?: string;
  /** Distinct texts in the backend's language; at least 2. @default three English sentences about pets */
  documents?: readonly string[];
  /**
   * Maximum difference between two scores of the same pair in different batches. Use Infinity for a backend that compares documents with each
   * other. @default 1e-4
   */
  tolerance?: number;
  /** Maximum duration of one call in milliseconds; also applies to a call that was aborted. @default 30000 */
  timeoutMs?: number;
}

/** Creates a new backend at each call, so that one check does not affect the next. */
export type CreateBackend = () => RerankerBackend | Promise<RerankerBackend>;

type Settings = Required<BackendCheckOptions>;

const petTexts: readonly string[] = [
  "Dog training requires patience and consistency.",
  "Cats are independent animals that prefer to play alone.",
  "Bird care includes proper cage setup and regular cleaning.",
];

// Written with escapes, so that no editor or encoding check changes them by mistake.
const awkwardTexts: readonly string[] = [
  "",
  " ",
  "\n",
  "a\u0000b",
  "\ud83d\udc36 \ud83d\udc69\u200d\ud83d\udc67",
  "lone \ud800 surrogate",
  "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
  `e${"\u0301".repeat(50)}`,
  "\u65e5\u672c\u8a9e",
  "[SEP] </s> <|endoftext|>",
  "x".repeat(20_000),
];

/**
 * Creates one check for each promise of the plugin protocol. You can run them in any order with any test runner.
 *
 * Each run creates a backend, registers it under a unique name, and shuts it down again.
 *
 * @example
 * const createBackend = () => ({ name: "length", rerank: (query: string, documents: readonly string[]) => documents.map((text) => text.length) });
 * // With a test runner: for (const { name, run } of backendChecks(createBackend)) test(name, run);
 * for (const { run } of backendChecks(createBackend)) await run();
 */
export function backendChecks(createBackend: CreateBackend, options: BackendCheckOptions = {}): BackendCheck[] {
  const settings: Settings = { query: "How to train a dog", documents: petTexts, tolerance: 1e-4, timeoutMs: 30_000, ...options };
  const check = (name: string, body: (trial: Trial) => Promise<void>): BackendCheck => ({
    name,
    async run() {
      const trial = new Trial(name, settings, await createBackend());
      try {
        await body(trial);
      } catch (error) {
        throw RerankError.from(error, "plugin", `backendChecks, "${name}"`);
      } finally {
        await trial.end();
      }
    },
  });
  return [
    check("gives one finite number per document", checkCount),
    check("keeps the order of the documents", checkOrder),
    check("scores a document that is given twice alike in both places", checkDuplicates),
    check("scores empty, odd and very long texts", checkAwkwardTexts),
    check("leaves the list of documents as it is", checkFrozenList),
    check("answers concurrent first calls", checkConcurrentCalls),
    check("settles after an abort, and answers the next call", checkAbort),
    check("gives by rerankSync what it gives by rerank", checkSync),
    check("shuts down, and works again when it is registered again", checkShutdown),
  ];
}

async function checkCount(trial: Trial): Promise<void> {
  const many = Array.from({ length: 100 }, (_, index) => `${index}: ${trial.documents[index % trial.documents.length]!}`);
  for (const documents of [trial.documents.slice(0, 1), trial.documents, many]) await trial.scores(documents);
}

async function checkOrder(trial: Trial): Promise<void> {
  const scores = await trial.scores(trial.documents);
  const reversed = await trial.scores([...trial.documents].reverse());
  trial.expectClose(reversed.reverse(), scores, "scores of the reversed list, reversed back");
}

async function checkDuplicates(trial: Trial): Promise<void> {
  const [first, second] = trial.documents as [string, string];
  const scores = await trial.scores([first, second, first]);
  trial.expectClose([scores[2]!], [scores[0]!], "the second score of the same document");
}

async function checkAwkwardTexts(trial: Trial): Promise<void> {
  await trial.scores(awkwardTexts);
  for (const text of awkwardTexts) await trial.scores([text]);
}

async function checkFrozenList(trial: Trial): Promise<void> {
  // crossrank passes a copy of the list, but other callers of the backend may not.
  await trial.initialize();
  const call = async (): Promise<BackendScores> =>
    trial.backend.rerank(trial.query, Object.freeze([...trial.documents]), { signal: new AbortController().signal });
  await trial.within(call(), "rerank with a list that cannot be changed");
}

async function checkConcurrentCalls(trial: Trial): Promise<void> {
  const calls = await Promise.all([1, 2, 3, 4].map(() => trial.scores(trial.documents)));
  for (const scores of calls.slice(1)) trial.expectClose(scores, calls[0]!, "scores of a concurrent call");
}

async function checkAbort(trial: Trial): Promise<void> {
  await trial.initialize();
  const controller = new AbortController();
  const call = (async () => trial.backend.rerank(trial.query, trial.documents, { signal: controller.signal }))();
  controller.abort(new RerankError("aborted", "backendChecks: aborted to see what the backend does. Nothing needs to be done."));
  // The call may succeed or fail: it may have ended before the abort.
  await trial.within(
    call.then(
      () => undefined,
      () => undefined,
    ),
    "a call whose signal was aborted",
  );
  await trial.scores(trial.documents);
}

async function checkSync(trial: Trial): Promise<void> {
  if (trial.backend.rerankSync === undefined) return;
  await trial.initialize();
  const expected = await trial.scores(trial.documents);
  trial.expectClose(Array.from(trial.backend.rerankSync(trial.query, trial.documents)), expected, "scores of rerankSync");
}

async function checkShutdown(trial: Trial): Promise<void> {
  const before = await trial.scores(trial.documents);
  await trial.end();
  trial.begin();
  trial.expectClose(await trial.scores(trial.documents), before, "scores after shutdown and initialize");
}

let trials = 0;

/** A registered backend, and helpers for checks. */
class Trial {
  readonly backend: RerankerBackend;
  readonly query: string;
  readonly documents: readonly string[];
  private readonly name: string;
  private readonly settings: Settings;
  private readonly registeredName: string;
  private isRegistered = false;

  constructor(name: string, settings: Settings, backend: RerankerBackend) {
    this.name = name;
    this.settings = settings;
    this.backend = backend;
    this.query = settings.query;
    this.documents = settings.documents;
    trials += 1;
    // A unique name, so that checks can run at the same time, and while the backend is in use.
    this.registeredName = `backend-check-${trials}`;
    this.begin();
  }

  begin(): void {
    const { backend } = this;
    registerRerankerBackend({
      name: this.registeredName,
      initialize: async () => backend.initialize?.(),
      shutdown: async () => backend.shutdown?.(),
      rerank: (query, documents, context) => backend.rerank(query, documents, context),
    });
    this.isRegistered = true;
  }

  async end(): Promise<void> {
    if (!this.isRegistered) return;
    this.isRegistered = false;
    await unregisterRerankerBackend(this.registeredName);
  }

  async initialize(): Promise<void> {
    await this.withReranker((reranker) => reranker.warmUp(), "initialize");
  }

  /** Scores through crossrank, which checks the count and that scores are numbers. */
  async scores(documents: readonly string[]): Promise<number[]> {
    return this.withReranker((reranker) => reranker.score(this.query, documents), `rerank of ${documents.length} documents`);
  }

  async within<T>(work: Promise<T>, what: string): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.failure(`${what} did not end within ${this.settings.timeoutMs} ms`)), this.settings.timeoutMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  expectClose(actual: readonly number[], expected: readonly number[], what: string): void {
    const wrong = expected.findIndex((value, index) => Math.abs(value - actual[index]!) > this.settings.tolerance);
    if (actual.length === expected.length && wrong === -1) return;
    throw this.failure(`${what}: expected ${expected.join(", ")} within ${this.settings.tolerance}, got ${actual.join(", ")}`);
  }

  private async withReranker<T>(work: (reranker: Reranker) => Promise<T>, what: string): Promise<T> {
    const reranker = createReranker({
      model: { type: "plugin", name: this.registeredName },
      maxRerankDurationSecs: this.settings.timeoutMs / 1000,
    });
    return this.within(work(reranker), what);
  }

  private failure(what: string): RerankError {
    return new RerankError("plugin", `backendChecks, "${this.name}": ${what}. Correct the backend.`);
  }
}
