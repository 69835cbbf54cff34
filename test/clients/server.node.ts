/** The server that the clients are pointed at, on a socket of this machine, with what it was asked. */
import { type RerankDocument, rerank } from "../../dist/index.js";
import { createRerankServer, listen } from "../../dist/server.js";

/** A server with `mini`, for whoever has the key. */
export interface KeyedServer {
  url: string;
  apiKey: string;
  /** What was asked since the last call, as `POST /path 200`, in order of the answers: a client's retries show here. */
  takeRequests(): string[];
  stop(): Promise<void>;
}

/** More than so many documents in one request are refused. */
export const maxDocuments = 20;

/** @param strictModel whether it answers to the name `mini` only, or to any */
export async function startServer({ strictModel = true }: { strictModel?: boolean } = {}): Promise<KeyedServer> {
  const apiKey = "clients-test-key";
  let requests: string[] = [];
  const ignore = (): void => undefined;
  const server = createRerankServer({
    models: ["mini"],
    strictModel,
    maxDocuments,
    apiKeys: [apiKey],
    logger: {
      info({ method, path, status }: { method?: string; path?: string; status?: number }, message: string) {
        if (message === "request") requests.push(`${method} ${path} ${status}`);
      },
      debug: ignore,
      warn: ignore,
      error: (fields, message) => console.error(message, fields),
    },
  });
  const listening = await listen(server, { port: 0 });
  await server.ready;
  return {
    url: listening.url,
    apiKey,
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    async stop() {
      await listening.stop({ timeoutSecs: 1 });
    },
  };
}

export const query = "How to train a dog";

export const documents: readonly string[] = [
  "Most cats sleep twelve to sixteen hours a day and are busiest around dawn and dusk.",
  "Dog training requires patience and consistency.",
  'Ein Hund lernt "Sitz" \u{1F415}\nund „Platz“ am besten mit Belohnung – köstlich!',
  "Brush a long-haired dog every other day so that its coat does not mat.",
  "Dog training requires patience and consistency.",
  "A goldfish grows best in a wide, filtered tank, not in a small round bowl.",
];

/** Ranked by one field they come in another order than by the other, or by both. */
export const objects: readonly { title: string; text: string }[] = [
  { title: "Dog training", text: "The vet's practice is open on weekdays from eight to six." },
  { title: "Opening hours", text: "To train a dog, keep lessons short and reward each sit at once." },
  { title: "Aquariums", text: "A goldfish grows best in a wide, filtered tank." },
];

/** A place in the request, and the score of the document that stood there. */
export interface Place {
  index: number;
  score: number;
  logit: number;
}

/** What the library itself says to the same. */
export async function rankedByLibrary(list: readonly RerankDocument[], fields?: string[]): Promise<Place[]> {
  const results = await rerank(query, [...list], { model: "mini", return: ["logit"], ...(fields === undefined ? {} : { fields }) });
  return results.map(({ index, score, logit }) => ({ index, score, logit: logit! }));
}
