import { describe, expect, it } from "vitest";
import { accessOf, addressOf, distinctUrls, labelOf, rootAddressOf } from "./addresses.ts";

describe("an address", () => {
  it.each([
    ["http://host", "/rerank", "http://host/rerank"],
    ["http://host/", "/v1/rerank", "http://host/v1/rerank"],
    ["http://host/v1", "/rerank", "http://host/v1/rerank"],
    ["http://host/v1/", "/v1/rerank", "http://host/v1/rerank"],
    ["http://host/v1", "/v2/rerank", "http://host/v2/rerank"],
    ["http://host/api/v1", "/v1/models", "http://host/api/v1/models"],
    ["https://host/api?code=1", "/v1/rerank", "https://host/api/v1/rerank?code=1"],
  ])("of %s and %s is %s", (base, path, address) => {
    expect(addressOf(base, path).href).toBe(address);
  });

  it.each([
    ["http://host/v1", "http://host/health"],
    ["http://host/api/v1/", "http://host/api/health"],
    ["http://host/api", "http://host/api/health"],
  ])("beside the versions of %s is %s", (base, address) => {
    expect(rootAddressOf(base, "/health").href).toBe(address);
  });

  it("for people has neither query nor password", () => {
    expect(labelOf("http://user:4711@host:81/api/?code=4711")).toBe("http://host:81/api");
    expect(labelOf("http://host/")).toBe("http://host");
  });

  it("counts once, however it is written", () => {
    expect(distinctUrls(["http://HOST", "http://host/", "http://host:80", "http://host/a/", "http://host/a"])).toEqual([
      "http://host/",
      "http://host/a",
    ]);
  });
});

describe("what goes with a request", () => {
  const model = { type: "remote" as const, urls: ["http://host"] };

  it("is the key as a bearer, and the headers in lower case", () => {
    expect(accessOf({ ...model, apiKey: "key-1", headers: { "X-Tenant": "tenant-1" } })).toEqual({
      headers: { authorization: "Bearer key-1", "x-tenant": "tenant-1" },
      secrets: expect.arrayContaining(["key-1", "tenant-1"]),
    });
  });

  it("is the caller's own Authorization rather than the key", () => {
    const { headers, secrets } = accessOf({ ...model, apiKey: "key-1", headers: { Authorization: "Basic dXNlcg==" } });
    expect(headers).toEqual({ authorization: "Basic dXNlcg==" });
    expect(secrets).toContain("dXNlcg==");
  });

  it("is nothing where nothing is given", () => {
    expect(accessOf(model)).toEqual({ headers: {}, secrets: [] });
  });
});
