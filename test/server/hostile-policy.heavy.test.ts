/** What a request's configuration must not reach: the operator's settings, other hosts, the disk, prototypes; with --allow-models, too. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dialectBodies } from "./bodies.ts";
import {
  type Answer,
  ask,
  documents,
  expectRefusal,
  expectWorking,
  marker,
  post,
  query,
  type ServerProcess,
  startServer,
  stopServer,
} from "./support.node.ts";

let server: ServerProcess;
/** Started with --allow-models. */
let open: ServerProcess;

beforeAll(async () => {
  [server, open] = await Promise.all([startServer(), startServer({ args: ["--allow-models"] })]);
});
afterEach(async () => {
  await Promise.all([expectWorking(server.url), expectWorking(open.url)]);
});
afterAll(async () => {
  await Promise.all([server, open].map(stopServer));
});

const send = (body: unknown, path = "/rerank"): Promise<Answer> => post(server.url + path, body);
const withConfig = (config: unknown): object => ({ query, documents, config });

describe("what is the operator's", () => {
  const operatorKeys = {
    ...{ cache_dir: "/tmp/x", acceleration: { workers: 500 }, show_download_progress: true, allow_download: true },
    ...{ score_cache_bytes: 2 ** 40, special_tokens: "interpret", text: "x", signal: {}, on_warning: "x" },
  };
  const modelKeys = {
    ...{ base_url: "http://127.0.0.1:1", headers: { authorization: marker }, urls: ["http://127.0.0.1:1"], url: "http://127.0.0.1:1" },
    ...{ dialect: "tei", client: "liter-llm" },
  };
  const camelCase = (key: string): string => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const both = (keys: object): [string, unknown][] =>
    Object.entries(keys).flatMap(([key, value]) => [...new Set([key, camelCase(key)])].map((name): [string, unknown] => [name, value]));

  const inModels = (key: string, value: unknown): object[] => {
    const llm = { model: "cohere/rerank-v3.5", api_key: marker, [key]: value };
    return [
      { type: "llm", llm },
      { type: "llm", llm: { model: "cohere/rerank-v3.5" }, [key]: value },
      { type: "preset", name: "mini", [key]: value },
      { type: "remote", [key]: value },
      { type: "chat", method: "pointwise", llm },
      { type: "fallback", models: ["mini", { type: "llm", llm }] },
      { type: "fuse", models: [{ type: "cascade", first: "mini", second: { type: "chat", method: "listwise", llm }, keep: 1 }] },
    ];
  };

  it.each(both(operatorKeys))("is refused by name, in a configuration: %s", async (key, value) => {
    for (const url of [server.url, open.url]) {
      for (const given of [value, null]) {
        const answer = await post(`${url}/rerank`, withConfig({ [key]: given }));
        expectRefusal(answer, 403);
        expect(answer.text).toContain(`config.${key}`);
      }
    }
  });

  it.each(both(modelKeys))("is refused by name, in every kind of model: %s", async (key, value) => {
    for (const url of [server.url, open.url]) {
      for (const model of inModels(key, value)) {
        const answer = await post(`${url}/rerank`, withConfig({ model }));
        expectRefusal(answer, 403);
        expect(answer.text).toMatch(new RegExp(`config\\.model\\S*\\.${key}: `));
        expect(answer.text).not.toContain(marker);
      }
    }
  });

  it("is an unknown key in any other spelling", async () => {
    for (const key of ["CACHE_DIR", "cacheDIR", "cache-dir", "cache_Dir", "_cache_dir", "cache__dir", "cache_dir ", "ｃache_dir"]) {
      for (const url of [server.url, open.url]) expectRefusal(await post(`${url}/rerank`, withConfig({ [key]: "/tmp/x" })), 403, 422);
    }
  });

  it("has no effect outside of a configuration", async () => {
    const workers = async (): Promise<unknown> =>
      (JSON.parse((await ask(`${server.url}/info`)).text) as { tokenization_workers: number }).tokenization_workers;
    const before = await workers();
    for (const { name, path, body } of dialectBodies) {
      const answer = await send({ ...body, ...operatorKeys, ...modelKeys }, path);
      if (name === "native") expectRefusal(answer, 422);
      else expect(answer.status, `${name}: ${answer.text.slice(0, 300)}`).toBe(200);
    }
    expect(await workers()).toBe(before);
  });
});

describe("a path as the model", () => {
  const outside = [
    "/",
    ".",
    "..",
    ".//",
    "../",
    "../../etc",
    "/etc/passwd",
    "/no/such",
    "~",
    "~/x",
    "~root",
    "file:/etc",
    "file:///etc/passwd",
    "FILE:///etc",
  ];
  const windows = ["C:\\x", "c:/x", "C:", "\\\\host\\share", "\\x", "..\\..\\x", "//host/share", "\\\\?\\C:\\x"];
  const encoded = [
    "%2e%2e/x",
    "..%2fx",
    "%2fetc%2fpasswd",
    "file%3a///etc",
    "org%2f..%2f..%2fx",
    "org/%2e%2e",
    "．．/x",
    "org/..;/x",
    "/etc/passwd\u0000",
    "a/b\u0000",
  ];
  const inside = [
    "org/..",
    "org/../../x",
    "org/./x",
    "./org/name",
    "org//name",
    "org/name/../../..",
    "org\\name",
    "hf:../x",
    "hf:/etc",
    "hf:org/../x",
    "org/name@../../x",
  ];
  const paths = [...outside, ...windows, ...encoded, ...inside];

  it.each(paths)("is refused even where models are allowed: %j", async (path) => {
    const forms = [
      path,
      { type: "custom", modelId: path },
      { type: "custom", model_id: path },
      { type: "fallback", models: [{ type: "custom", modelId: path }] },
    ];
    for (const model of [...forms, { type: "fuse", models: ["mini", path] }, { type: "cascade", first: "mini", second: path, keep: 1 }]) {
      for (const url of [server.url, open.url]) expectRefusal(await post(`${url}/rerank`, withConfig({ model })), 403, 404, 422);
    }
    // A dialect's name that nobody knows is the first model.
    const answer = await post(`${open.url}/v1/rerank`, { query, documents, model: path });
    expect(JSON.parse(answer.text)).toMatchObject({ model: "mini" });
  });

  it("is refused as a file or a revision of a repository", async () => {
    for (const path of ["../../../../etc/passwd", "/etc/passwd", "..\\x", "a/../../x", "C:\\x", "x\u0000", "", "a/./b"]) {
      for (const model of [
        { type: "custom", modelId: "org/name", modelFile: path },
        { type: "custom", modelId: "org/name", additionalFiles: [path] },
        { type: "custom", modelId: "org/name", revision: path },
        { type: "preset", name: "mini", modelFile: path },
      ]) {
        expectRefusal(await post(`${open.url}/rerank`, withConfig({ model })), 403, 404, 422);
        expectRefusal(await send(withConfig({ model })), 403, 422);
      }
    }
  });

  it("tells nothing of what is on the disk", async () => {
    const refusal = async (modelId: string): Promise<string> => {
      const { status, text } = await post(`${open.url}/rerank`, withConfig({ model: { type: "custom", modelId } }), {
        "x-request-id": "same",
      });
      return `${status} ${text.replaceAll(modelId, "")}`;
    };
    expect(await refusal("/etc/passwd")).toBe(await refusal("/no/such/file"));
    expect(await refusal("./models/mini")).toBe(await refusal("./models/none"));
  });
});

describe("names of prototypes as values", () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

  it("name no model and no field that exists", async () => {
    for (const name of names) {
      expectRefusal(await send(withConfig({ model: name })), 404, 422);
      expectRefusal(await send(withConfig({ model: { type: name } })), 422);
      expectRefusal(await send(withConfig({ model: { type: "preset", name } })), 404, 422);
      expectRefusal(await send(withConfig({ model: `plugin:${name}` })), 404, 422, 502);
      // The schemas leave __proto__ out, as if it had not been said.
      expect((await send(withConfig({ [name]: { cache_dir: "/tmp/x" } }))).status).toBe(name === "__proto__" ? 200 : 422);
    }
    const answer = await send({ query, documents: documents.map((text) => ({ text })), config: { fields: [...names, "text"] } });
    expect(answer.status).toBe(200);
  });
});
