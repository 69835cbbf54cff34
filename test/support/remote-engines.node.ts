/** Local test engines. Each ranks in its dialect, with scores computed from the texts, and fails on request. */

import type { AnyCodec } from "../../src/dialects/codec.ts";
import { cohereV2 } from "../../src/dialects/cohere-v2.ts";
import { infinity } from "../../src/dialects/infinity.ts";
import { jina } from "../../src/dialects/jina.ts";
import { llamaCpp } from "../../src/dialects/llamacpp.ts";
import { localAi } from "../../src/dialects/localai.ts";
import { tei } from "../../src/dialects/tei.ts";
import { vllm } from "../../src/dialects/vllm.ts";
import { xinference } from "../../src/dialects/xinference.ts";
import type { Network } from "../../src/http/request.ts";
import type { Clock } from "../../src/http/retry.ts";
import type { ScoreCall } from "../../src/scorer.ts";
import type { RemoteDialect } from "../../src/types.ts";
import { type ScriptedAnswer, type ScriptedRequest, type ScriptedServer, startScriptedServer } from "./scripted-server.node.ts";

/** How an engine is started. */
export interface EngineOptions {
  /** @default "tei" */
  dialect?: RemoteDialect;
  /** Most documents of a request; more are refused as TEI does. @default 32 */
  maxDocuments?: number;
  /** What it says that it serves. @default "test/model" */
  model?: string;
}

/** A running engine. */
export interface TestEngine extends Pick<ScriptedServer, "url" | "requests" | "close"> {
  /** The texts of each request for scores, in order of arrival. */
  ranked: string[][];
  /** Paths of all other requests. */
  asked: string[];
  /** Answers to the next requests for scores instead of scores; a function makes them from the right answer. */
  next: (ScriptedAnswer | ((right: ScriptedAnswer) => ScriptedAnswer))[];
  /** While set, the answer to every request. */
  always: ScriptedAnswer | undefined;
  /** Fulfilled when the first request for scores is here. */
  arrived: Promise<void>;
  /** While set, answers to requests for scores wait for it. */
  gate: Promise<unknown> | undefined;
}

/** The logit of a text: of its own for texts that differ. */
export function logitOf(text: string): number {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619);
  return ((hash >>> 0) / 2 ** 32 - 0.5) * 12;
}

/** Its probability, as `ranking/` computes it. */
export function probabilityOf(text: string): number {
  const logit = logitOf(text);
  return logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));
}

/** Tokens that engines count for a pair. */
export function tokensOf(text: string): number {
  return text.length + 3;
}

/** Starts an engine on a free port of 127.0.0.1. */
export async function startEngine({ dialect = "tei", maxDocuments = 32, model = "test/model" }: EngineOptions = {}): Promise<TestEngine> {
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const state: Omit<TestEngine, "url" | "requests" | "close"> = {
    ranked: [],
    asked: [],
    next: [],
    always: undefined,
    arrived,
    gate: undefined,
  };
  const server = await startScriptedServer(async ({ method, path: target, body }) => {
    const path = target.split("?")[0]!;
    if (state.always !== undefined) return state.always;
    if (method === "GET") {
      state.asked.push(path);
      return inform(dialect, path, maxDocuments, model);
    }
    const right = rank(dialect, { path, body }, maxDocuments, model, state.ranked);
    arrive();
    const prepared = state.next.shift();
    await state.gate;
    return prepared === undefined ? right : typeof prepared === "function" ? prepared(right) : prepared;
  });
  return Object.assign(state, { url: server.url, requests: server.requests, close: server.close });
}

/** Holds all answers until every engine has a request, so that the engines seem equally fast. */
export function gateTogether(engines: readonly TestEngine[]): void {
  const gate = Promise.all(engines.map(({ arrived }) => arrived));
  for (const engine of engines) engine.gate = gate;
}

/** So many texts, all different. */
export function textsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `document ${index}`);
}

/** A call with {@link textsOf} so many. */
export function callOf(count: number, more: Partial<ScoreCall> = {}): ScoreCall {
  return { query: "q", texts: textsOf(count), truncation: "longest_first", specialTokens: "neutralize", batchSize: 32, ...more };
}

/** Surroundings without an environment. */
export const plainNetwork: Network = {
  fetch: (...parameters) => fetch(...parameters),
  readVariable: () => undefined,
  hasEnvironment: true,
};

/** A test clock. Time passes only in waits and through `advance`. It records the waits. */
export function startClock(): Clock & { advance(durationMs: number): void; waits: number[] } {
  let nowMs = 1_000;
  const waits: number[] = [];
  return {
    waits,
    now: () => nowMs,
    date: () => nowMs,
    random: () => 0.5,
    async wait(durationMs, signal) {
      if (signal?.aborted) return;
      waits.push(durationMs);
      nowMs += durationMs;
    },
    advance(durationMs) {
      nowMs += durationMs;
    },
  };
}

const codecs: Partial<Record<RemoteDialect, [codec: AnyCodec, path: string]>> = {
  tei: [tei, "/rerank"],
  vllm: [vllm, "/rerank"],
  infinity: [infinity, "/rerank"],
  llamacpp: [llamaCpp, "/rerank"],
  cohere: [cohereV2, "/v2/rerank"],
  jina: [jina, "/v1/rerank"],
  xinference: [xinference, "/v1/rerank"],
  localai: [localAi, "/v1/rerank"],
};

function rank(
  dialect: RemoteDialect,
  { path, body }: Pick<ScriptedRequest, "path" | "body">,
  maxDocuments: number,
  model: string,
  ranked: string[][],
): ScriptedAnswer {
  if (dialect === "crossrank") return path === "/rerank" ? rankNatively(body, model, ranked) : { status: 404 };
  const [codec, ownPath] = codecs[dialect]!;
  if (path !== ownPath) return { status: 404 };
  const request = codec.decodeRequest(body);
  const texts = request.documents as readonly string[];
  ranked.push([...texts]);
  if (texts.length > maxDocuments) {
    const error = codec.encodeError({
      status: 422,
      code: "invalid-input",
      message: `batch size ${texts.length} > maximum allowed ${maxDocuments}`,
    });
    return { status: error.status, json: error.body };
  }
  const results = texts.map((text, index) => ({ index, score: codec.scoresAreLogits ? logitOf(text) : probabilityOf(text) }));
  results.sort((left, right) => right.score - left.score);
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0);
  const json = codec.encodeReply({ results, tokens, model, billedUnits: 1 });
  return { json, ...(dialect === "tei" ? { headers: { "x-compute-tokens": String(tokens) } } : {}) };
}

function rankNatively(
  { documents, config }: { documents: string[]; config: { return: string[] } },
  model: string,
  ranked: string[][],
): ScriptedAnswer {
  ranked.push([...documents]);
  const wants = (field: string): boolean => config.return.includes(field);
  const results = documents.map((text, index) => ({
    index,
    score: probabilityOf(text),
    document: text,
    ...(wants("logit") ? { logit: logitOf(text) } : {}),
    ...(wants("tokens") ? { tokens: tokensOf(text) } : {}),
  }));
  results.sort((left, right) => right.score - left.score);
  const tokens = documents.reduce((sum, text) => sum + tokensOf(text), 0);
  return {
    json: {
      results,
      ...(wants("model") ? { model } : {}),
      ...(wants("usage") ? { usage: { documents: documents.length, tokens } } : {}),
      ...(wants("warnings") ? { warnings: [] } : {}),
    },
  };
}

/** The information routes of real engines, with the fields that crossrank reads. */
function inform(dialect: RemoteDialect, path: string, maxDocuments: number, model: string): ScriptedAnswer {
  if (path === "/health" || path === "/ready") return { text: "OK" };
  const info = {
    model_id: model,
    model_sha: "abc",
    model_type: { reranker: { id2label: { 0: "LABEL_0" } } },
    max_client_batch_size: maxDocuments,
  };
  if (path === "/info" && dialect === "tei") return { json: info };
  if (path === "/info" && dialect === "crossrank") return { json: { ...info, server: "crossrank", limits: { max_body_bytes: 100_000 } } };
  const entry = { id: model, object: "model" };
  const isList = path === (dialect === "infinity" ? "/models" : "/v1/models");
  if (!isList || ["tei", "cohere", "jina"].includes(dialect)) return { status: 404, json: { detail: "Not Found" } };
  if (dialect === "localai") return { json: { object: "list", data: [entry] } };
  return {
    json: { object: "list", data: [{ ...entry, owned_by: dialect, ...(dialect === "xinference" ? { model_type: "rerank" } : {}) }] },
  };
}
