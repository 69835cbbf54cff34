import { describe, expect, it } from "vitest";
import { createKeyCheck } from "./auth.ts";

describe("a key check", () => {
  const check = createKeyCheck(["first-key", "second-key"]);

  it.each([
    ["as a bearer token", { authorization: "Bearer first-key" }],
    ["in any case of the word", { authorization: "bearer second-key" }],
    ["in Pinecone's header", { "api-key": "second-key" }],
    ["in X-API-Key", { "x-api-key": "first-key" }],
    ["as the session token of a signed request", { authorization: "AWS4-HMAC-SHA256 Credential=x", "x-amz-security-token": "first-key" }],
  ])("takes a known key %s", async (_how, headers) => {
    expect(await check(new Headers(headers as Record<string, string>))).toBe(true);
  });

  it.each([
    ["no key", {}],
    ["another key", { authorization: "Bearer third-key" }],
    ["a beginning of a key", { authorization: "Bearer first" }],
    ["a key with more behind it", { authorization: "Bearer first-keyx" }],
    ["a signature alone", { authorization: "AWS4-HMAC-SHA256 Credential=first-key/20261128/us-east-1/bedrock/aws4_request" }],
    ["another scheme", { authorization: "Basic first-key" }],
    ["an empty header", { "api-key": " " }],
    ["a wrong bearer token beside a right header", { authorization: "Bearer wrong", "api-key": "first-key" }],
  ])("refuses %s", async (_what, headers) => {
    expect(await check(new Headers(headers as Record<string, string>))).toBe(false);
  });

  it("takes everybody where there are no keys", async () => {
    expect(await createKeyCheck([])(new Headers())).toBe(true);
  });
});
