/** Vendors' own JavaScript clients against our server, over sockets: `npm run test:clients`, which installs them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Call, clients, type Failure, type Result } from "./javascript-clients.ts";
import { documents, type KeyedServer, maxDocuments, objects, query, rankedByLibrary, startServer } from "./server.node.ts";

let server: KeyedServer;
beforeAll(async () => {
  server = await startServer();
});
afterEach(() => server.takeRequests());
afterAll(() => server.stop());

/** A score goes through JSON unchanged; what is left is for batches put together otherwise. */
const tolerance = 1e-6;

describe.each(clients)("$name", ({ paths, rank, statusOf, echoOf, documentsKey = "documents", objects: takesObjects, ...failures }) => {
  const [base, called] = paths[0]!;
  const ask = (call: Partial<Call> = {}, { at = base, apiKey = server.apiKey } = {}): Promise<Result[]> =>
    rank(`${server.url}${at}`, apiKey, { model: "mini", query, documents, ...call });

  it.each(paths)("at %j ranks as the library does, in one request", async (at, path) => {
    expectPlaces(await ask({}, { at }), await rankedByLibrary(documents));
    expect(server.takeRequests()).toEqual([`POST ${path} 200`]);
  });

  it("gives as many results as it is asked for", async () => {
    expectPlaces(await ask({ topK: 2 }), (await rankedByLibrary(documents)).slice(0, 2));
  });

  if (echoOf !== undefined) {
    it.each(paths)("at %j shows the documents only when it is asked to", async (at) => {
      const echoed = await ask({ echo: true }, { at });
      expect(echoed.map(({ document }) => document)).toEqual(echoed.map(({ index }) => echoOf(documents[index!]!)));
      const without = await ask({ echo: false }, { at });
      expect(without.filter(({ document }) => !isNoDocument(document))).toEqual([]);
    });
  }

  if (takesObjects === "fields") {
    it.each([[["title"]], [["text", "title"]]])("ranks objects by %j", async (fields) => {
      expectPlaces(await ask({ documents: objects, fields }), await rankedByLibrary(objects, fields));
    });

    it("ranks objects by a field called text as it ranks bare texts", async () => {
      const texts = objects.map(({ text }) => text);
      const expected = await rankedByLibrary(texts);
      expectPlaces(await ask({ documents: objects, fields: ["text"] }), expected);
      expectPlaces(await ask({ documents: texts.map((text) => ({ text })) }), expected);
    });
  }

  if (takesObjects === "json") {
    it("ranks objects by their JSON", async () => {
      expectPlaces(await ask({ documents: objects }), await rankedByLibrary(objects.map((object) => JSON.stringify(object))));
    });
  }

  const expectFailure = async ({ isOwn, status, isSilent }: Failure, answer: Promise<Result[]>, message: string): Promise<void> => {
    const thrown = await answer.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(thrown).toSatisfy(isOwn);
    expect(statusOf(thrown)).toBe(status);
    expect((thrown as Error).message).toContain(isSilent === true ? "" : message);
    expect(server.takeRequests()).toEqual([`POST ${called} ${status}`]); // no retries
  };

  it("throws its own error for an unknown model", () =>
    expectFailure(failures.unknownModel, ask({ model: "rerank-unheard-of" }), "this server has none of that name. It serves mini."));

  it("throws its own error for too many documents", () =>
    expectFailure(
      failures.tooMany,
      ask({ documents: Array<string>(maxDocuments + 1).fill("a dog") }),
      `${documentsKey}: a request may have at most ${maxDocuments}, got ${maxDocuments + 1}.`,
    ));

  it("throws its own error for a wrong key", () =>
    expectFailure(failures.badKey, ask({}, { apiKey: "another-key" }), "A valid API key is needed"));
});

function expectPlaces(results: readonly Result[], expected: readonly { index: number; score: number }[]): void {
  expect(results.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
  const differences = results.map(({ score }, index) => Math.abs(score! - expected[index]!.score));
  expect(Math.max(...differences)).toBeLessThan(tolerance);
}

/** Together's format has an empty document where there is none. */
function isNoDocument(document: unknown): boolean {
  return document === undefined || (document as { text?: unknown }).text === null;
}
