/**
 * Vendors' own Python clients against our server, over sockets. What each is asked stands in python/clients_test.py; here is the server.
 *
 * Needs python3 with venv, and a package registry; the environments stay in python/.venv until the requirements change.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../support/command.node.ts";
import { documents, type KeyedServer, maxDocuments, objects, query, rankedByLibrary, startServer } from "./server.node.ts";

const folder = fileURLToPath(new URL("python", import.meta.url));

const packages = {
  requirements: ["boto3", "cohere", "voyageai", "pinecone", "together", "mixedbread", "tei-client", "litellm", "xinference-client"],
  "requirements-frameworks": ["rerankers", "langchain-cohere", "langchain-nvidia-ai-endpoints", "llama-index-core", "infinity-client"],
} as const;
type Requirements = keyof typeof packages;
const rows = Object.entries(packages).flatMap(([file, names]) => names.map((name) => [name, file as Requirements] as const));

const hasPython = (await runCommand("python3", ["-c", "import ensurepip, venv"], { cwd: folder }).catch(() => undefined))?.code === 0;
const title = hasPython ? "Python" : "Python (skipped: there is no python3 with venv and ensurepip)";

describe.skipIf(!hasPython)(title, () => {
  let server: KeyedServer;
  let given = "";
  beforeAll(async () => {
    server = await startServer();
    given = JSON.stringify({
      ...{ url: server.url, apiKey: server.apiKey, query, documents, objects, maxDocuments },
      ranked: {
        documents: await rankedByLibrary(documents),
        titles: await rankedByLibrary(objects, ["title"]),
        titlesAsYaml: await rankedByLibrary(objects.map(({ title }) => `title: ${title}\n`)),
        texts: await rankedByLibrary(objects.map(({ text }) => text)),
      },
    });
    await Promise.all(Object.keys(packages).map((file) => makeEnvironment(file as Requirements)));
  });
  afterEach(() => server.takeRequests());
  afterAll(() => server.stop());

  it.each(rows)("%s", async (name, file) => {
    const { code, stdout, stderr } = await runPython(pythonOf(file), name, given);
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const [calls, ...told] = stdout.trimEnd().split("\n").reverse();
    console.log(told.reverse().join("\n"));
    const requests = server.takeRequests();
    // Failed calls included: nothing was tried a second time.
    expect(requests.filter((request) => request.startsWith("POST "))).toHaveLength(Number(calls));
    // Whatever a client asks for before it ranks is there; Xinference's is asked for a model that is not.
    expect(requests.filter((request) => /^GET .* 40[45]$/.test(request) && !request.includes("unheard-of"))).toEqual([]);
  });
});

function pythonOf(file: Requirements): string {
  return join(folder, ".venv", file, "bin/python");
}

async function makeEnvironment(file: Requirements): Promise<void> {
  const environment = join(folder, ".venv", file);
  const made = join(environment, "made-of.txt");
  const requirements = readFileSync(join(folder, `${file}.txt`), "utf8");
  if (existsSync(made) && readFileSync(made, "utf8") === requirements) return;
  const run = async (command: string, args: string[]): Promise<void> => {
    const { code, stderr } = await runCommand(command, args, { cwd: folder });
    expect(code, stderr).toBe(0);
  };
  mkdirSync(join(folder, ".venv"), { recursive: true });
  await run("python3", ["-m", "venv", "--clear", environment]);
  const pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"];
  await run(pythonOf(file), [...pip, "install", "--no-deps", "--no-compile", "--requirement", `${file}.txt`]);
  await run(pythonOf(file), [...pip, "check"]);
  writeFileSync(made, requirements);
}

async function runPython(python: string, name: string, stdin: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
  const child = spawn(python, ["clients_test.py", name], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
