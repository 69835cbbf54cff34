/** Requests that are small and cost memory; the figures are those that Linux tells of the server's process. */
import { describe, expect, it } from "vitest";
import { documents, expectWorking, post, processFigures, query, type ServerProcess, startServer, stopServer } from "./support.node.ts";

const requests = 600;
// Fewer would do, but a burst is what makes loads overlap.
const atOnce = 60;

/** Sends so many requests, of which each may have a configuration of its own. @returns how often each status came */
async function send({ url }: ServerProcess, configOf: (index: number) => object): Promise<Record<number, number>> {
  const tally: Record<number, number> = {};
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      const index = next;
      next += 1;
      const { status, headers } = await post(`${url}/rerank`, { query, documents, config: configOf(index) });
      tally[status] = (tally[status] ?? 0) + 1;
      if (status !== 200) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return tally;
}

describe.skipIf(process.platform !== "linux" /* figures of processes, and limits to them */)("600 requests", () => {
  const preset = (changes: object): object => ({ type: "preset", name: "mini", ...changes });
  let one: ReturnType<typeof processFigures>;

  it("for one model need what one model needs", async () => {
    const server = await startServer();
    expect(await send(server, () => ({ model: preset({}) }))).toEqual({ 200: requests });
    one = processFigures(server);
    await stopServer(server);
  });

  it.each<[string, readonly string[], (index: number) => object, number]>([
    [
      "each with a token limit and an instruction of its own",
      [],
      (index) => ({ model: preset({ max_length: 8 + (index % 500), instruction: `${index}` }) }),
      requests,
    ],
    [
      "for models of models, each with limits of its own",
      ["--allow-models"],
      (index) => ({
        model: {
          type: "fuse",
          models: [preset({ max_length: 8 + (index % 500) }), preset({ max_length: 9 + (index % 500) })].slice(index % 2),
        },
      }),
      1,
    ],
    [
      "for models of models, no two alike",
      ["--allow-models"],
      (index) => ({ model: { type: "fuse", method: "weighted", models: ["mini", preset({ max_length: 64 })], weights: [index + 1, 1] } }),
      1,
    ],
  ])("%s need no more threads, and half as much memory again at most", async (_what, args, configOf, leastAnswers) => {
    const server = await startServer({ args, dataLimitMb: 1.5 * one.dataMb });
    const tally = await send(server, configOf);
    const figures = processFigures(server);
    console.info(`${JSON.stringify(tally)}: peak ${Math.round(figures.peakMb)} MB, of one model ${Math.round(one.peakMb)} MB`);
    expect(Object.keys(tally).filter((status) => !["200", "422", "429", "503"].includes(status))).toEqual([]);
    expect(tally[200] ?? 0).toBeGreaterThanOrEqual(leastAnswers);
    expect(figures.peakMb).toBeLessThan(1.5 * one.peakMb);
    expect(figures.threads).toBeLessThanOrEqual(one.threads + 1);
    await expectWorking(server.url);
    await stopServer(server);
  });
});
