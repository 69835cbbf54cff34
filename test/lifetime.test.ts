/** How programs that use crossrank end: by themselves, by exit, by a signal, at any moment of a forward pass. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dist, runProgram } from "./support/run-program.node.ts";

const prelude = `
  import { rerank, rerankSync, registerRerankerBackend, createReranker } from ${JSON.stringify(`file://${dist}/index.js`)};
  const documents = Array.from({ length: 200 }, (_, index) => "Dog training requires patience. ".repeat(1 + index % 20));
`;

describe("a program", () => {
  test("that only calls rerank ends by itself with code 0 and nothing on stderr", async () => {
    const outcome = await runProgram(`${prelude} console.log((await rerank("dogs", documents.slice(0, 4))).length);`);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "4\n", stderr: "" });
  });

  test("that uses everything and closes nothing ends by itself", async () => {
    const outcome = await runProgram(`${prelude}
      rerankSync("dogs", documents.slice(0, 2));
      await createReranker({ batchSize: 4 }).rank("dogs", documents.slice(0, 2));
      registerRerankerBackend(new URL("data:text/javascript,export default { name: 'm', rerank: (q, d) => d.map(() => 1) }"));
      rerankSync("dogs", documents, { model: "plugin:m" });
      console.log((await rerank("dogs", documents, { model: "plugin:m" })).length);
    `);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "200\n", stderr: "" });
  });

  test("that abandons a call by an abort ends by itself", async () => {
    const outcome = await runProgram(`${prelude}
      await rerank("dogs", documents, { signal: AbortSignal.timeout(50) }).catch((error) => console.log(error.code));
    `);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "aborted\n", stderr: "" });
  });

  test("leaves nothing behind in the home folder: the runtime's own telemetry is off, in threads too", async () => {
    const home = mkdtempSync(join(tmpdir(), "crossrank-home-"));
    const ranked = `${prelude} rerankSync("dogs", documents.slice(0, 2)); console.log((await rerank("dogs", documents.slice(0, 2))).length);`;
    const outcome = await runProgram(ranked, { env: { HOME: home, XDG_CACHE_HOME: join(home, ".cache") } });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: "2\n", stderr: "" });
    expect(readdirSync(home, { recursive: true })).toEqual([]);
    rmSync(home, { recursive: true });
  });

  // From before the threads start to the middle of their passes.
  test.each([0, 20, 60, 120, 200, 300, 450])(
    "that calls process.exit(7) %i ms into a call ends with 7, not with an abort",
    async (delayMs) => {
      const outcome = await runProgram(`${prelude}
      rerank("dogs", documents).catch(() => {});
      setTimeout(() => process.exit(7), ${delayMs});
    `);
      expect(outcome).toEqual({ code: 7, signal: null, stdout: "", stderr: "" });
    },
  );

  test("that throws in the middle of a call ends with 1 and its own error", async () => {
    const outcome = await runProgram(`${prelude}
      rerank("dogs", documents).catch(() => {});
      setTimeout(() => { throw new Error("own mistake"); }, 250);
    `);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("own mistake");
    expect(outcome.stderr).not.toContain("Napi");
  });

  test.each(["SIGTERM", "SIGKILL"] as const)("that gets %s in the middle of a call ends by it", async (signal) => {
    const outcome = await runProgram(
      `${prelude}
      rerank("dogs", documents).catch(() => {});
      setTimeout(() => console.log("running"), 250);
    `,
      { onStdout: (_stdout, child) => child.kill(signal) },
    );
    expect(outcome).toMatchObject({ code: null, signal, stderr: "" });
  });
});
