/** Every provider's request as it goes out, and its reply as it is read, against what its documentation says. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exchanges } from "../../../test/support/hosted-exchanges.ts";
import { networkAt, networkWith, recordedCall } from "../../../test/support/hosted-network.ts";
import { type ScriptedServer, startScriptedServer } from "../../../test/support/scripted-server.node.ts";
import { providerPrefixes } from "../../config/model-string.ts";
import { createHostedScorer } from "./hosted.ts";
import { listProviders } from "./known-providers.ts";

let server: ScriptedServer;
let reply: unknown;
beforeEach(async () => {
  server = await startScriptedServer(({ path }) => (path.endsWith("/info") ? { status: 404 } : { json: reply }));
});
afterEach(() => server.close());

const ranking = (): ScriptedServer["requests"] => server.requests.filter(({ path }) => !path.endsWith("/info"));

it("every prefix of a model string has an exchange here, and a line in the list of providers", () => {
  expect(exchanges.map(({ prefix }) => prefix).sort()).toEqual([...providerPrefixes].sort());
  expect(listProviders().map(({ prefix }) => prefix)).toEqual(providerPrefixes);
});

describe.each(exchanges)("$prefix", (exchange) => {
  const { prefix, model, variables, headers, body, path, defaultUrl } = exchange;

  it("is asked at a base URL in its own words, and its scores come back unchanged, in input order", async () => {
    reply = exchange.reply;
    const llm = { model: `${prefix}/${model}`, baseUrl: `${server.url}/v1` };
    const scorer = createHostedScorer(llm, networkWith(variables));
    const { scores, usage, warnings } = await scorer.score(recordedCall);
    expect(Array.from(scores)).toEqual(exchange.scores);
    expect(usage).toEqual(exchange.usage);
    expect(warnings).toEqual([]);
    expect(scorer).toMatchObject({
      name: prefix,
      model: `${prefix}/${model}`,
      capabilities: { scoreKind: "provider", defaultDurationSecs: 60 },
    });
    expect(ranking()).toHaveLength(1);
    expect(ranking()[0]).toMatchObject({ method: "POST", path, body });
    expect(ranking()[0]!.headers).toMatchObject({ ...headers, "content-type": "application/json" });
  });

  it(defaultUrl === undefined ? "has no host of its own" : `is asked at ${defaultUrl} by itself`, async () => {
    reply = exchange.reply;
    const network = networkAt(server.url, variables);
    const scored = createHostedScorer({ model: `${prefix}/${model}` }, network).score(recordedCall);
    if (defaultUrl === undefined) {
      await expect(scored).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining("llm.baseUrl") });
      expect(network.asked).toEqual([]);
    } else {
      await scored;
      expect(network.asked).toEqual([defaultUrl]);
      expect(ranking()[0]!.headers).toMatchObject(headers);
      expect(ranking()[0]!.body).toEqual(body);
    }
  });
});
