/** Requests over real TLS, by certificates of an authority that nobody knows. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Certificates, makeCertificates } from "../../test/support/certificates.node.ts";
import { failureOf } from "../../test/support/failure.ts";
import { startProxy } from "../../test/support/proxy-server.node.ts";
import { type ScriptedServer, startScriptedServer } from "../../test/support/scripted-server.node.ts";
import { requestJson } from "./json-request.ts";
import { nodeNetwork } from "./network.node.ts";
import { webNetwork } from "./network.ts";
import type { JsonRequest, Network } from "./request.ts";

const bundles = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

let folder: string;
let certificates: Certificates;
let server: ScriptedServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-tls-"));
  certificates = makeCertificates(folder);
  server = await startScriptedServer(() => ({ json: { answered: true } }), certificates.right);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  for (const name of [...bundles, ...proxies, "NODE_EXTRA_CA_CERTS"]) vi.stubEnv(name, "");
});
afterEach(() => vi.unstubAllEnvs());

function ask(url: string, network: Network = nodeNetwork, options: Partial<JsonRequest> = {}): Promise<unknown> {
  return requestJson(network, { where: "x", url, headers: {}, timeoutMs: 5000, maxRetries: 3, secrets: [], ...options });
}

describe("a certificate of a company's authority", () => {
  it("is refused at once, with the variables that help", async () => {
    const error = await failureOf(ask(server.url));
    expect(error).toMatchObject({ code: "hosted", isRetryable: false });
    expect(error.message).toMatch(
      /failed: .* \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. The certificate is of an authority .* set NODE_EXTRA_CA_CERTS or/,
    );
  });

  it("is refused without naming variables where there are none", async () => {
    const { message } = await failureOf(ask(server.url, webNetwork));
    expect(message).toContain("The certificate is of an authority that is not known here, such as a company's own: install it.");
    expect(message).not.toMatch(/NODE_|SSL_CERT/);
  });

  it.each(bundles)("is trusted where %s names the authority, as a file or a folder", async (name) => {
    const folderOfOne = mkdtempSync(join(folder, "bundle-"));
    writeFileSync(join(folderOfOne, "README"), "no certificate");
    for (const path of [certificates.authorityFile, folder]) {
      vi.stubEnv(name, path);
      expect(await ask(server.url)).toMatchObject({ body: { answered: true } });
    }
  });

  it("is trusted behind a proxy, too", async () => {
    const proxy = await startProxy({ tunnelPorts: [Number(new URL(server.url).port)] });
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    vi.stubEnv("SSL_CERT_FILE", certificates.authorityFile);
    expect(await ask(server.url)).toMatchObject({ body: { answered: true } });
    proxy.close();
    expect(proxy.tunnels).toEqual([new URL(server.url).host]);
  });

  it.each(bundles)("is never looked for in a %s that cannot be used, which is named", async (name) => {
    const empty = join(folder, "empty.pem");
    writeFileSync(empty, "");
    for (const [path, reason] of [
      [join(folder, "missing.pem"), "which cannot be read: ENOENT"],
      [empty, "which holds no certificate in PEM"],
    ] as const) {
      vi.stubEnv(name, path);
      const error = await failureOf(ask(server.url));
      expect(error.code).toBe("invalid-input");
      expect(error.message).toContain(`tls: ${name} is ${path}, ${reason}`);
      // Who needs no certificates need not have them.
      expect(await failureOf(ask("http://127.0.0.1:9"))).toMatchObject({ code: "hosted" });
    }
  });
});

describe("a TLS failure", () => {
  const trusted = (): void => void vi.stubEnv("SSL_CERT_FILE", certificates.authorityFile);

  it.each([
    ["expired", /CERT_HAS_EXPIRED.*Have the certificate renewed, or correct the clock of this machine\.$/],
    ["otherName", /ERR_TLS_CERT_ALTNAME_INVALID.*The certificate is for another host name: correct the address, or/],
  ] as const)("says what is wrong, and is not repeated: %s", async (which, message) => {
    const other = await startScriptedServer(() => ({ json: {} }), certificates[which]);
    trusted();
    const error = await failureOf(ask(other.url));
    await other.close();
    expect(error).toMatchObject({ code: "hosted", isRetryable: false });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("after");
  });

  it("says so where the other side speaks no TLS", async () => {
    const plain = await startScriptedServer(() => ({ json: {} }));
    const error = await failureOf(ask(plain.url.replace("http:", "https:")));
    await plain.close();
    expect(error).toMatchObject({ code: "hosted", isRetryable: false });
    expect(error.message).toContain("The other side does not speak TLS there: write http:// instead of https://, or correct the port.");
  });

  it("by a handshake that never ends is over in time, and may pass", async () => {
    const silent: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const error = await failureOf(ask(url, nodeNetwork, { timeoutMs: 200, maxRetries: 0 }));
    silent.close();
    expect(error).toMatchObject({ code: "timeout", isRetryable: true });
  });
});
