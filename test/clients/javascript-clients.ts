/** The clients, each constructed as its documentation says; only the base URL and the key are ours. Retries are left at their defaults. */
import { createCohere } from "@ai-sdk/cohere";
import { createTogetherAI } from "@ai-sdk/togetherai";
import { createVoyage } from "@ai-sdk/voyage";
import { CohereRerank } from "@langchain/cohere";
import { Document } from "@langchain/core/documents";
import { Mixedbread } from "@mixedbread/sdk";
import { Errors, Pinecone } from "@pinecone-database/pinecone";
import { APICallError, type RerankingModel, rerank } from "ai";
import { Cohere as Cohere7, CohereClient as CohereClient7 } from "cohere-ai";
import { Cohere, CohereClient, CohereClientV2 } from "cohere-ai-8";
import { Together } from "together-ai";
import { VoyageAIClient, VoyageAIError } from "voyageai";

/** One call of a client. */
export interface Call {
  model: string;
  query: string;
  documents: readonly (string | Record<string, string>)[];
  topK?: number;
  fields?: readonly string[];
  /** Asks for the documents in the results, where the client can. */
  echo?: boolean;
}

/** One result, as the client gives it. */
export interface Result {
  index: number | undefined;
  score: number | undefined;
  /** Undefined where there is none. */
  document?: unknown;
}

/** What a client throws for a failure. */
export interface Failure {
  /** Whether it is of the class that the client's documentation names. */
  isOwn(error: unknown): boolean;
  status: number;
  /** The client's own error does not pass the server's message on. */
  isSilent?: true;
}

/** One client. */
export interface Client {
  name: string;
  /** Path that it is given as (part of) its base URL, and the one that it then calls. */
  paths: readonly (readonly [base: string, called: string])[];
  rank(base: string, apiKey: string, call: Call): Promise<Result[]>;
  statusOf(error: unknown): unknown;
  unknownModel: Failure;
  tooMany: Failure;
  badKey: Failure;
  /** How a text comes back in a result; absent: the client shows no documents. */
  echoOf?(text: string): unknown;
  /** What the client's format calls the documents; absent: `documents`. */
  documentsKey?: string;
  /** What becomes of object documents: ranked by chosen fields, or sent as JSON; absent: the client takes none. */
  objects?: "fields" | "json";
}

const instanceOf =
  (type: abstract new (...values: never[]) => Error) =>
  (error: unknown): boolean =>
    error instanceof type;
const texts = ({ documents }: Call): string[] => documents as string[];
const one = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };

/** A failed bare request. */
class RequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Vendors without a JavaScript client document the bare request. */
async function byFetch(url: string, apiKey: string, body: object): Promise<Result[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as unknown;
  if (!response.ok) throw new RequestError(response.status, (answer as { detail: string }).detail);
  const { results } = answer as { results: { index: number; relevance_score: number; document?: unknown }[] };
  return results.map(({ index, relevance_score: score, document }) => ({ index, score, document }));
}

async function byAiSdk(model: RerankingModel, { query, documents, topK, fields }: Call): Promise<Result[]> {
  const providerOptions = fields === undefined ? {} : { providerOptions: { togetherai: { rankFields: [...fields] } } };
  const { ranking } = await rerank({ model, query, documents: documents as string[], ...one("topN", topK), ...providerOptions });
  return ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score }));
}

const aiSdk = {
  statusOf: (error: unknown) => (error as APICallError).statusCode,
  unknownModel: { isOwn: APICallError.isInstance, status: 404 },
  tooMany: { isOwn: APICallError.isInstance, status: 400 },
  badKey: { isOwn: APICallError.isInstance, status: 401 },
} as const;
const cohere = ({ NotFoundError, BadRequestError, UnauthorizedError }: typeof Cohere | typeof Cohere7) => ({
  statusOf: (error: unknown) => (error as { statusCode?: number }).statusCode,
  unknownModel: { isOwn: instanceOf(NotFoundError), status: 404 },
  tooMany: { isOwn: instanceOf(BadRequestError), status: 400 },
  badKey: { isOwn: instanceOf(UnauthorizedError), status: 401 },
});
const bare = {
  statusOf: (error: unknown) => (error as RequestError).status,
  unknownModel: { isOwn: instanceOf(RequestError), status: 404 },
  tooMany: { isOwn: instanceOf(RequestError), status: 422 },
  badKey: { isOwn: instanceOf(RequestError), status: 401 },
} as const;

export const clients: readonly Client[] = [
  {
    name: "cohere-ai, CohereClient",
    ...cohere(Cohere),
    paths: [
      ["/cohere", "/cohere/v1/rerank"],
      ["", "/v1/rerank"],
    ],
    echoOf: (text) => ({ text }),
    objects: "fields",
    async rank(baseUrl, token, { model, query, documents, topK, fields, echo }) {
      const { results } = await new CohereClient({ baseUrl, token }).rerank({
        model,
        query,
        documents: [...documents],
        returnDocuments: echo ?? false,
        ...one("topN", topK),
        ...one("rankFields", fields as string[] | undefined),
      });
      return results.map(({ index, relevanceScore: score, document }) => ({ index, score, document }));
    },
  },
  {
    name: "cohere-ai, CohereClientV2",
    ...cohere(Cohere),
    paths: [
      ["/cohere", "/cohere/v2/rerank"],
      ["", "/v2/rerank"],
    ],
    async rank(baseUrl, token, call) {
      const { results } = await new CohereClientV2({ baseUrl, token }).rerank({
        model: call.model,
        query: call.query,
        documents: texts(call),
        ...one("topN", call.topK),
      });
      return results.map(({ index, relevanceScore: score }) => ({ index, score }));
    },
  },
  {
    name: "@langchain/cohere, CohereRerank",
    ...cohere(Cohere7),
    paths: [["/cohere", "/cohere/v1/rerank"]],
    async rank(baseUrl, token, call) {
      const compressor = new CohereRerank({
        client: new CohereClient7({ environment: baseUrl, token }),
        model: call.model,
        topN: call.topK ?? call.documents.length,
      });
      const list = texts(call).map((pageContent, index) => new Document({ pageContent, metadata: { index } }));
      const ranked = await compressor.compressDocuments(list, call.query);
      return ranked.map(({ metadata: { index, relevanceScore } }) => ({ index, score: relevanceScore }));
    },
  },
  {
    name: "voyageai, VoyageAIClient",
    paths: [["/voyage/v1", "/voyage/v1/rerank"]],
    statusOf: (error) => (error as VoyageAIError).statusCode,
    unknownModel: { isOwn: instanceOf(VoyageAIError), status: 404 },
    tooMany: { isOwn: instanceOf(VoyageAIError), status: 400 },
    badKey: { isOwn: instanceOf(VoyageAIError), status: 401 },
    echoOf: (text) => text,
    async rank(baseUrl, apiKey, call) {
      const { data = [] } = await new VoyageAIClient({ baseUrl, apiKey }).rerank({
        model: call.model,
        query: call.query,
        documents: texts(call),
        ...one("topK", call.topK),
        ...one("returnDocuments", call.echo),
      });
      return data.map(({ index, relevanceScore: score, document }) => ({ index, score, document }));
    },
  },
  {
    name: "@mixedbread/sdk, Mixedbread",
    paths: [
      ["/mixedbread", "/mixedbread/v1/reranking"],
      ["", "/v1/reranking"],
    ],
    documentsKey: "input",
    statusOf: (error) => (error as { status?: number }).status,
    unknownModel: { isOwn: instanceOf(Mixedbread.NotFoundError), status: 404 },
    tooMany: { isOwn: instanceOf(Mixedbread.UnprocessableEntityError), status: 422 },
    badKey: { isOwn: instanceOf(Mixedbread.AuthenticationError), status: 401 },
    echoOf: (text) => text,
    objects: "fields",
    async rank(baseURL, apiKey, { model, query, documents, topK, fields, echo }) {
      const { data } = await new Mixedbread({ baseURL, apiKey }).rerank({
        model,
        query,
        input: [...documents],
        ...one("top_k", topK),
        ...one("rank_fields", fields as string[] | undefined),
        ...one("return_input", echo),
      });
      return data.map(({ index, score, input: document }) => ({ index, score, document }));
    },
  },
  {
    name: "@pinecone-database/pinecone, inference",
    paths: [["/pinecone", "/pinecone/rerank"]],
    statusOf: (error) =>
      ({ PineconeNotFoundError: 404, PineconeBadRequestError: 400, PineconeAuthorizationError: 401 })[(error as Error).name],
    unknownModel: { isOwn: instanceOf(Errors.PineconeNotFoundError), status: 404, isSilent: true },
    tooMany: { isOwn: instanceOf(Errors.PineconeBadRequestError), status: 400 },
    badKey: { isOwn: instanceOf(Errors.PineconeAuthorizationError), status: 401, isSilent: true },
    echoOf: (text) => ({ text }),
    objects: "fields",
    async rank(controllerHostUrl, apiKey, { model, query, documents, topK, fields, echo }) {
      const { data } = await new Pinecone({ controllerHostUrl, apiKey }).inference.rerank({
        model,
        query,
        documents: [...documents],
        returnDocuments: echo ?? false,
        ...one("topN", topK),
        ...one("rankFields", fields as string[] | undefined),
      });
      return data.map(({ index, score, document }) => ({ index, score, document }));
    },
  },
  {
    name: "together-ai, Together",
    paths: [
      ["/together/v1", "/together/v1/rerank"],
      ["/v1", "/v1/rerank"],
    ],
    statusOf: (error) => (error as { status?: number }).status,
    unknownModel: { isOwn: instanceOf(Together.NotFoundError), status: 404 },
    tooMany: { isOwn: instanceOf(Together.BadRequestError), status: 400 },
    badKey: { isOwn: instanceOf(Together.AuthenticationError), status: 401 },
    echoOf: (text) => ({ text }),
    objects: "fields",
    async rank(baseURL, apiKey, { model, query, documents, topK, fields, echo }) {
      const { results } = await new Together({ baseURL, apiKey }).rerank.create({
        model,
        query,
        documents: [...documents] as string[],
        return_documents: echo ?? false,
        ...one("top_n", topK),
        ...one("rank_fields", fields as string[] | undefined),
      });
      return results.map(({ index, relevance_score: score, document }) => ({ index, score, document }));
    },
  },
  {
    name: "ai with @ai-sdk/cohere",
    ...aiSdk,
    paths: [
      ["/cohere/v2", "/cohere/v2/rerank"],
      ["/v2", "/v2/rerank"],
    ],
    objects: "json",
    rank: (baseURL, apiKey, call) => byAiSdk(createCohere({ baseURL, apiKey }).reranking(call.model), call),
  },
  {
    name: "ai with @ai-sdk/voyage",
    ...aiSdk,
    paths: [["/voyage/v1", "/voyage/v1/rerank"]],
    objects: "json",
    rank: (baseURL, apiKey, call) => byAiSdk(createVoyage({ baseURL, apiKey }).reranking(call.model), call),
  },
  {
    name: "ai with @ai-sdk/togetherai",
    ...aiSdk,
    paths: [["/together/v1", "/together/v1/rerank"]],
    objects: "fields",
    rank: (baseURL, apiKey, call) => byAiSdk(createTogetherAI({ baseURL, apiKey }).reranking(call.model), call),
  },
  {
    name: "fetch, as Jina documents it",
    ...bare,
    paths: [
      ["/jina/v1", "/jina/v1/rerank"],
      ["/v1", "/v1/rerank"],
    ],
    echoOf: (text) => ({ text }),
    rank: (base, apiKey, { model, query, documents, topK, echo }) =>
      byFetch(`${base}/rerank`, apiKey, { model, query, documents, return_documents: echo ?? false, ...one("top_n", topK) }),
  },
];
