import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failureOf } from "../../test/support/failure.ts";
import { type ProxyServer, startProxy } from "../../test/support/proxy-server.node.ts";
import { type ScriptedServer, startScriptedServer } from "../../test/support/scripted-server.node.ts";
import { requestJson } from "./json-request.ts";
import { nodeNetwork } from "./network.node.ts";
import { webNetwork } from "./network.ts";

let server: ScriptedServer;
let proxy: ProxyServer;

beforeEach(async () => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) for (const word of [name, name.toLowerCase()]) vi.stubEnv(word, "");
  server = await startScriptedServer(() => ({ json: { answered: true } }));
  proxy = await startProxy();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  proxy.close();
  await server.close();
});

const request = { where: "x", headers: {}, timeoutMs: 5000, maxRetries: 0, secrets: [] };
const ask = (network = nodeNetwork): Promise<unknown> =>
  requestJson(network, { ...request, url: `${server.url}/path?query=1`, body: { a: 1 } });

describe("nodeNetwork", () => {
  it("asks directly where no proxy is set", async () => {
    expect(await ask()).toMatchObject({ body: { answered: true } });
    expect(proxy.forwarded).toEqual([]);
  });

  it.each(["HTTP_PROXY", "http_proxy"])("asks through the proxy that %s names, which allows no tunnel to port 80", async (name) => {
    vi.stubEnv(name, proxy.url);
    expect(await ask()).toMatchObject({ body: { answered: true } });
    expect(proxy).toMatchObject({ forwarded: [`${server.url}/path?query=1`], tunnels: [] });
    expect(server.requests.map(({ body }) => body)).toEqual([{ a: 1 }]);
  });

  it.each(["NO_PROXY", "no_proxy"])("asks the hosts in %s directly", async (name) => {
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv(name, "127.0.0.1");
    await ask();
    expect(proxy.forwarded).toEqual([]);
  });

  it("follows a variable that changes between requests", async () => {
    await ask();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    await ask();
    vi.stubEnv("HTTP_PROXY", "");
    await ask();
    expect(proxy.forwarded).toHaveLength(1);
  });

  it("shows the proxy its credentials, and nobody else", async () => {
    const closed = await startProxy({ credentials: "user:hunter2hunter2%" });
    vi.stubEnv("HTTP_PROXY", closed.url.replace("//", "//user:hunter2hunter2%25@"));
    expect(await ask()).toMatchObject({ body: { answered: true } });
    expect(server.requests[0]!.headers).not.toHaveProperty("proxy-authorization");
    vi.stubEnv("HTTP_PROXY", closed.url.replace("//", "//user:wrongwrongwrong@"));
    const error = await failureOf(ask());
    closed.close();
    expect(error.message).toContain("407");
    expect(inspect(error, { depth: 20 })).not.toContain("wrongwrong");
  });

  it.each([
    ["127.0.0.1:8080", 'is "127.0.0.1:8080", which has no scheme. Write http:// in front of it'],
    ["localhost:8080", 'is "localhost:8080", which has no scheme. Write http:// in front of it'],
    ["proxy.example", 'is "proxy.example", which has no scheme. Write http:// in front of it'],
    ["user:hunter2hunter2@proxy.example:8080", 'is "proxy.example:8080", which has no scheme. Write http:// in front of it'],
    ["http://user:hunter2hunter2@:no port", 'is "http://:no port", which is no URL. Write one like http://proxy.example:8080'],
    ["http://user:hunter2/hunter2@proxy.example", 'is "http://proxy.example", which is no URL. Write one like http://proxy.example:8080'],
    ["socks5://proxy.example:1080", 'is "socks5://proxy.example:1080", and socks5:// is no scheme of an HTTP proxy. Name an HTTP proxy'],
    [
      "http://user:hunter2hunter2%@proxy.example",
      'is "http://proxy.example", and its user name or password has a stray %. Write %25 for it',
    ],
  ])("says which variable is wrong and why, without its password: %s", async (value, message) => {
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) {
      vi.stubEnv(name, value);
      const error = await failureOf(ask());
      expect(error).toMatchObject({ code: "invalid-input", message: `proxy: ${name} ${message}, or unset ${name}.` });
      expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
      vi.stubEnv(name, "");
    }
  });

  it("tells of a proxy that does not answer, without its password", async () => {
    vi.stubEnv("HTTP_PROXY", proxy.url.replace("//", "//user:hunter2hunter2@"));
    proxy.close();
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: "hosted", isRetryable: true });
    expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
  });

  it("reads a variable trimmed, and an empty one as absent", () => {
    vi.stubEnv("CROSSRANK_TEST", " key\n");
    expect(nodeNetwork.readVariable("CROSSRANK_TEST")).toBe("key");
    vi.stubEnv("CROSSRANK_TEST", " ");
    expect(nodeNetwork.readVariable("CROSSRANK_TEST")).toBeUndefined();
  });
});

describe("webNetwork", () => {
  it("has the global fetch and no environment", async () => {
    vi.stubEnv("HTTP_PROXY", proxy.url);
    expect(await ask(webNetwork)).toMatchObject({ body: { answered: true } });
    expect(proxy.forwarded).toEqual([]);
    expect(webNetwork.readVariable("PATH")).toBeUndefined();
  });
});
