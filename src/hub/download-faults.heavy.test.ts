/** What a download does when the network, the hub or the bytes misbehave. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeCertificates } from "../../test/support/certificates.node.ts";
import { createDownloadFixture, type DownloadFixture, model, smallFiles, weightBytes } from "../../test/support/download-fixture.node.ts";
import { tinyRepository } from "../../test/support/onnx-bytes.ts";
import { startProxy } from "../../test/support/proxy-server.node.ts";
import { startScriptedServer } from "../../test/support/scripted-server.node.ts";
import { locateModel } from "./locate.node.ts";

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
    expect(locateModel(model, {})).toBeDefined();
  });

  it("is resumed by the next call too, and progress starts where it stopped", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, ...Array<number>(20).fill(0)];
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download", isRetryable: true });
    expect(locateModel(model, {})).toBeUndefined();
    fixture.hub.faults.cuts = [];
    const received: number[] = [];
    await fixture.download(model, { onProgress: (step) => step.file === "onnx/model.onnx" && received.push(step.receivedBytes) });
    expectResumed(received[0], 0, 100_000);
    expect(locateModel(model, {})).toBeDefined();
  });

  it("starts over where the server does not know ranges", async () => {
    fixture.hub.faults.ignoresRange = true;
    fixture.hub.faults.cuts = [...smallFiles, 100_000];
    await fixture.download(model);
    const starts = startsOf(fixture.ranges());
    expect(starts).toHaveLength(2);
    expectResumed(starts[1], 0, 100_000);
    expect(locateModel(model, {})).toBeDefined();
  });

  it("starts over where the part that is here is longer than the file", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, ...Array<number>(20).fill(0)];
    await fixture.failure(model);
    fixture.hub.faults.cuts = [];
    const part = fixture.partialFile();
    writeFileSync(part, Buffer.alloc(weightBytes * 2));
    await fixture.download(model);
    expect(locateModel(model, {})).toBeDefined();
  });

  it("gives up on a silent server, and resumes", async () => {
    fixture.hub.faults.stalls = [...smallFiles, 50_000];
    await fixture.download(model, { stallTimeoutMs: 100 });
    expect(fixture.ranges()).toEqual([undefined, "bytes=50000-"]);
    expect(locateModel(model, {})).toBeDefined();
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
    expect(locateModel(model, {})).toBeDefined();
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
      expect(locateModel(model, {})).toBeDefined();
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
    expect(locateModel(model, {})).toBeDefined();
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
    expect(locateModel(model, {})).toBeUndefined();
  });

  it("are noticed in the part of an earlier attempt", async () => {
    fixture.hub.faults.cuts = [...smallFiles, 100_000, ...Array<number>(20).fill(0)];
    await fixture.failure(model);
    fixture.hub.faults.cuts = [];
    writeFileSync(fixture.partialFile(), Buffer.alloc(100_000));
    await fixture.download(model);
    expect(locateModel(model, {})).toBeDefined();
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

describe("no network", () => {
  it("names the address, the reason and the ways out", async () => {
    await fixture.hub.close();
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download", isRetryable: true });
    expect(error.message).toMatch(/HEAD http:\/\/127\.0\.0\.1:\d+\/org\/name\/resolve\/main\/onnx\/model\.onnx failed: .*ECONNREFUSED/);
    expect(error.message).toMatch(/HTTPS_PROXY.*HF_ENDPOINT.*local folder.*mini/);
  });

  it("is respected when the user asks for it by HF_HUB_OFFLINE", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const error = await fixture.failure(model);
    expect(error.message).toMatch(/org\/name@main .* is not complete in .* and HF_HUB_OFFLINE forbids the network\. Unset HF_HUB_OFFLINE/);
    expect(fixture.hub.requests).toEqual([]);
  });

  it("does not hinder a model that is here", async () => {
    await fixture.download(model);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await fixture.download(model);
    expect(locateModel(model, {})).toBeDefined();
  });

  it.each([
    "user:hunter2hunter2@mirror.example/hub",
    "https://user:hunter2/hunter2@mirror.example",
    "ftp://user:hunter2hunter2@mirror.example",
  ])("refuses an endpoint that is no address, without its password: %s", async (endpoint) => {
    vi.stubEnv("HF_ENDPOINT", endpoint);
    const error = await fixture.failure(model);
    expect(error.message).toMatch(/HF_ENDPOINT holds ".*mirror\.example.*", which is not an http\(s\) URL/);
    expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
  });

  it("refuses an endpoint that is no address", async () => {
    vi.stubEnv("HF_ENDPOINT", "huggingface");
    expect((await fixture.failure(model)).message).toMatch(/HF_ENDPOINT holds "huggingface", which is not an http\(s\) URL/);
  });
});

describe("a proxy", () => {
  it("is used for every request when HTTP_PROXY is set, and not for hosts in NO_PROXY", async () => {
    const proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    await fixture.download(model);
    const hosts = proxy.forwarded.map((url) => new URL(url).origin);
    expect(new Set(hosts)).toEqual(new Set([fixture.hub.url, fixture.hub.cdnUrl]));
    const before = proxy.forwarded.length;
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    await fixture.download(model, { force: true });
    proxy.close();
    expect(proxy.forwarded.length).toBe(before);
  });

  it("without a scheme is named with its variable", async () => {
    vi.stubEnv("HTTPS_PROXY", "127.0.0.1:8080");
    const error = await fixture.failure(model);
    expect(error).toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining('HTTPS_PROXY is "127.0.0.1:8080", which has no scheme'),
    });
  });
});

describe("a user name and a password", () => {
  const credentials = "user:hunter2%20hunter2";
  const authorization = `Basic ${Buffer.from("user:hunter2 hunter2").toString("base64")}`;

  it("in HF_ENDPOINT are shown there, and nowhere else, in the place of a token", async () => {
    vi.stubEnv("HF_ENDPOINT", fixture.hub.url.replace("//", `//${credentials}@`));
    vi.stubEnv("HF_TOKEN", "hf_token");
    await fixture.download(model);
    const shown = fixture.hub.requests.map((request) => `${request.server} ${request.authorization}`);
    expect(new Set(shown)).toEqual(new Set([`hub ${authorization}`, "cdn undefined"]));
  });

  it("in HF_ENDPOINT stand in no error", async () => {
    vi.stubEnv("HF_ENDPOINT", fixture.hub.url.replace("//", `//${credentials}@`));
    fixture.hub.faults.answers = [{ status: 403 }];
    expect(inspect(await fixture.failure(model), { depth: 20 })).not.toContain("hunter2");
    await fixture.hub.close();
    const error = await fixture.failure(model);
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
  });

  it("in a redirect are shown to its target, and stand in no error", async () => {
    const target = await startScriptedServer(() => ({ status: 403 }));
    const redirect = { status: 307, headers: { location: `${target.url.replace("//", `//${credentials}@`)}/file` } };
    fixture.hub.faults.answers = [redirect];
    const refused = await fixture.failure(model);
    await target.close();
    expect(target.requests.map(({ headers }) => headers.authorization)).toEqual([authorization]);
    fixture.hub.faults.answers = [redirect, redirect, redirect];
    const unreachable = await fixture.failure(model);
    expect(unreachable.message).toMatch(/ECONNREFUSED/);
    for (const error of [refused, unreachable]) expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
  });
});

describe("a token", () => {
  it.each(["hf_hunter2\nhunter2", "hf_hunter2–hunter2"])(
    "that no header can hold is named by its variable, and never shown: %j",
    async (token) => {
      vi.stubEnv("HF_TOKEN", token);
      const error = await fixture.failure(model);
      expect(error).toMatchObject({ code: "invalid-input", isRetryable: false });
      expect(error.message).toMatch(/the token holds a character that HTTP forbids .* Correct HF_TOKEN/);
      expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
      expect(fixture.hub.requests).toEqual([]);
    },
  );
});

describe("a mirror by Artifactory", () => {
  it("names every file by its plain SHA-1", async () => {
    fixture.hub.repositories["org/name"]!.isArtifactory = true;
    await fixture.download(model);
    expect(locateModel(model, {})).toBeDefined();
  });

  it("does not hide damaged bytes", async () => {
    fixture.hub.repositories["org/name"]!.isArtifactory = true;
    fixture.hub.faults.corruptions = 100;
    expect((await fixture.failure(model)).message).toMatch(/config\.json of org\/name@.* arrived damaged twice/);
  });
});

describe("a hub behind a company's certificate authority", () => {
  it("is reached where SSL_CERT_FILE names the authority, and says so where not", async () => {
    const folder = mkdtempSync(join(tmpdir(), "crossrank-authority-"));
    const { authorityFile, right } = makeCertificates(folder);
    const front = await startScriptedServer(async ({ method, path }) => {
      const answer = await fetch(`${fixture.hub.url}${path}`, { method, redirect: "manual" });
      const text = Buffer.from(await answer.arrayBuffer());
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text };
    }, right);
    fixture.hub.repositories["org/name"]!.isArtifactory = true;
    vi.stubEnv("HF_ENDPOINT", front.url);
    vi.stubEnv("SSL_CERT_FILE", "");
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download", isRetryable: false });
    expect(error.message).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE.*set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE/);
    vi.stubEnv("SSL_CERT_FILE", authorityFile);
    await fixture.download(model);
    await front.close();
    rmSync(folder, { recursive: true });
    expect(locateModel(model, {})).toBeDefined();
  });
});

describe("a redirect", () => {
  const redirectTo = (location: string): Parameters<DownloadFixture["failure"]>[1] => ({
    fetch: async () => new Response(null, { status: 302, headers: { location } }),
  });

  it.each(["file:///etc/passwd", "ftp://example.org/x", "http://["])("is not followed to %s", async (location) => {
    const error = await fixture.failure(model, redirectTo(location));
    expect(error.message).toMatch(/redirects to an address that is not safe/);
  });

  it("is not followed from https to http", async () => {
    vi.stubEnv("HF_ENDPOINT", "https://hub.example.org");
    expect((await fixture.failure(model, redirectTo("http://hub.example.org/x"))).message).toMatch(/not safe/);
  });

  it("that never ends is an error", async () => {
    expect((await fixture.failure(model, redirectTo("/again"))).message).toMatch(/more than 10 redirects/);
  });

  it("without a sound commit names no folder", async () => {
    const headers = { "x-repo-commit": "../../evil", etag: '"x"' };
    const error = await fixture.failure(model, { fetch: async () => new Response(null, { headers }) });
    expect(error.message).toMatch(/is no Hugging Face hub/);
    expect(readdirSync(fixture.isolated.cacheDir)).toEqual([".locks"]);
  });
});

describe("a failed connection", () => {
  // As undici reports them; real ones cannot be made without a resolver or a certificate of the test's own.
  const failing = (code: string, message: string, calls: string[]): typeof fetch => {
    return async (url) => {
      calls.push(String(url));
      throw new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });
    };
  };

  it("is not repeated when the host does not exist", async () => {
    const calls: string[] = [];
    const error = await fixture.failure(model, { fetch: failing("ENOTFOUND", "getaddrinfo ENOTFOUND hub", calls) });
    expect(error.message).toMatch(/the host 127\.0\.0\.1 was not found \(ENOTFOUND\)/);
    expect(error.isRetryable).toBe(false);
    expect(calls.length).toBe(1);
  });

  it("is not repeated when the certificate is not trusted", async () => {
    const calls: string[] = [];
    const error = await fixture.failure(model, { fetch: failing("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate", calls) });
    expect(error.message).toMatch(/self-signed certificate \(SELF_SIGNED_CERT_IN_CHAIN\)/);
    expect(calls.length).toBe(1);
  });

  it("is repeated twice when it was reset", async () => {
    const calls: string[] = [];
    const error = await fixture.failure(model, { fetch: failing("ECONNRESET", "read ECONNRESET", calls) });
    expect(error.isRetryable).toBe(true);
    expect(calls.length).toBe(3);
  });
});
