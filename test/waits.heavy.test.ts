/** Every wait has an end: for a thread that dies, never starts or is blocked, and for a promise that nobody keeps. */
import { expect, it } from "vitest";
import { dist, runProgram } from "./support/run-program.node.ts";

const prelude = `
  import { rerank, rerankSync, registerRerankerBackend, unregisterRerankerBackend } from ${JSON.stringify(`file://${dist}/index.js`)};
  const moduleUrl = (source) => new URL("data:text/javascript," + encodeURIComponent(source));
  const backend = (body) => moduleUrl("export default { name: 'm', rerank: (query, documents) => documents.map(() => 1), " + body + " }");
  const model = "plugin:m";
  const failure = async (run) => {
    try {
      return await run();
    } catch (error) {
      return error.code + " | " + error.message;
    }
  };
  const print = async (run) => console.log(await failure(run));
`;

/** What a program prints that ends by itself, with nothing on stderr. */
async function printed(source: string, flags: readonly string[] = []): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram(`${prelude}\n${source}`, { flags, timeoutMs: 60_000 });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

it.each([
  ["whose top-level await never settles", "await new Promise(() => {}); export default {}", /^timeout \| .*top-level await/],
  ["that never comes to an end", "for (;;);", /^timeout \| .*import of data:/],
  ["that ends its thread", "process.exit(3)", /^plugin \| .*code 3/],
  [
    "that throws outside of its import",
    "setTimeout(() => { throw new Error('late') }, 0); await new Promise(() => {})",
    /^plugin \| .*late/,
  ],
])("the registration of a module %s fails, and the program ends", async (_what, source, expected) => {
  const [line] = await printed(
    `await print(() => registerRerankerBackend(moduleUrl(${JSON.stringify(source)}), { maxInitializeDurationSecs: 2 }));`,
  );
  expect(line).toMatch(expected);
});

const never = 'initialize: () => new Promise(() => {}), shutdown: () => console.log("never")';

it.each([
  ["an object", `registerRerankerBackend({ name: "m", rerank: () => [1], ${never} }, { maxInitializeDurationSecs: 0.3 });`],
  ["a module", `registerRerankerBackend(backend(${JSON.stringify(never)}), { maxInitializeDurationSecs: 2 });`],
])(
  "an initialize of %s that never settles ends each call with timeout, and does not keep the backend from being removed",
  async (kind, register) => {
    const lines = await printed(`${register}
    await print(() => rerank("q", ["a"], { model }));
    await print(() => rerankSync("q", ["a"], { model }));
    await print(() => unregisterRerankerBackend("m"));`);
    const timeout = /^timeout \| backend "m": its initialize took longer than .* s\. Raise maxInitializeDurationSecs/;
    expect(lines).toEqual([
      expect.stringMatching(timeout),
      expect.stringMatching(kind === "an object" ? /^sync-unsupported/ : timeout),
      "undefined",
    ]);
  },
);

it("an initialize that takes longer than the limit goes on, once, and serves the call after it", async () => {
  for (const register of [
    "registerRerankerBackend({ name: 'm', rerank: () => [count], ",
    "registerRerankerBackend(moduleUrl(`let count = 0; export default { name: 'm', rerank: () => [count], ",
  ]) {
    const isModule = register.includes("moduleUrl");
    const initialize = "initialize: () => new Promise((resolve) => setTimeout(() => resolve(count += 1), 3000)) }";
    const lines = await printed(`let count = 0;
      ${register}${initialize}${isModule ? "`)" : ""}, { maxInitializeDurationSecs: 2 });
      await print(() => rerank("q", ["a"], { model }));
      await print(async () => (await rerank("q", ["a"], { model }))[0].score);`);
    expect(lines).toEqual([expect.stringMatching(/^timeout/), "1"]);
  }
});

it.each(["registerRerankerBackend({ name: 'm', rerank: () => [1], ", "registerRerankerBackend(backend(`"])(
  "a shutdown that never settles ends the removal with timeout: %s",
  async (register) => {
    const closing = register.endsWith("`") ? "`)" : "}";
    const lines = await printed(`${register}shutdown: () => new Promise(() => {})${closing}, { maxInitializeDurationSecs: 2 });
      await rerank("q", ["a"], { model });
      await print(() => unregisterRerankerBackend("m"));`);
    expect(lines).toEqual([expect.stringMatching(/^timeout \| backend "m": its shutdown/)]);
  },
);

it("a thread that runs out of memory fails the call that waits for it, and the next one gets another", async () => {
  const source = `export default { name: 'm', rerank: (query) => {
    const lists = [];
    while (query === "eat") lists.push(new Array(1e5).fill({}));
    return [1];
  } }`;
  const lines = await printed(
    `registerRerankerBackend(moduleUrl(${JSON.stringify(source)}));
    await print(() => rerankSync("eat", ["a"], { model }));
    await print(() => rerankSync("q", ["a"], { model })[0].score);
    await print(() => rerank("eat", ["a"], { model }));
    await print(async () => (await rerank("q", ["a"], { model }))[0].score);`,
    ["--max-old-space-size=64"],
  );
  const died = expect.stringMatching(/^plugin \| .*memory/);
  expect(lines).toEqual([died, "1", died, "1"]);
});

it("a thread that is blocked by its own code does not keep a program from ending", async () => {
  const source = "export default { name: 'm', rerank: (query) => { while (query === 'block'); return [1]; } }";
  const lines = await printed(`registerRerankerBackend(moduleUrl(${JSON.stringify(source)}), { maxInitializeDurationSecs: 2 });
    await print(() => rerankSync("block", ["a"], { model, maxRerankDurationSecs: 1 }));
    await print(() => unregisterRerankerBackend("m"));`);
  expect(lines).toEqual([expect.stringMatching(/^timeout/), expect.stringMatching(/^timeout \| .*did not end/)]);
});
