import { generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { failureOf } from "../../../test/support/failure.ts";
import { networkAt, networkWith, recordedCall } from "../../../test/support/hosted-network.ts";
import { type ScriptedServer, startScriptedServer } from "../../../test/support/scripted-server.node.ts";
import type { Network } from "../../http/request.ts";
import { googleToken, keyFileVariable, signedToken, tokenFileVariable } from "./google-token.ts";
import { createHostedScorer } from "./hosted.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const account = {
  type: "service_account",
  client_email: "ranker@a-project.iam.gserviceaccount.com",
  private_key_id: "k1",
  private_key: pem,
};

function networkOf(variables: Record<string, string>, files: Record<string, string>): Network {
  return {
    ...networkWith(variables),
    async readFile(path) {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: ${path}`);
      return text;
    },
  };
}

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());

describe("a service account's token", () => {
  it("is a JSON Web Token that its public key verifies, for Google's ranking and for an hour", async () => {
    const token = await signedToken({ email: account.client_email, keyId: "k1", privateKey: pem }, new Date("2026-11-28T12:00:00Z"));
    const [header, claims, signature] = token.split(".") as [string, string, string];
    expect(decoded(header)).toEqual({ alg: "RS256", typ: "JWT", kid: "k1" });
    const issued = Date.parse("2026-11-28T12:00:00Z") / 1000;
    expect(decoded(claims)).toEqual({
      iss: account.client_email,
      sub: account.client_email,
      aud: "https://discoveryengine.googleapis.com/",
      iat: issued,
      exp: issued + 3600,
    });
    expect(verify("RSA-SHA256", Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  });

  it("comes out of the key file", async () => {
    const token = googleToken(networkOf({ [keyFileVariable]: "/key.json" }, { "/key.json": JSON.stringify(account) }))!;
    expect(decoded((await token()).split(".")[1]!)).toMatchObject({ iss: account.client_email });
  });

  it.each([
    ["no JSON", "{", "not a service account's key file"],
    ["a list", "[]", "not a service account's key file"],
    ["no key", JSON.stringify({ ...account, private_key: undefined }), "not a service account's key file"],
    ["a person's file", JSON.stringify({ type: "authorized_user", refresh_token: "r" }), "of type authorized_user"],
    ["a key of another kind", JSON.stringify({ ...account, private_key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END" }), "cannot be used"],
  ])("is not signed with %s, and nothing of the file is told", async (_what, text, told) => {
    const token = googleToken(networkOf({ [keyFileVariable]: "/key.json" }, { "/key.json": text }))!;
    const error = await failureOf(token());
    expect(error).toMatchObject({ code: "invalid-input", message: expect.stringContaining(told) });
    expect(error.message).not.toContain("AAAA");
  });
});

describe("a token file", () => {
  it("comes before a key file, and is read at each call", async () => {
    const files = { "/token": "first\n" };
    const token = googleToken(networkOf({ [tokenFileVariable]: "/token", [keyFileVariable]: "/key.json" }, files))!;
    expect(await token()).toBe("first");
    files["/token"] = "second";
    expect(await token()).toBe("second");
  });

  it("that is not there is told by the variable, not by the path", async () => {
    const error = await failureOf(googleToken(networkOf({ [tokenFileVariable]: "/run/token" }, {}))!());
    expect(error).toMatchObject({ code: "invalid-input", message: expect.stringContaining(tokenFileVariable) });
    expect(error.message).not.toContain("/run/token");
  });

  it("is none where there are no files", () => {
    const { readFile: _, ...network } = networkWith({ [tokenFileVariable]: "/token" });
    expect(googleToken(network)).toBeUndefined();
  });
});

describe("vertex_ai", () => {
  const serve = (): Promise<ScriptedServer> =>
    startScriptedServer(() => ({ json: { records: [0, 1, 2].map((id) => ({ id: String(id), score: 0.5 })) } }));

  it("takes a token as apiKey, and needs a project at Google's own host only", async () => {
    const server = await serve();
    const network = networkAt(server.url, {});
    const missing = createHostedScorer({ model: "vertex_ai/m", apiKey: "ya29.token" }, network).score(recordedCall);
    await expect(missing).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining("VERTEXAI_PROJECT") });
    const llm = { model: "vertex_ai/m", apiKey: "ya29.token", baseUrl: `${server.url}/v1/projects/p/locations/eu/rankingConfigs` };
    await createHostedScorer(llm, network).score(recordedCall);
    expect(server.requests).toMatchObject([
      { path: "/v1/projects/p/locations/eu/rankingConfigs/default_ranking_config:rank", headers: { authorization: "Bearer ya29.token" } },
    ]);
    await server.close();
  });
});

describe("dashscope", () => {
  it("is asked in its flat format at its compatible path", async () => {
    const results = [0, 1, 2].map((index) => ({ index, relevance_score: index / 4 }));
    const server = await startScriptedServer(() => ({ json: { object: "list", results, usage: { total_tokens: 9 } } }));
    const llm = { model: "dashscope/qwen3-rerank", apiKey: "key", baseUrl: `${server.url}/compatible-api/v1/` };
    const { scores, usage } = await createHostedScorer(llm, networkWith({})).score(recordedCall);
    expect(Array.from(scores)).toEqual([0, 0.25, 0.5]);
    expect(usage).toEqual({ tokens: 9, requests: 1 });
    const { query, texts } = recordedCall;
    expect(server.requests).toMatchObject([
      { path: "/compatible-api/v1/reranks", body: { model: "qwen3-rerank", query, documents: texts, top_n: 3 } },
    ]);
    await server.close();
  });
});
