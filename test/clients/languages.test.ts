/**
 * The programs of docs/other-languages.md, in Python, Go, Java and Rust: built, and run against our server.
 *
 * Here each toolchain that is absent is named and skipped; in CI none may be absent.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rerank } from "../../dist/index.js";
import { createRerankServer, type Listening, listen } from "../../dist/server.js";
import { root, runCommand } from "../support/command.node.ts";

interface Program {
  command: string;
  args: readonly string[];
}

interface Language {
  name: string;
  /** A command that succeeds where the toolchain is there. */
  probe: readonly [command: string, ...args: string[]];
  /** Builds and returns what to run, by the name of the example. */
  build(): Promise<Record<string, Program>>;
}

const examples = join(root, "examples");
const environment = { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };

const languages: readonly Language[] = [
  {
    name: "Python",
    probe: ["python3", "-c", "import ensurepip, venv"],
    async build() {
      const folder = join(examples, "python");
      const python = join(folder, ".venv/bin/python");
      await succeed("python3", ["-m", "venv", join(folder, ".venv")], folder);
      await succeed(
        python,
        ["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--requirement", "requirements.txt"],
        folder,
      );
      const program = (file: string): Program => ({ command: python, args: [join(folder, file)] });
      return { cohere: program("with_cohere.py"), requests: program("with_requests.py") };
    },
  },
  {
    name: "Go",
    probe: ["go", "version"],
    async build() {
      const folder = join(examples, "go");
      await succeed("go", ["build", "-o", "target/", "./..."], folder);
      const program = (name: string): Program => ({ command: join(folder, "target", name), args: [] });
      return { "cohere-go": program("cohere"), "net/http": program("http") };
    },
  },
  {
    name: "Java",
    probe: ["mvn", "--version"],
    async build() {
      const folder = join(examples, "java");
      const classpath = "target/classpath.txt";
      const goals = ["compile", "dependency:build-classpath", `-Dmdep.outputFile=${classpath}`];
      await succeed("mvn", ["--quiet", "--batch-mode", "--no-transfer-progress", ...goals], folder);
      const java = `exec java -cp "target/classes:$(cat ${classpath})"`;
      const program = (name: string): Program => ({ command: "sh", args: ["-c", `cd "${folder}" && ${java} ${name} "$0"`] });
      return { "cohere-java": program("WithCohere"), "java.net.http": program("WithHttpClient") };
    },
  },
  {
    name: "Rust",
    probe: ["cargo", "--version"],
    async build() {
      const folder = join(examples, "rust");
      await succeed("cargo", ["build", "--quiet"], folder);
      return { reqwest: { command: join(folder, "target/debug/crossrank-example"), args: [] } };
    },
  },
];

let listening: Listening;
let expected: string[];
beforeAll(async () => {
  const server = createRerankServer({ models: ["mini"] });
  listening = await listen(server, { port: 0 });
  await server.ready;
  const documents = [
    "Cats are independent animals that prefer to play alone.",
    "Dog training requires patience and consistency.",
    "Bird care includes proper cage setup and regular cleaning.",
  ];
  const results = await rerank("How to train a dog", documents, { model: "mini", topK: 2 });
  expected = results.map(({ score, document }) => `${score.toFixed(3)} ${document}`);
});
afterAll(() => listening.stop({ timeoutSecs: 1 }));

for (const { name, probe, build } of languages) {
  const [command, ...args] = probe;
  const isThere = (await runCommand(command, args, { cwd: root }).catch(() => undefined))?.code === 0;
  const isSkipped = !isThere && process.env.CI !== "true";
  describe.skipIf(isSkipped)(isSkipped ? `${name} (skipped: ${command} is not installed)` : name, () => {
    let programs: Record<string, Program>;
    beforeAll(async () => {
      programs = await build();
    });

    it("prints the library's scores in every program", async () => {
      expect(Object.keys(programs).length).toBeGreaterThan(0);
      for (const [title, program] of Object.entries(programs)) {
        const outcome = await runCommand(program.command, [...program.args, listening.url], { cwd: root, env: environment });
        expect(outcome, `${title}: ${outcome.stderr}`).toMatchObject({ code: 0 });
        expect(outcome.stdout.trim().split("\n"), title).toEqual(expected);
      }
    });
  });
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, stdout, stderr } = await runCommand(command, args, { cwd });
  expect(code, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
}
