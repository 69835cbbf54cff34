/** What models behind HTTP say where there is no environment, as in browsers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "../../test/support/failure.ts";
import { closedUrl, type ScriptedServer, startScriptedServer } from "../../test/support/scripted-server.node.ts";
import { nodeNetwork } from "../http/network.node.ts";
import { webNetwork } from "../http/network.ts";
import type { Network } from "../http/request.ts";
import { listProviders } from "./hosted/known-providers.ts";
import { createNetworkScorer, type NetworkModel } from "./network-scorers.ts";

const providers = listProviders();
const ownVariables = providers.flatMap(({ variables: own, baseUrlVariables }) => [...own, ...baseUrlVariables]);
const variables = [...ownVariables, "OPENAI_API_KEY", "HTTPS_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "AWS_"];

let refusing: ScriptedServer;
let closed: string;
beforeAll(async () => {
  refusing = await startScriptedServer(() => ({ status: 401, json: { message: "no such key" } }));
  closed = await closedUrl();
});
afterAll(() => refusing.close());

/** Each model without a key and an address, with a key that is refused, and where nobody answers. */
function modelsAt(url: string | undefined): NetworkModel[] {
  const access = url === undefined ? {} : { baseUrl: url, maxRetries: 0 };
  const hosted = providers.map(({ prefix }): NetworkModel => ({ type: "llm", llm: { model: `${prefix}/m`, ...access } }));
  const chat: NetworkModel = { type: "chat", method: "pointwise", llm: { model: "m", ...access } };
  const remote: NetworkModel[] = url === undefined ? [] : [{ type: "remote", urls: [url], dialect: "vllm" }];
  return [...hosted, chat, ...remote];
}

async function messageOf(model: NetworkModel, network: Network): Promise<string> {
  const call = { query: "q", texts: ["a", "b"], truncation: "longest_first", specialTokens: "neutralize", batchSize: 32 } as const;
  return (await failureOf(createNetworkScorer(model, network).score(call))).message;
}

describe.each([
  ["without an address", () => undefined],
  ["where the key is refused", () => refusing.url],
  ["where nobody answers", () => closed],
])("an error %s", (_what, at) => {
  it("advises no environment variables in a browser", async () => {
    for (const model of modelsAt(at())) {
      const message = await messageOf(model, webNetwork);
      expect(variables.filter((name) => message.includes(name))).toEqual([]);
    }
  });
});

it("advises them where there is an environment", async () => {
  const empty = { ...nodeNetwork, readVariable: () => undefined };
  const [first] = modelsAt(undefined);
  expect(await messageOf(first!, empty)).toMatch(/or set [A-Z_]+/);
  expect(await messageOf(modelsAt(closed)[0]!, empty)).toContain("HTTPS_PROXY");
});
