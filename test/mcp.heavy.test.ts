/** `crossrank mcp` as a process: what it writes, and how it ends. The official clients are in test/clients/mcp.test.ts. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, expect, it } from "vitest";
import { root, runCommand } from "./support/command.node.ts";

let child: ChildProcessWithoutNullStreams | undefined;
afterEach(() => {
  child?.kill("SIGTERM");
});

interface Message {
  id?: number;
  result?: { structuredContent?: { results: { index: number }[] } };
  error?: { message: string };
}

/** Starts the command and sends messages of the protocol of 2025. */
function start(): {
  process: ChildProcessWithoutNullStreams;
  send(message: object | string): void;
  reply(id: number): Promise<Message>;
  lines: string[];
} {
  const started = spawn(process.execPath, ["dist/cli.js", "mcp"], { cwd: root });
  child = started;
  const lines: string[] = [];
  const waiting = new Map<number, (message: Message) => void>();
  createInterface({ input: started.stdout }).on("line", (line) => {
    lines.push(line);
    const message = JSON.parse(line) as Message;
    waiting.get(message.id!)?.(message);
  });
  return {
    process: started,
    lines,
    send: (message) => started.stdin.write(`${typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...message })}\n`),
    reply: (id) => new Promise((resolve) => waiting.set(id, resolve)),
  };
}

const initialize = {
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
const rank = (id: number, documents: string[]): object => ({
  id,
  method: "tools/call",
  params: { name: "rerank", arguments: { query: "dogs", documents } },
});

it("survives lines that are no messages, answers, and ends with its input", async () => {
  const { process: server, send, reply, lines } = start();
  for (const line of ["", "{", "null", "[1]", '{"jsonrpc":"2.0"}', "\u0000", `"${"x".repeat(100_000)}"`]) send(line);
  send(initialize);
  await reply(0);
  const answer = reply(1);
  send(rank(1, ["a cat", "a dog"]));
  expect((await answer).result?.structuredContent?.results).toHaveLength(2);
  server.stdin.end();
  const [code] = await once(server, "exit");
  expect(code).toBe(0);
  expect(lines.map((line) => JSON.parse(line).jsonrpc)).toEqual(lines.map(() => "2.0"));
});

it.each(["input", "SIGTERM"] as const)("ends without a crash in the middle of a ranking when %s ends", async (how) => {
  const { process: server, send, reply } = start();
  send(initialize);
  await reply(0);
  send(
    rank(
      1,
      Array.from({ length: 400 }, (_, index) => `${index} ${"dogs learn by repetition ".repeat(40)}`),
    ),
  );
  const progress = reply(2);
  send({ id: 2, method: "ping" });
  await progress;
  if (how === "input") server.stdin.end();
  else server.kill(how);
  const [code, signal] = await once(server, "exit");
  expect([code, signal]).toEqual([0, null]);
});

it("says what is wrong with its options", async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, ["dist/cli.js", "mcp", "--files", "no-such-folder"], { cwd: root });
  expect([code, stdout, stderr]).toEqual([2, "", "crossrank: mcp: --files no-such-folder: no such folder. Check the path.\n"]);
});
