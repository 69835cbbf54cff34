import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeAt } from "../../test/support/download-fixture.node.ts";
import { type IsolatedModels, isolateModels } from "../../test/support/isolated-models.node.ts";
import { offlineVariable, readToken, resolveCacheDir, resolveEndpoint, resolveHubCache } from "./environment.node.ts";

let isolated: IsolatedModels;

beforeEach(() => {
  isolated = isolateModels();
  for (const name of ["CROSSRANK_CACHE", "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT"]) vi.stubEnv(name, undefined);
});

afterEach(() => isolated.restore());

describe("the cache folder", () => {
  it("is the option, else CROSSRANK_CACHE, else XDG_CACHE_HOME, else the user's own", () => {
    expect(resolveCacheDir(undefined)).toBe(join(isolated.folder, ".cache", "crossrank", "rerankers"));
    vi.stubEnv("XDG_CACHE_HOME", "/xdg");
    expect(resolveCacheDir(undefined)).toBe("/xdg/crossrank/rerankers");
    vi.stubEnv("CROSSRANK_CACHE", "/own");
    expect(resolveCacheDir(undefined)).toBe("/own");
    expect(resolveCacheDir("~/here")).toBe(join(isolated.folder, "here"));
  });
});

describe("the standard hub cache", () => {
  it("is where the hub's own tools put it", () => {
    expect(resolveHubCache()).toBe(join(isolated.folder, ".cache", "huggingface", "hub"));
    vi.stubEnv("XDG_CACHE_HOME", "/xdg");
    expect(resolveHubCache()).toBe("/xdg/huggingface/hub");
    vi.stubEnv("HF_HOME", "/home");
    expect(resolveHubCache()).toBe("/home/hub");
    vi.stubEnv("HUGGINGFACE_HUB_CACHE", "/older");
    expect(resolveHubCache()).toBe("/older");
    vi.stubEnv("HF_HUB_CACHE", "/newer");
    expect(resolveHubCache()).toBe("/newer");
  });
});

describe("the endpoint", () => {
  it("is the public hub, or a mirror without its last slash", () => {
    expect(resolveEndpoint()).toBe("https://huggingface.co");
    vi.stubEnv("HF_ENDPOINT", "https://mirror.example.org/hf/");
    expect(resolveEndpoint()).toBe("https://mirror.example.org/hf");
  });

  it.each(["huggingface.co", "ftp://x", "file:///x"])("is not %s", (endpoint) => {
    vi.stubEnv("HF_ENDPOINT", endpoint);
    expect(() => resolveEndpoint()).toThrow(/not an http\(s\) URL/);
  });
});

describe("the token", () => {
  it("is HF_TOKEN, else the file of HF_TOKEN_PATH, else the one in HF_HOME", () => {
    expect(readToken()).toBeUndefined();
    vi.stubEnv("HF_HOME", join(isolated.folder, "home"));
    writeAt(join(isolated.folder, "home", "token"), "in_home\n");
    expect(readToken()).toBe("in_home");
    writeAt(join(isolated.folder, "elsewhere"), "in_path");
    vi.stubEnv("HF_TOKEN_PATH", join(isolated.folder, "elsewhere"));
    expect(readToken()).toBe("in_path");
    vi.stubEnv("HF_TOKEN", " in_variable ");
    expect(readToken()).toBe("in_variable");
  });
});

describe("offlineVariable", () => {
  it("names the variable that says yes", () => {
    for (const [value, name] of [
      ["1", "HF_HUB_OFFLINE"],
      ["TRUE", "HF_HUB_OFFLINE"],
      ["0", undefined],
      ["", undefined],
      ["no", undefined],
    ] as const) {
      vi.stubEnv("HF_HUB_OFFLINE", value);
      expect(offlineVariable()).toBe(name);
    }
    vi.stubEnv("TRANSFORMERS_OFFLINE", "yes");
    expect(offlineVariable()).toBe("TRANSFORMERS_OFFLINE");
  });
});
