/** Many clients at once, and what becomes of their requests. */
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { deadlineMs, requestText, statusesIn } from "./support.node.ts";

/** How often each thing happened: a status, the code of an error, `hung`, or `none` for a connection closed without an answer. */
export type Tally = Record<string, number>;

/** One request each on so many connections that are opened at once. */
export async function burst(port: number, count: number, path: string, body: string): Promise<Tally> {
  const bytes = requestText(path, body, ["Connection: close"]);
  const tally: Tally = {};
  // A connection hangs when nothing has come on any of them for so long: how long all of them take is the machine's affair.
  let progressMs = performance.now();
  const open = new Set<Socket>();
  const watch = setInterval(() => {
    if (performance.now() - progressMs > deadlineMs)
      for (const socket of open) socket.destroy(Object.assign(new Error(), { code: "hung" }));
  }, 1000);
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      let text = "";
      let error: string | undefined;
      open.add(socket);
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk;
        progressMs = performance.now();
      });
      socket.on("error", (cause: NodeJS.ErrnoException) => {
        error = cause.code;
      });
      socket.on("close", () => {
        open.delete(socket);
        const outcome = error ?? statusesIn(text)[0] ?? "none";
        tally[outcome] = (tally[outcome] ?? 0) + 1;
        resolve();
      });
      socket.write(bytes);
    });
  await Promise.all(Array.from({ length: count }, one));
  clearInterval(watch);
  return tally;
}

/** Clients that send one request after the other on connections that they keep, until they are stopped. */
export interface SteadyClients {
  /** Answers and failures since the last {@link SteadyClients.reset}; a refused connection counts as `ECONNREFUSED`. */
  tally: Tally;
  reset(): void;
  stop(): Promise<void>;
}

/** Starts them. */
export function startClients(port: number, count: number, path: string, body: string): SteadyClients {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  let isStopped = false;
  const clients: SteadyClients = {
    tally: {},
    reset() {
      clients.tally = {};
    },
    async stop() {
      isStopped = true;
      await Promise.all(loops);
      agent.destroy();
    },
  };
  const one = (): Promise<string> =>
    new Promise((resolve) => {
      const sent = request({ agent, port, host: "127.0.0.1", path, method: "POST", headers, timeout: deadlineMs }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.complete ? String(response.statusCode) : "cut off"));
        response.on("error", () => resolve("cut off"));
      });
      sent.on("timeout", () => sent.destroy(Object.assign(new Error(), { code: "hung" })));
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      sent.end(body);
    });
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const outcome = await one();
      clients.tally[outcome] = (clients.tally[outcome] ?? 0) + 1;
      // Whoever is refused does not ask again in the same turn.
      if (outcome === "ECONNREFUSED") await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const loops = Array.from({ length: count }, loop);
  return clients;
}
