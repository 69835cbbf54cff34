import { describe, expect, it } from "vitest";
import { describeAddress, isOpenToOthers } from "./serve-words.ts";

describe("isOpenToOthers", () => {
  it.each([{}, { host: "127.0.0.1" }, { host: "127.1.2.3" }, { host: "::1" }, { host: "localhost" }, { host: "0.0.0.0", socket: "/s" }])(
    "is false for %j",
    (where) => {
      expect(isOpenToOthers(where)).toBe(false);
    },
  );

  it.each(["0.0.0.0", "::", "192.168.1.2", "10.0.0.1", "host.example", "localhost.example", "127.0.0.1.example"])(
    "is true for %s",
    (host) => {
      expect(isOpenToOthers({ host })).toBe(true);
    },
  );
});

describe("addressWords", () => {
  it("name a page that a browser can open, for each kind of address", () => {
    expect(describeAddress("http://127.0.0.1:8000", "loading")).toBe("listening on http://127.0.0.1:8000, loading the models …");
    expect(describeAddress("http://0.0.0.0:8000", "ready")).toContain("ready at http://0.0.0.0:8000. ");
    expect(describeAddress("http://0.0.0.0:8000", "ready")).toContain(" http://localhost:8000/docs. ");
    expect(describeAddress("https://[::]:8000", "ready")).toContain(" https://localhost:8000/docs. ");
    expect(describeAddress("unix:/tmp/s", "ready")).toBe("ready at unix:/tmp/s. Ctrl-C stops the server.");
  });
});
