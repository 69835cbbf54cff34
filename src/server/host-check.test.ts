import { describe, expect, it } from "vitest";
import { createHostCheck } from "./host-check.ts";

describe("a host check", () => {
  it.each(["localhost", "LOCALHOST:8000", "localhost.:1", "api.localhost:80", "127.0.0.1", "127.9.8.7:8000", "[::1]:8000", "[::1]"])(
    "takes what only this machine is called: %s",
    (host) => expect(createHostCheck([])(host)).toBeUndefined(),
  );

  it.each([
    ["evil.example", "evil.example"],
    ["evil.example:8000", "evil.example"],
    ["localhost.evil.example", "localhost.evil.example"],
    ["notlocalhost", "notlocalhost"],
    ["127.0.0.1.evil.example:1", "127.0.0.1.evil.example"],
    ["1270.0.0.1", "1270.0.0.1"],
    ["10.0.0.1:8000", "10.0.0.1"],
    ["[::2]:1", "[::2]"],
    ["", ""],
  ])("names any other: %s", (host, name) => expect(createHostCheck([])(host)).toBe(name));

  it("takes names of a list, all below one, or any", () => {
    const check = createHostCheck(["Ranker.example", ".corp.example"]);
    for (const host of ["ranker.example:80", "corp.example", "a.b.corp.example:1", "localhost"]) expect(check(host)).toBeUndefined();
    for (const host of ["x.ranker.example", "notcorp.example", "corp.example.evil"]) expect(check(host)).toBe(host);
    expect(createHostCheck(["*"])("anything.example")).toBeUndefined();
  });
});
