/** Engines that fail, each in its way, and what becomes of the call. */
import { describe, expect, it } from "vitest";
import { callOf, gateTogether, probabilityOf, type TestEngine, textsOf } from "../../../test/support/remote-engines.node.ts";
import { expectRight, failureOf, poolOf, startAll } from "../../../test/support/remote-pool.node.ts";
import { closedUrl, type ScriptedAnswer } from "../../../test/support/scripted-server.node.ts";

const broken: ScriptedAnswer = { status: 500, text: "boom" };

describe("an engine that fails", () => {
  it("in the middle of a call has its parts done by the others", async () => {
    const pool = await startAll(3);
    gateTogether(pool);
    const { scorer } = poolOf(pool);
    const answer = scorer.score(callOf(300));
    await pool[1]!.arrived;
    await pool[1]!.close();
    expectRight(await answer);
    const { warnings } = await answer;
    expect(warnings).toEqual([{ type: "fallback", message: expect.stringContaining(pool[1]!.url) }]);
  });

  it("from the start is passed over, with a warning", async () => {
    const dead = await closedUrl();
    const { scorer, state } = poolOf([{ url: dead }, ...(await startAll(1))]);
    const answer = await scorer.score(callOf(100));
    expectRight(answer);
    expect(state(0)).toBe("open");
    expect(answer.warnings).toHaveLength(1);
    expect(answer.warnings[0]!.message).toMatch(
      new RegExp(`^remote: passed over: ${dead} \\(open for 5 s more: GET ${dead}/info failed: .+ECONNREFUSED`),
    );
  });

  it.each<[what: string, answer: ScriptedAnswer | ((right: ScriptedAnswer) => ScriptedAnswer)]>([
    ["500", broken],
    ["503 without a time", { status: 503, text: "unhealthy" }],
    ["424, TEI's word for a backend that failed", { status: 424, json: { error: "x", error_type: "Backend" } }],
    ["a connection that ends", { hangsUp: true }],
    ["a body that ends early", (right) => ({ ...right, cutAfterBytes: 10 })],
    ["no JSON", { text: "<html>" }],
    ["JSON of another kind", { json: { results: [] } }],
    ["a missing index", ({ json }) => ({ json: (json as unknown[]).slice(1) })],
    ["an index that stands twice", ({ json }) => ({ json: [(json as unknown[])[0], ...(json as unknown[]).slice(0, -1)] })],
    ["an index too many", ({ json }) => ({ json: [...(json as unknown[]), { index: 99, score: 1 }] })],
    ["a score that is no number", ({ json }) => ({ json: (json as object[]).map((result) => ({ ...result, score: null })) })],
    ["scores as texts", ({ json }) => ({ json: (json as { score: number }[]).map((result) => ({ ...result, score: `${result.score}` })) })],
  ])("once has its part done by another one: %s", async (_what, wrong) => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[0]!.next.push(wrong);
    const { scorer, state } = poolOf(pool);
    const answer = await scorer.score(callOf(64));
    expectRight(answer);
    expect(answer.warnings).toEqual([{ type: "fallback", message: expect.stringMatching(/^remote: 1 part had to be repeated: /) }]);
    expect(scorer.stats!()).toMatchObject({ "0.failures": 1, "1.failures": 0, "1.requests": 2 });
    expect(state(0)).toBe("closed");
  });

  it("is not asked for the same part twice in a row while another one is in use", async () => {
    const pool = await startAll(3);
    const askedFor = new Map<string, number[]>();
    const { scorer } = poolOf(pool);
    await scorer.score(callOf(24));
    for (const [index, engine] of pool.entries()) {
      engine.ranked.length = 0;
      const push = engine.ranked.push.bind(engine.ranked);
      engine.ranked.push = (texts) => {
        askedFor.set(texts[0]!, [...(askedFor.get(texts[0]!) ?? []), index]);
        return push(texts);
      };
      engine.next.push(broken, broken);
    }
    expectRight(await scorer.score(callOf(300)));
    expect([...askedFor.values()].some(({ length }) => length > 1)).toBe(true);
    for (const places of askedFor.values()) {
      expect(places.every((index, attempt) => attempt === 0 || index !== places[attempt - 1])).toBe(true);
    }
  });

  it("every other time stays in use, and every part is right", async () => {
    const pool = await startAll(2);
    for (let turn = 0; turn < 10; turn += 1) pool[0]!.next.push(broken, (right) => right);
    const { scorer, state } = poolOf(pool);
    for (let call = 0; call < 5; call += 1) expectRight(await scorer.score(callOf(100)));
    expect(state(0)).toBe("closed");
    expect(scorer.stats!()["0.failures"]).toBeGreaterThan(1);
  });

  it("that is alone is asked again, after pauses that grow, and three times in all", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.next.push(broken, broken);
    const { scorer, clock, state } = poolOf([engine]);
    expectRight(await scorer.score(callOf(8)));
    // 250 ms and 500 ms, of which chance (0.5 here) takes a quarter.
    expect(clock.waits).toEqual([187.5, 375]);
    engine.always = broken;
    const error = await failureOf(scorer.score(callOf(8)));
    expect(error).toMatchObject({ code: "hosted", status: 500, isRetryable: true });
    expect(error.message).toBe(
      `remote: 3 attempts at 8 documents failed: ${engine.url} (open for 5 s more). ` +
        `The last error: POST ${engine.url}/rerank answered 500: boom. Try again later.`,
    );
    expect(state(0)).toBe("open");
  });
});

describe("the circuit breaker", () => {
  it("leaves an engine alone after three failures in a row, and asks its health before it is tried again", async () => {
    const pool = await startAll(2);
    const { scorer, clock, state } = poolOf(pool);
    await scorer.score(callOf(16));
    pool[0]!.next.push(broken, broken, broken);
    while (pool[0]!.next.length > 0) expectRight(await scorer.score(callOf(16)));
    expect(state(0)).toBe("open");

    const before = pool[0]!.requests.length;
    const during = await scorer.score(callOf(16));
    expectRight(during);
    expect(during.warnings[0]!.message).toMatch(/passed over: .*open for 5 s more: POST .* answered 500: boom/);
    expect(pool[0]!.requests.length).toBe(before);

    clock.advance(5_000);
    await scorer.score(callOf(16));
    await expect.poll(() => pool[0]!.asked.at(-1)).toBe("/health");
    await expect
      .poll(async () => {
        await scorer.score(callOf(16));
        return state(0);
      })
      .toBe("closed");
    expect((await scorer.score(callOf(16))).warnings).toEqual([]);
  });

  it("waits twice as long after each trial that fails", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const { scorer, clock } = poolOf([engine]);
    await scorer.score(callOf(1));
    engine.always = broken;
    await failureOf(scorer.score(callOf(1)));
    const probesAfter = async (durationMs: number): Promise<number> => {
      clock.advance(durationMs);
      const before = engine.requests.length;
      await failureOf(scorer.score(callOf(1)));
      return engine.requests.length - before;
    };
    expect(await probesAfter(4_999)).toBe(0);
    expect(await probesAfter(1)).toBe(1);
    expect(await probesAfter(9_999)).toBe(0);
    expect(await probesAfter(1)).toBe(1);
    expect(await probesAfter(20_000)).toBe(1);
  });

  it("lets one request through to see, and all others wait for it or go elsewhere", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const { scorer, clock } = poolOf([engine]);
    await scorer.score(callOf(1));
    engine.always = broken;
    await failureOf(scorer.score(callOf(1)));
    engine.always = undefined;
    clock.advance(5_000);
    let open: () => void = () => undefined;
    engine.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    engine.ranked.length = 0;
    const calls = [scorer.score(callOf(1)), scorer.score(callOf(1)), scorer.score(callOf(1))];
    await expect.poll(() => engine.ranked.length).toBe(1);
    expect(scorer.stats!()).toMatchObject({ "0.state": "half-open", "0.outstanding": 1 });
    open();
    for (const answer of await Promise.all(calls)) expectRight(answer);
    expect(scorer.stats!()).toMatchObject({ "0.state": "closed", "0.outstanding": 0 });
  });

  it("is not asked by time, but by calls: an idle pool sends nothing", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const { scorer, clock } = poolOf([engine]);
    engine.always = broken;
    await failureOf(scorer.score(callOf(1)));
    const before = engine.requests.length;
    clock.advance(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.requests.length).toBe(before);
    expect(clock.waits).toEqual([]);
  });
});

describe("a pool without an engine", () => {
  it("fails with the last error, and tells of each engine what keeps it", async () => {
    const urls = [await closedUrl(), await closedUrl()];
    const { scorer } = poolOf(urls.map((url) => ({ url })));
    const error = await failureOf(scorer.score(callOf(100)));
    expect(error).toMatchObject({ code: "hosted", isRetryable: true });
    expect(error.message).toMatch(/^remote: all engines are out of use: http:\S+ \(open for 5 s more.*, http:\S+ \(open for 5 s more/);
    expect(error.message).toMatch(/The last error: GET http:\S+\/info failed: .*ECONNREFUSED.*\. Check that the service runs there/);
    for (const url of urls) expect(error.message).toContain(url);
    // The second call asks nobody, and says the same.
    expect((await failureOf(scorer.score(callOf(1)))).message).toContain("all engines are out of use");
  });

  it("works again once one is back", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const { scorer, clock } = poolOf([engine, { url: await closedUrl() }]);
    engine.always = broken;
    await failureOf(scorer.score(callOf(10)));
    engine.always = undefined;
    clock.advance(5_000);
    expectRight(await scorer.score(callOf(10)));
  });

  it("does not hide behind partial results: nothing but failures is a failure", async () => {
    const { scorer } = poolOf([{ url: await closedUrl() }]);
    expect(await failureOf(scorer.score(callOf(10, { onError: "partial" })))).toMatchObject({ code: "hosted" });
  });
});

describe("a mistake of the caller", () => {
  it.each([400, 422])("is told at once, and neither repeated nor held against the engine: %i", async (status) => {
    const pool = await startAll(2);
    for (const engine of pool) engine.next.push({ status, json: { error: "text too long", error_type: "Validation" } });
    const { scorer, state } = poolOf(pool);
    const error = await failureOf(scorer.score(callOf(8)));
    expect(error).toMatchObject({ code: "hosted", status, isRetryable: false });
    expect(error.message).toContain("text too long");
    expect(pool.flatMap(({ ranked }) => ranked)).toHaveLength(1);
    expect([state(0), state(1)]).toEqual(["closed", "closed"]);
  });

  it("ends the other parts of its call", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[0]!.next.push({ isSilent: true });
    pool[1]!.next.push({ status: 422, text: "no" });
    const { scorer } = poolOf(pool);
    expect(await failureOf(scorer.score(callOf(16)))).toMatchObject({ status: 422 });
    await pool[0]!.requests.find(({ method }) => method === "POST")!.canceled;
    expect(scorer.stats!()).toMatchObject({ "0.outstanding": 0, "0.failures": 0, "1.outstanding": 0 });
  });

  it("of one part leaves the others with onError partial, which names its documents", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[1]!.next.push({ status: 422, text: "cannot be tokenized" });
    const { scorer } = poolOf(pool);
    const { scores, failures } = await scorer.score(callOf(16, { onError: "partial" }));
    expect(failures).toEqual([{ indices: [8, 9, 10, 11, 12, 13, 14, 15], message: expect.stringContaining("cannot be tokenized") }]);
    expect(Array.from(scores.slice(0, 8))).toEqual(textsOf(8).map(probabilityOf));
    expect(Array.from(scores.slice(8))).toEqual(Array.from({ length: 8 }, () => Number.NaN));
  });
});

describe("a body that is too large", () => {
  it("is cut until it fits", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const tooLarge = { status: 413, text: "too large" };
    engine.next.push(tooLarge, (right) => right, tooLarge);
    const { scorer, state } = poolOf([engine]);
    const answer = await scorer.score(callOf(16));
    expectRight(answer);
    expect(engine.ranked.map(({ length }) => length)).toEqual([16, 8, 8, 4, 4]);
    expect({ state: state(0), warnings: answer.warnings }).toEqual({ state: "closed", warnings: [] });
  });

  it("with one document is the caller's mistake", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const { scorer } = poolOf([engine]);
    await scorer.score(callOf(1));
    engine.always = { status: 413, text: "too large" };
    expect(await failureOf(scorer.score(callOf(4)))).toMatchObject({ status: 413, isRetryable: false });
  });
});

describe("an engine that is set up wrongly", () => {
  it.each([401, 403, 404, 405])("is left alone at once, and the others do its part: %i", async (status) => {
    const pool = await startAll(2);
    gateTogether(pool);
    const { scorer, state } = poolOf(pool);
    pool[0]!.next.push({ status, text: "not you" });
    const answer = await scorer.score(callOf(64));
    expectRight(answer);
    expect(state(0)).toBe("open");
    expect(answer.warnings).toHaveLength(1);
    expect(answer.warnings[0]!.message).toContain(`answered ${status}: not you`);
  });

  it("like all others makes the call fail as one that is not worth repeating", async () => {
    const pool = await startAll(2);
    for (const engine of pool) engine.always = { status: 401, json: { error: "wrong key" } };
    const { scorer } = poolOf(pool, { apiKey: "key-4711" });
    const error = await failureOf(scorer.score(callOf(8)));
    expect(error).toMatchObject({ code: "hosted", status: 401, isRetryable: false });
    expect(error.message).toMatch(/wrong key\. Check model\.apiKey\.$/);
  });

  it("and is no known engine is told what it was asked and what it answered", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { json: { data: [{ id: "x", owned_by: "acme" }] } };
    const { scorer } = poolOf([engine]);
    const error = await failureOf(scorer.score(callOf(1)));
    expect(error).toMatchObject({ code: "bad-response", isRetryable: false });
    expect(error.message).toContain('GET /info answered 200 (owned_by "acme"), GET /v1/models answered 200 (owned_by "acme")');
    expect(error.message).toMatch(/name the dialect: crossrank, tei, vllm/);
  });

  it("and serves no reranker says what it serves", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { json: { model_id: "BAAI/bge-m3", model_type: { embedding: { pooling: "cls" } }, max_client_batch_size: 32 } };
    const error = await failureOf(poolOf([engine]).scorer.score(callOf(1)));
    expect(error).toMatchObject({ code: "unsupported-model" });
    expect(error.message).toContain("serves BAAI/bge-m3, a model of type embedding");
  });
});
