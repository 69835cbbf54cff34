import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ScriptedServer, startScriptedServer } from "../../test/support/scripted-server.node.ts";
import { requestJson } from "./http.ts";
import { nodeNetwork } from "./network.node.ts";
import { webNetwork } from "./network.ts";

let server: ScriptedServer;
let proxy: Server;
/** Hosts that were asked for through the proxy. */
let tunnels: string[];

beforeEach(async () => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) for (const word of [name, name.toLowerCase()]) vi.stubEnv(word, "");
  server = await startScriptedServer(() => ({ json: { answered: true } }));
  tunnels = [];
  proxy = createServer();
  proxy.on("connect", (request, client, head) => {
    tunnels.push(request.url ?? "");
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on("error", () => client.destroy());
    client.on("error", () => target.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  proxy.closeAllConnections();
  proxy.close();
  await server.close();
});

const proxyUrl = (): string => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
const host = (): string => new URL(server.url).host;
const ask = (): Promise<unknown> =>
  requestJson(nodeNetwork, { place: "x", url: server.url, headers: {}, timeoutMs: 5000, maxRetries: 0, secrets: [] });

describe("nodeNetwork", () => {
  it("asks directly where no proxy is set", async () => {
    expect(await ask()).toMatchObject({ body: { answered: true } });
    expect(tunnels).toEqual([]);
  });

  it.each(["HTTP_PROXY", "http_proxy"])("asks through the proxy that %s names", async (name) => {
    vi.stubEnv(name, proxyUrl());
    expect(await ask()).toMatchObject({ body: { answered: true } });
    expect(tunnels).toEqual([host()]);
    expect(server.requests).toHaveLength(1);
  });

  it.each(["NO_PROXY", "no_proxy"])("asks the hosts in %s directly", async (name) => {
    vi.stubEnv("HTTP_PROXY", proxyUrl());
    vi.stubEnv(name, "127.0.0.1");
    await ask();
    expect(tunnels).toEqual([]);
  });

  it("follows a variable that changes between requests", async () => {
    await ask();
    vi.stubEnv("HTTP_PROXY", proxyUrl());
    await ask();
    vi.stubEnv("HTTP_PROXY", "");
    await ask();
    expect(tunnels).toEqual([host()]);
  });

  it("names the variables of a proxy that is no URL, without its password", async () => {
    vi.stubEnv("HTTP_PROXY", "http://user:hunter2hunter2@:no port");
    const error: unknown = await ask().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "invalid-input", message: expect.stringContaining("HTTP_PROXY or HTTPS_PROXY") });
    expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
  });

  it("tells of a proxy that does not answer, without its password", async () => {
    vi.stubEnv("HTTP_PROXY", `http://user:hunter2hunter2@127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    proxy.close();
    const error: unknown = await ask().catch((reason: unknown) => reason);
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
    vi.stubEnv("HTTP_PROXY", proxyUrl());
    expect(await (await webNetwork.fetch(server.url)).json()).toEqual({ answered: true });
    expect(tunnels).toEqual([]);
    expect(webNetwork.readVariable("PATH")).toBeUndefined();
  });
});
