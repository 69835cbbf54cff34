/** Lists that somebody changes while a call runs: the caller theirs, a backend or a function the one that it was given. */
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  type AiSdkRerankingModel,
  clearRerankerBackends,
  clearRerankers,
  createReranker,
  type RerankerBackend,
  type RerankerConfig,
  type RerankFunction,
  registerRerankerBackend,
  rerank,
  rerankSync,
} from "../dist/index.js";

const query = "How to train a dog";
const documents = [
  "Cats are independent animals that prefer to play alone.",
  "Dog training requires patience and consistency.",
  "Bird care includes proper cage setup and regular cleaning.",
];

/** What may be done to a list, in the manner of a careless program. */
const changes: Record<string, (list: string[]) => unknown> = {
  reverses: (list) => list.reverse(),
  sorts: (list) => list.sort(),
  empties: (list) => list.splice(0),
  "appends to": (list) => list.push("one more"),
  overwrites: (list) => list.fill("Dog training requires patience and consistency."),
  "makes holes in": (list) => delete list[1],
};
const named = Object.entries(changes).map(([name, change]) => ({ name, change }));

afterEach(clearRerankerBackends);
afterAll(clearRerankers);

describe("a caller that changes its list during a call", () => {
  const waiting: RerankFunction = async (_query, texts) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return texts.map((text) => text.length);
  };
  const models: Record<string, RerankerConfig["model"]> = {
    mini: "mini",
    function: waiting,
    fallback: { type: "fallback", models: ["plugin:missing", "mini"] },
    cascade: { type: "cascade", first: waiting, second: "mini", keep: 2 },
    fuse: { type: "fuse", models: [waiting, "mini"] },
  };
  const cases = Object.keys(models).flatMap((model) => named.map((entry) => ({ model, ...entry })));

  it.each(cases)("and $name it gets what it passed, from $model", async ({ model, change }) => {
    const config = { model: models[model]! };
    const expected = await rerank(query, documents, config);
    const list = [...documents];
    const running = rerank(query, list, config);
    change(list);
    expect(await running).toEqual(expected);
  });

  it.each(named)("and $name it in its own text function gets what it passed", async ({ change }) => {
    const list = documents.map((text) => ({ text }));
    const text = (document: object): string => {
      change(list as never);
      return (document as { text: string }).text;
    };
    const results = await rerank(query, list, { text });
    expect(results.map(({ index, document }) => [index, document])).toEqual(
      (await rerank(query, documents)).map(({ index, document }) => [index, { text: document }]),
    );
    const again = documents.map((document) => ({ text: document }));
    const syncText = (document: object): string => {
      change(again as never);
      return (document as { text: string }).text;
    };
    const sync = rerankSync(query, again, { text: syncText });
    expect(sync.map(({ index }) => index)).toEqual(results.map(({ index }) => index));
  });

  it("changes neither fields nor what is returned by changing its options", async () => {
    const fields: ("title" | "other")[] = ["title"];
    const wanted: "logit"[] = ["logit"];
    const list = documents.map((title) => ({ title, other: "nothing" }));
    const running = rerank(query, list, { fields, return: wanted });
    fields[0] = "other";
    wanted.length = 0;
    expect(Object.keys((await running)[0]!)).toEqual(["index", "score", "document", "logit"]);
    expect((await running)[0]!.index).toBe(1);
  });
});

describe("a backend that changes the list it was given", () => {
  /** Changes its list, then fails. */
  const vandal = (change: (list: string[]) => unknown): RerankerBackend => {
    const attack = (list: readonly string[]): never => {
      change(list as string[]);
      throw new Error("and then it failed");
    };
    return { name: "vandal", rerank: (_query, list) => attack(list), rerankSync: (_query, list) => attack(list) };
  };
  const careless = (change: (list: string[]) => unknown): RerankFunction => {
    const { rerank: attack } = vandal(change);
    return (words, list, options) => attack(words, list, options) as number[];
  };
  const aiSdk = (change: (list: string[]) => unknown): AiSdkRerankingModel => ({
    specificationVersion: "v3",
    provider: "p",
    modelId: "m",
    doRerank: async ({ documents: given }) => {
      change((given as { values: string[] }).values);
      throw new Error("and then it failed");
    },
  });

  it.each(named)("and $name it leaves the next model of a fallback its texts", async ({ change }) => {
    const expected = await rerank(query, documents);
    registerRerankerBackend(vandal(change));
    for (const first of ["plugin:vandal", careless(change), aiSdk(change)] as const) {
      const model = { type: "fallback", models: [first, "mini"] } as const;
      const list = [...documents];
      expect(await rerank(query, list, { model })).toEqual(expected);
      expect(list).toEqual(documents);
    }
    for (const first of ["plugin:vandal", careless(change)] as const) {
      const sync = rerankSync(query, documents, { model: { type: "fallback", models: [first, "mini"] } });
      expect(sync.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
    }
  });

  it.each(named)("and $name it leaves models beside it their texts", async ({ change }) => {
    const tolerant: RerankFunction = (_query, list) => {
      try {
        change(list as string[]);
      } catch {
        // As a program does that expects its list to be frozen sometimes.
      }
      return documents.map((_, index) => index);
    };
    const fuse = (first: RerankFunction): RerankerConfig => ({ model: { type: "fuse", models: [first, "mini"] } });
    expect(await rerank(query, documents, fuse(tolerant))).toEqual(
      await rerank(
        query,
        documents,
        fuse(() => [0, 1, 2]),
      ),
    );
  });

  it.each(named.filter(({ name }) => name !== "sorts"))("hears that $name it is not allowed", async ({ change }) => {
    const untidy = (list: string[]): number[] => {
      change(list);
      return list.map(() => 1);
    };
    registerRerankerBackend({ name: "untidy", rerank: (_query, list) => untidy(list as string[]) });
    await expect(rerank(query, documents, { model: "plugin:untidy" })).rejects.toMatchObject({ code: "plugin" });
  });

  it("and is a module cannot change it either", async () => {
    const source = "export default { name: 'module', rerank: (query, list) => [Object.isFrozen(list) ? 1 : 0, 0, 0] }";
    registerRerankerBackend(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
    expect((await rerank(query, documents, { model: "plugin:module" }))[0]!.score).toBe(1);
  });

  it("may keep and change its own scores", async () => {
    const kept = [3, 2, 1];
    registerRerankerBackend({
      name: "keeper",
      rerank: () => {
        setTimeout(() => kept.fill(0), 0);
        return kept;
      },
    });
    const results = await createReranker({ model: "plugin:keeper" }).rank(query, documents);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(results.results.map(({ score }) => score)).toEqual([3, 2, 1]);
  });
});
