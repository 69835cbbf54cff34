/**
 * examples/server-next.js in a Next.js application: built, started, and asked over a socket.
 *
 * The application is made anew in .next-app, with crossrank installed into it as its tarball would be.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root, runCommand } from "../support/command.node.ts";
import { documents, query, rankedByLibrary } from "./server.node.ts";

const application = fileURLToPath(new URL(".next-app", import.meta.url));
const next = fileURLToPath(new URL("node_modules/next/dist/bin/next", import.meta.url));
const env = { NEXT_TELEMETRY_DISABLED: "1" };
const example = join(root, "examples/server-next.js");
let child: ChildProcess | undefined;
let url: string;

beforeAll(async () => {
  rmSync(application, { recursive: true, force: true });
  const route = join(application, "app/rerank-api/[...path]/route.js");
  mkdirSync(dirname(route), { recursive: true });
  cpSync(example, route);
  writeFileSync(join(application, "package.json"), '{ "private": true, "type": "module" }\n');
  // As the example says it, with the folder in which Next.js may look for packages: those of crossrank are at the root.
  const setting = /serverExternalPackages: \[.*\]/.exec(readFileSync(example, "utf8"))![0];
  writeFileSync(
    join(application, "next.config.js"),
    `export default { ${setting}, turbopack: { root: ${JSON.stringify(root)} }, outputFileTracingRoot: ${JSON.stringify(root)} };\n`,
  );
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  for (const path of ["package.json", ...files]) {
    cpSync(join(root, path), join(application, "node_modules/crossrank", path), { recursive: true });
  }
  // Its dependencies beside it: above this folder stand those of the clients, in other versions.
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, object>;
  for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), "onnxruntime-common"])
    cpSync(join(root, "node_modules", name), join(application, "node_modules", name), { recursive: true });
  const built = await runCommand(process.execPath, [next, "build"], { cwd: application, env });
  expect(built, built.stdout + built.stderr).toMatchObject({ code: 0 });
  expect(built.stdout + built.stderr).not.toMatch(/warning/i);
  ({ child, url } = await start());
});
afterAll(async () => {
  if (child !== undefined) {
    const ended = new Promise((resolve) => child!.once("close", resolve));
    child.kill();
    await ended;
  }
  rmSync(application, { recursive: true, force: true });
});

it("ranks as the library does, in our own words and in a dialect's", async () => {
  await expect.poll(async () => (await fetch(`${url}/rerank-api/ready`)).status).toBe(200);
  const expected = (await rankedByLibrary(documents)).map(({ index, score }) => ({ index, score: expect.closeTo(score, 6) }));
  const native = await post("/rerank-api/rerank", { query, documents });
  expect(native).toMatchObject({ status: 200, body: { results: expected } });
  const cohere = await post("/rerank-api/v2/rerank", { model: "mini", query, documents });
  expect(cohere).toMatchObject({ status: 200, body: { results: expected.map(({ index, score }) => ({ index, relevance_score: score })) } });
});

it("refuses in the server's own words, on the paths that it has and on others", async () => {
  expect(await post("/rerank-api/rerank", { documents })).toMatchObject({ status: 422, body: { error: { code: "invalid-input" } } });
  expect((await post("/rerank-api/nothing", {})).status).toBe(404);
});

async function post(path: string, body: object): Promise<{ status: number; body: unknown }> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, init);
  return { status: response.status, body: await response.json() };
}

function start(): Promise<{ child: ChildProcess; url: string }> {
  const started = spawn(process.execPath, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], {
    cwd: application,
    env: { ...process.env, ...env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  started.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    started.once("close", (code) => reject(new Error(`next start ended with ${code}: ${output}`)));
    let address: string | undefined;
    createInterface({ input: started.stdout }).on("line", (line) => {
      output += `${line}\n`;
      address ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (address !== undefined && line.includes("Ready")) resolve({ child: started, url: address });
    });
  });
}
