/** How a download reaches its hub: without a network, through proxies, mirrors and redirects, with tokens and certificates. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeCertificates } from "../../test/support/certificates.node.ts";
import { createDownloadFixture, type DownloadFixture, model } from "../../test/support/download-fixture.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import { startProxy } from "../../test/support/proxy-server.node.ts";
import { startScriptedServer } from "../../test/support/scripted-server.node.ts";

let fixture: DownloadFixture;

beforeEach(async () => {
  fixture = await createDownloadFixture();
});

afterEach(() => fixture.close());

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
    expect(locateReference(model, {})).toBeDefined();
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

  it("in HF_ENDPOINT are sent to that host only, instead of a token", async () => {
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
    expect(locateReference(model, {})).toBeDefined();
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
    expect(locateReference(model, {})).toBeDefined();
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
