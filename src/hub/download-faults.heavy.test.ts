/** What a download does when a connection breaks, or the bytes are damaged. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDownloadFixture, type DownloadFixture, model, smallFiles, weightBytes } from "../../test/support/download-fixture.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import { tinyRepository } from "../../test/support/onnx-bytes.ts";

let fixture: DownloadFixture;

beforeEach(async () => {
  fixture = await createDownloadFixture();
});

afterEach(() => fixture.close());

/** Where each request of a file began. */
function startsOf(ranges: readonly (string | undefined)[]): number[] {
  return ranges.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")?.[1]));
}

/** A part begins after the one before, and at the cut at the latest: what was on its way when the connection broke may be lost. */
function expectResumed(start: number | undefined, previous: number, cut: number): void {
  expect(start).toBeGreaterThan(previous);
  expect(start).toBeLessThanOrEqual(previous + cut);
}

describe("a bad connection", () => {
  it("is resumed where it was cut", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, 150_000];
    await fixture.download(model);
    const starts = startsOf(fixture.ranges());
    expect(starts).toHaveLength(3);
    expect(starts[0]).toBe(0);
    expectResumed(starts[1], 0, 100_000);
    expectResumed(starts[2], starts[1]!, 150_000);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("is resumed by the next call too, and progress starts where it stopped", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, ...Array<number>(20).fill(0)];
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download", isRetryable: true });
    expect(locateReference(model, {})).toBeUndefined();
    fixture.hub.faults.cuts = [];
    const received: number[] = [];
    await fixture.download(model, { onProgress: (step) => step.file === "onnx/model.onnx" && received.push(step.receivedBytes) });
    expectResumed(received[0], 0, 100_000);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("starts over where the server does not know ranges", async () => {
    fixture.hub.faults.ignoresRange = true;
    fixture.hub.faults.cuts = [...smallFiles, 100_000];
    await fixture.download(model);
    const starts = startsOf(fixture.ranges());
    expect(starts).toHaveLength(2);
    expectResumed(starts[1], 0, 100_000);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("starts over where the part that is here is longer than the file", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, ...Array<number>(20).fill(0)];
    await fixture.failure(model);
    fixture.hub.faults.cuts = [];
    const part = fixture.partialFile();
    writeFileSync(part, Buffer.alloc(weightBytes * 2));
    await fixture.download(model);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("gives up on a silent server, and resumes", async () => {
    fixture.hub.faults.stalls = [...smallFiles, 50_000];
    await fixture.download(model, { stallTimeoutMs: 100 });
    expect(fixture.ranges()).toEqual([undefined, "bytes=50000-"]);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("is not taken for silent as long as something arrives", async () => {
    // 25 pieces: longer in all than the time-out, far shorter each.
    fixture.hub.faults.slowMs = 25;
    await fixture.download(model, { stallTimeoutMs: 400 });
    expect(fixture.ranges()).toEqual([undefined]);
  });

  it("is tried again after 429 and 5xx, as late as Retry-After says", async () => {
    fixture.hub.faults.answers = [{ status: 429, headers: { "retry-after": "1" } }, { status: 503 }, { status: 500 }];
    const start = performance.now();
    await fixture.download(model);
    // One second from the header; the others wait a millisecond or two. A timer may fire a little early.
    expect(performance.now() - start).toBeGreaterThan(990);
    expect(locateReference(model, {})).toBeDefined();
  });

  it.each(["0", "-5", new Date(0).toUTCString()])("is tried again after a pause that grows, though Retry-After says %j", async (value) => {
    fixture.hub.faults.answers = Array.from({ length: 4 }, () => ({ status: 503, headers: { "retry-after": value } }));
    const start = performance.now();
    await fixture.download(model, { retryDelayMs: 40 });
    // 20 + 40 + 80 + 160 ms at least; a timer may fire a little early.
    expect(performance.now() - start).toBeGreaterThan(290);
  });

  it("is given up when the server keeps failing", async () => {
    fixture.hub.faults.answers = Array.from({ length: 20 }, () => ({ status: 502 }));
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download", status: 502, isRetryable: true });
    expect(error.message).toMatch(/HEAD http:.*\/org\/name\/resolve\/main\/onnx\/model\.onnx was answered with status 502/);
  });

  it.each([408, 409, 425, 429, 500, 502, 503, 504, 520, 529])(
    "is tried again after %i, as every other client of this package does",
    async (status) => {
      fixture.hub.faults.answers = [{ status }];
      await fixture.download(model);
      expect(locateReference(model, {})).toBeDefined();
    },
  );

  it.each([400, 401, 403, 405, 422, 501])("is not tried again after %i", async (status) => {
    fixture.hub.faults.answers = [{ status }];
    expect(await fixture.failure(model)).toMatchObject({ status, isRetryable: false });
    expect(fixture.hub.requests).toHaveLength(1);
  });

  // The hub's windows have 300 s: a longer wait cannot be one of its own.
  it("waits for the next window of a rate limit, and not longer than a window", async () => {
    fixture.hub.faults.answers = [{ status: 429, headers: { ratelimit: '"resolvers";r=0;t=300' } }];
    const controller = new AbortController();
    const ended = fixture.failure(model, { signal: controller.signal });
    await vi.waitUntil(() => fixture.hub.requests.length === 1);
    // If the answer ended the download, that would be its error.
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort();
    expect(await ended).toMatchObject({ code: "aborted" });

    fixture.hub.faults.answers = [{ status: 429, headers: { ratelimit: '"resolvers";r=0;t=301' } }];
    expect(await fixture.failure(model)).toMatchObject({ code: "download", status: 429 });
    expect(fixture.hub.requests).toHaveLength(2);
  });

  it("is given up at once when the server wants to be left alone for an hour", async () => {
    fixture.hub.faults.answers = [{ status: 429, headers: { "retry-after": "3600" } }];
    expect((await fixture.failure(model)).status).toBe(429);
    expect(fixture.hub.requests.length).toBe(1);
  });
});

describe("a server that never gives the whole file", () => {
  /** Requests for bytes of the model that one download made until it gave up. */
  async function attemptsOf(): Promise<number> {
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download" });
    return fixture.ranges().length;
  }

  it("and starts over each time is asked five times, since the same bytes are no progress", async () => {
    fixture.hub.faults.ignoresRange = true;
    fixture.hub.faults.cutsAll = 100_000;
    expect(await attemptsOf()).toBeLessThanOrEqual(6);
  });

  it("and ends always at the same byte is asked five times after it", async () => {
    fixture.hub.faults.ignoresRange = true;
    fixture.hub.faults.cuts = [...smallFiles, 50_000, 100_000, 150_000];
    fixture.hub.faults.cutsAll = 150_000;
    expect(await attemptsOf()).toBeLessThanOrEqual(8);
  });

  it.each([
    ["and knows ranges", false],
    ["and ignores ranges", true],
  ])("because it is said to be larger is not read to its end, %s", async (_what, ignoresRange) => {
    fixture.hub.faults.ignoresRange = ignoresRange;
    fixture.hub.faults.saidSize = 2 * weightBytes;
    const received: number[] = [];
    const error = await fixture.failure(model, {
      onProgress: ({ file, receivedBytes }) => file === "onnx/model.onnx" && received.push(receivedBytes),
    });
    expect(error.message).toMatch(/onnx\/model\.onnx of org\/name has 800000 bytes by its description, and \d+ at http:/);
    expect(fixture.ranges()).toHaveLength(5);
    expect(Math.max(...received)).toBe(0);
  });

  it.each([
    ["and knows ranges", false],
    ["and ignores ranges", true],
  ])("because it is said to be larger is asked five times where its bodies tell no length, %s", async (_what, ignoresRange) => {
    fixture.hub.faults.ignoresRange = ignoresRange;
    fixture.hub.faults.hidesLength = true;
    fixture.hub.faults.saidSize = 2 * weightBytes;
    expect(await attemptsOf()).toBe(5);
  });

  it("because it wants to be left alone for an hour in the middle is not asked again", async () => {
    const answers = fixture.hub.faults.answers;
    const error = await fixture.failure(model, {
      onProgress: ({ file }) => {
        if (file === "onnx/model.onnx" && answers.length === 0) answers.push({ status: 429, headers: { "retry-after": "3600" } });
      },
    });
    expect(error.status).toBe(429);
    expect(fixture.ranges()).toEqual([]);
  });
});

describe("damaged bytes", () => {
  it("are fetched once more", async () => {
    fixture.hub.faults.corruptions = 1;
    await fixture.download(model);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("are refused the second time, and leave nothing behind", async () => {
    fixture.hub.faults.corruptions = 100;
    const error = await fixture.failure(model);
    expect(error.code).toBe("download");
    expect(error.message).toMatch(/config\.json of org\/name@.* arrived damaged twice: its git blob id is/);
    expect(readdirSync(fixture.snapshot())).toEqual([]);
  });

  it("are noticed in large files by their sha256", async () => {
    await fixture.download(model);
    rmSync(join(fixture.snapshot(), "onnx", "model.onnx"));
    fixture.hub.faults.corruptions = 2;
    expect((await fixture.failure(model)).message).toMatch(/onnx\/model\.onnx of .* arrived damaged twice: its sha256 is/);
    expect(locateReference(model, {})).toBeUndefined();
  });

  it("are noticed in the part of an earlier attempt", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, ...Array<number>(20).fill(0)];
    await fixture.failure(model);
    fixture.hub.faults.cuts = [];
    writeFileSync(fixture.partialFile(), Buffer.alloc(100_000));
    await fixture.download(model);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("are refused before the download where the catalogue knows the hash", async () => {
    fixture.hub.repositories["xberg-io/reranker-models"] = {
      commit: "3d655b40f2e1e087460434a143b11afac4947318",
      files: Object.fromEntries(
        Object.entries(tinyRepository()).map(([path, bytes]) => [`ettin-reranker-150m/${path.replace("onnx/", "")}`, bytes]),
      ),
    };
    const error = await fixture.failure({ type: "preset", name: "ettin-reranker-150m" });
    expect(error.message).toMatch(
      /ettin-reranker-150m\/model\.onnx of .* has sha256 .*, but this version of crossrank expects 25f75eec2469/,
    );
    expect(fixture.hub.requests.map((request) => request.method)).toEqual(["HEAD"]);
  });
});
