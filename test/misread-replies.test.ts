/**
 * No known client takes a wrong answer for a right one: each is pointed at every path that its settings allow, and gets right scores, or an
 * error. An error of the server names a path; where a client can be told its own, that path gives it right scores.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clearRerankerBackends, registerRerankerBackend } from "../src/index.ts";
import { routes, vendors } from "../src/server/routes.ts";
import { createRerankServer, type RerankServer } from "../src/server/server.ts";
import { type ClientAnswer, documents, type KnownClient, knownClients } from "./server/known-clients.ts";

const paths = routes.map(({ path }) =>
  path
    .replace("{model}", "any-model")
    .replace("{project}", "p")
    .replace("{location}", "global")
    .replace("{config}", "default_ranking_config"),
);
const prefixes = vendors.flatMap(({ prefix }) => (prefix === undefined ? [] : [`/${prefix}`]));
const bases = ["", "/v1", "/v2", "/v3", "/api/v1", "/nowhere", ...prefixes, ...prefixes.map((prefix) => `${prefix}/v1`)];

/** Every path that a client can be made to ask: at each base that somebody may take for right, and at each path that ends as its own. */
function targetsOf({ suffix, isFixed = false }: KnownClient): string[] {
  if (suffix === undefined) return [...paths, "", "/v1", "/nowhere"];
  if (isFixed) return [suffix];
  return [...new Set([...paths.filter((path) => path.endsWith(suffix)), ...bases.map((base) => base + suffix)])];
}

/** By place; none is 0. */
const scores = [0.25, 0.75, 0.5];

let server: RerankServer;
beforeAll(async () => {
  registerRerankerBackend({ name: "known", rerank: (_query, texts) => texts.map((text) => scores[documents.indexOf(text)] ?? Number.NaN) });
  server = createRerankServer({ models: ["plugin:known"] });
  await server.ready;
});
afterAll(async () => {
  // The figures of the closing note: what was run, not what is written here.
  process.stdout.write(`misread replies: ${knownClients.length} bodies, ${JSON.stringify(tally)}\n`);
  await server.close();
  await clearRerankerBackends();
});

const tally = { asked: 0, right: 0, refusedByServer: 0, withOwnPath: 0, refusedByClient: 0 };

const answers = new Map<string, ClientAnswer>();

async function ask(path: string, client: KnownClient): Promise<ClientAnswer> {
  const key = `${client.name} ${path}`;
  const answer = answers.get(key) ?? (await send(path, client));
  answers.set(key, answer);
  return answer;
}

async function send(path: string, { body }: KnownClient): Promise<ClientAnswer> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  return { status: response.status, body: await response.json() };
}

/** What the client makes of an answer: whether its scores are right, or undefined where it fails. */
function isRight(client: KnownClient, answer: ClientAnswer): boolean | undefined {
  try {
    return client.read(answer).every((score, index) => score === scores[index]);
  } catch {
    return undefined;
  }
}

/** Paths that an error names. */
function namedIn({ body }: ClientAnswer): string[] {
  const words = [...JSON.stringify(body).matchAll(/(?<=[ "])\/[\w./:{}-]+/g)].map(([word]) => word.replace(/[.,]+$/, ""));
  return words.filter((word) => routes.some(({ path }) => path === word));
}

describe.each(knownClients)("$name", (client) => {
  it("is misled nowhere, and has a path that gives it right scores", async () => {
    const verdicts: (boolean | undefined)[] = [];
    for (const path of targetsOf(client)) verdicts.push(await expectHonest(client, path));
    // Milvus asks sglang at /v1/rerank as others ask there, and wants a bare list.
    expect(verdicts.includes(true)).toBe(client.name !== "Milvus sglang");
  });
});

async function expectHonest(client: KnownClient, path: string): Promise<boolean | undefined> {
  tally.asked += 1;
  const answer = await ask(path, client);
  const verdict = isRight(client, answer);
  const shown = `${path}: ${JSON.stringify(answer.body).slice(0, 300)}`;
  expect(verdict, shown).not.toBe(false);
  if (verdict === true) tally.right += 1;
  // The reply is of another kind than the client wants, and the body does not tell which one that is.
  else if (answer.status === 200) tally.refusedByClient += 1;
  else {
    tally.refusedByServer += 1;
    const named = namedIn(answer);
    expect(named.length, shown).toBeGreaterThan(0);
    const own = named.map(concrete).filter((other) => client.suffix === undefined || other.endsWith(client.suffix));
    const verdicts = await Promise.all(own.map(async (other) => isRight(client, await ask(other, client))));
    expect(verdicts, shown).not.toContain(false);
    if (verdicts.includes(true)) tally.withOwnPath += 1;
  }
  return verdict;
}

function concrete(path: string): string {
  return paths[routes.findIndex((route) => route.path === path)]!;
}
