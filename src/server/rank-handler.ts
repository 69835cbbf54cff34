import type { CheckedRankOptions } from "../config/types.ts";
import type { WireDocument } from "../dialects/codec.ts";
import { RerankError, type RerankResult } from "../index.ts";
import { type BodyReader, isTooDeep, refuseLongLists, refuseRoundedIntegers, smallBodyBytes, tooManyDocuments } from "./body.ts";
import type { Dialect, RankCall, ReadRequest, ServerView } from "./dialect.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { headerOf } from "./ignored.ts";
import type { Metrics } from "./metrics.ts";
import { refuseMisdirected, withOwnPath } from "./misdirected.ts";
import type { Entry } from "./on-demand.ts";
import { ownTurn } from "./own-turn.ts";
import type { Route } from "./routes.ts";
import { type Failure, failureOf, ServerError } from "./status.ts";
import { validate } from "./validate.ts";

/** What {@link answerRanking} needs from the server. */
export interface RankContext extends ServerView {
  bodies: BodyReader;
  held: HeldBytes;
  metrics: Metrics;
  /** Throws if the server cannot accept the request now: it is loading, draining or full, or the request has no valid key. */
  admit(request: Request): Promise<void>;
}

/** One request to a ranking route. */
export interface RouteCall {
  route: Route;
  request: Request;
  /** The model named in the path. */
  model: string | undefined;
  /** @param scored documents that have a score, out of `total` */
  onProgress?: ((scored: number, total: number) => void) | undefined;
}

/** What the log and the trace record about a ranking. Contains no texts and no keys. */
export interface RankRecord {
  dialect: string;
  model?: string;
  documents: number;
  tokens: number;
  truncated: number;
  queueMs: number;
  failure?: Failure;
}

/** A reply, and its record for the log. */
export interface RankAnswer {
  response: Response;
  record: RankRecord;
}

/** Maximum number of document fields that one request may select. */
const maxFields = 1024;

/** Maximum number of field names in a header, and characters of each name. A header may have only a few kilobytes. */
const maxReportedFields = 16;
const maxReportedCharacters = 60;

interface Progress {
  dialect: Dialect;
  /** The body, or an empty object before the body is read. */
  sent: object;
  request: ReadRequest | undefined;
  documents: number;
}

/** Answers one ranking request. Never throws: it returns failures in the dialect of the request. */
export async function answerRanking(context: RankContext, call: RouteCall, requestId: string): Promise<RankAnswer> {
  const { route, request } = call;
  const startedMs = performance.now();
  const progress: Progress = { dialect: route.dialects[0]!, sent: {}, request: undefined, documents: 0 };
  try {
    const { entry, results, body } = await rank(context, call, requestId, progress);
    const totalMs = performance.now() - startedMs;
    const record = { ...recordOf(progress, results), model: entry.name };
    recordMetrics(context, progress, { status: 200, durationMs: totalMs, results, failure: undefined });
    return { response: await context.held.reply(body, { headers: replyHeaders(progress, results, totalMs) }), record };
  } catch (error) {
    const found = failureOf(request.signal.aborted ? clientDisconnected(error) : error, requestId);
    const isUnread = progress.request === undefined && found.code === "invalid-input";
    const failure = withoutPaths(isUnread ? withOwnPath(found, progress.sent, route, context.options.basePath) : found, context);
    const message = progress.dialect.reword(failure.message, progress.sent);
    const { status, body } = progress.dialect.encodeError({ ...failure, message });
    const headers: Record<string, string> = failure.retryAfterSecs === undefined ? {} : { "retry-after": String(failure.retryAfterSecs) };
    recordMetrics(context, progress, { status, durationMs: performance.now() - startedMs, results: [], failure });
    return { response: Response.json(body, { status, headers }), record: { ...recordOf(progress, []), failure } };
  }
}

async function rank(
  context: RankContext,
  { route, request, model, onProgress }: RouteCall,
  requestId: string,
  progress: Progress,
): Promise<{ entry: Entry; results: RerankResult<WireDocument>[]; body: unknown }> {
  const { models, options } = context;
  await context.admit(request);
  const { json, hasLongIntegers, sizeBytes, release } = await context.bodies.read(request);
  // Each step of a large body takes a part of a second. Let probes and other requests run in between.
  const nextStep = async (): Promise<void> => {
    if (sizeBytes > smallBodyBytes) await ownTurn();
  };
  try {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new RerankError("invalid-input", "body: expected a JSON object.");
    }
    const sent = model === undefined ? json : { model, ...json };
    progress.sent = sent;
    progress.dialect = route.choose(sent);
    await nextStep();
    refuseMisdirected(sent, route);
    refuseLongLists(sent, options.maxDocuments);
    const read = progress.dialect.read(validate(progress.dialect.request, sent), context, sent);
    progress.request = read;
    await nextStep();
    for (const call of read.calls) checkCall(call, options);
    if (hasLongIntegers && read.echoes) for (const { documents } of read.calls) refuseRoundedIntegers(documents);
    progress.documents = read.calls.reduce((sum, { documents }) => sum + documents.length, 0);
    if (progress.documents > options.maxDocuments) throw tooManyDocuments(progress.documents, options.maxDocuments);
    checkFieldCount(read.options.fields);

    return await models.use(read.model, request.signal, async (entry) => {
      const secs = Math.min(options.timeoutSecs, read.options.maxRerankDurationSecs ?? Number.POSITIVE_INFINITY);
      await nextStep();
      const ranked = await Promise.all(
        read.calls.map((call) =>
          // One signal for each call: Node warns of a leak when hundreds of listeners share one.
          rankCall(entry, call, read, {
            maxRerankDurationSecs: secs,
            signal: AbortSignal.any([request.signal]),
            ...(onProgress === undefined ? {} : { onProgress }),
          }),
        ),
      );
      await nextStep();
      const results = ranked.map((result) => resultWithoutPaths(result, models));
      return { entry, results, body: read.encode(results, { requestId, model: entry.name, nowMs: Date.now() }) };
    });
  } finally {
    release();
  }
}

function rankCall(
  { reranker }: Entry,
  { query, documents }: RankCall,
  { options, areOptionsChecked }: ReadRequest,
  limits: Pick<CheckedRankOptions, "maxRerankDurationSecs" | "signal" | "onProgress">,
): Promise<RerankResult<WireDocument>> {
  if (areOptionsChecked) return reranker.doRank(query, documents, { ...(options as CheckedRankOptions), ...limits });
  return reranker.rank(query, documents, { ...options, ...limits });
}

function withoutPaths(failure: Failure, { models }: RankContext): Failure {
  return { ...failure, message: models.folders.hide(failure.message) };
}

function resultWithoutPaths<T extends RerankResult<WireDocument>>(result: T, { folders }: ServerView["models"]): T {
  const warnings = result.warnings.map((warning) => ({ ...warning, message: folders.hide(warning.message) }));
  return { ...result, model: folders.hide(result.model), warnings };
}

function checkCall({ query, documents }: RankCall, { maxQueryChars, maxDocumentChars }: ServerView["options"]): void {
  if (query.length > maxQueryChars) {
    throw new RerankError("invalid-input", `query: may have at most ${maxQueryChars} characters, got ${query.length}.`);
  }
  documents.forEach((document, index) => {
    if (typeof document !== "string" && isTooDeep(document)) {
      throw new RerankError("invalid-input", `documents[${index}]: nested too deeply.`);
    }
    const length = typeof document === "string" ? document.length : JSON.stringify(document).length;
    if (length > maxDocumentChars) {
      throw new RerankError("invalid-input", `documents[${index}]: may have at most ${maxDocumentChars} characters, got ${length}.`);
    }
  });
}

/** The server looks up every field in every document, on the thread that answers all requests. */
function checkFieldCount(fields: readonly string[] | undefined): void {
  if (fields === undefined || fields.length <= maxFields) return;
  throw new RerankError("invalid-input", `fields: at most ${maxFields} fields of documents are read, got ${fields.length}. Name fewer.`);
}

function clientDisconnected(cause: unknown): ServerError {
  return new ServerError(499, "aborted", "The client went away.", { cause });
}

function recordMetrics(
  { metrics }: RankContext,
  { dialect, request, documents }: Progress,
  outcome: Pick<Parameters<Metrics["observe"]>[0], "status" | "durationMs" | "results" | "failure">,
): void {
  metrics.observe({ ...outcome, dialect: dialect.name, documents, isModelUnknown: request?.isModelUnknown ?? false });
}

function recordOf({ dialect, documents }: Progress, results: readonly RerankResult[]): RankRecord {
  return {
    dialect: dialect.name,
    documents,
    tokens: sumOf(results, ({ usage }) => usage.tokens),
    truncated: countTruncated(results),
    queueMs: Math.round(Math.max(0, ...results.map(({ timings }) => timings.queueMs))),
  };
}

function countTruncated(results: readonly RerankResult[]): number {
  return sumOf(results, ({ warnings }) => warnings.filter(({ type }) => type === "truncated").length);
}

function sumOf(results: readonly RerankResult[], read: (result: RerankResult) => number): number {
  return results.reduce((sum, result) => sum + read(result), 0);
}

/**
 * Headers for facts that no dialect's body can express: how many documents were truncated, fields that no document has, ignored parts of
 * the request, and text-embeddings-inference's timing headers, in whole milliseconds.
 *
 * @see https://github.com/huggingface/text-embeddings-inference `router/src/lib.rs`, `From<ResponseMetadata> for HeaderMap`, at 0d124dc
 */
function replyHeaders({ request }: Progress, results: readonly RerankResult[], totalMs: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const truncated = countTruncated(results);
  if (truncated > 0) headers["x-crossrank-truncated"] = String(truncated);
  const missing = missingFields(results);
  if (missing.length > 0) headers["x-crossrank-missing-fields"] = missing.join(", ");
  const ignored = ignoredWords(request!, results);
  if (ignored.length > 0) headers["x-crossrank-ignored"] = headerOf(ignored);
  if (!request!.tellsTimes) return headers;
  const scoreMs = sumOf(results, ({ timings }) => timings.scoreMs);
  const queueMs = sumOf(results, ({ timings }) => timings.queueMs);
  const numbers = {
    "x-compute-time": totalMs,
    "x-compute-characters": request!.calls.reduce((sum, call) => sum + charactersOf(call), 0),
    "x-compute-tokens": sumOf(results, ({ usage }) => usage.tokens),
    "x-total-time": totalMs,
    "x-tokenization-time": sumOf(results, ({ timings }) => timings.tokenizationMs),
    "x-queue-time": queueMs,
    "x-inference-time": scoreMs - queueMs,
  };
  headers["x-compute-type"] = "cpu";
  for (const [header, number] of Object.entries(numbers)) headers[header] = String(Math.max(0, Math.round(number)));
  return headers;
}

/** The parts of the request that the server ignored, and those that the model ignored. */
function ignoredWords({ ignored, optionNames }: ReadRequest, results: readonly RerankResult[]): string[] {
  const ofModel = results.flatMap(({ warnings }) =>
    warnings.flatMap((warning) => (warning.type === "ignored-option" ? warning.option : [])),
  );
  return [...ignored, ...ofModel.flatMap((option) => optionNames[option] ?? [])];
}

/** Fields that no document has. Percent-encoded, because they come from the request and a header allows only Latin-1. */
function missingFields(results: readonly RerankResult[]): string[] {
  const fields = results.flatMap(({ warnings }) =>
    warnings.flatMap((warning) => (warning.type === "missing-field" ? [warning.field] : [])),
  );
  const reported = [...new Set(fields)].slice(0, maxReportedFields);
  return reported.map((field) => encodeURIComponent(field.slice(0, maxReportedCharacters).replace(/\p{Cs}/gu, "\ufffd")));
}

function charactersOf({ query, documents }: RankCall): number {
  return documents.reduce((sum, document) => sum + query.length + (typeof document === "string" ? document.length : 0), 0);
}
