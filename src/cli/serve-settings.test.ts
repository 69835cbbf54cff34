import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import type { Io } from "./io.ts";
import { createProgram } from "./program.ts";
import { applySettings, settingsSchema } from "./serve-settings.node.ts";

const folder = mkdtempSync(join(tmpdir(), "crossrank-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const serve = (): Command => createProgram({ columns: 80 } as Io).commands.find((command) => command.name() === "serve")!;

function settle(args: readonly string[], environment: Record<string, string> = {}): Record<string, unknown> {
  const command = serve();
  command.parseOptions([...args]);
  applySettings(command, environment);
  return command.opts();
}

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe("settings of serve", () => {
  it("come from flags, then variables, then the file", () => {
    const config = file("order.json", JSON.stringify({ maxDocuments: 1, maxModels: 1, timeout: 1, workers: 1 }));
    const environment = { CROSSRANK_CONFIG: config, CROSSRANK_MAX_DOCUMENTS: "2", CROSSRANK_MAX_MODELS: "2", CROSSRANK_TIMEOUT: "" };
    expect(settle(["--max-documents", "3"], environment)).toMatchObject({ maxDocuments: 3, maxModels: 2, timeout: 1, workers: 1 });
  });

  it.each([
    ["json", '{"$schema":"x","model":["mini","house=./m"],"allowModels":true,"download":false,"drain_delay":1.5,"host":null}'],
    ["yaml", "model: [mini, house=./m]\nallowModels: true\ndownload: false\ndrain-delay: 1.5\nhost:\n"],
    ["yml", "\ufeff# a comment\nmodel:\n- mini\n- house=./m\nallow_models: true\ndownload: false\ndrainDelay: 1.5\n"],
  ])("are read from %s, in any spelling of the names", (extension, content) => {
    const settings = settle(["--config", file(`all.${extension}`, content)]);
    expect(settings).toMatchObject({ model: ["mini", "house=./m"], allowModels: true, download: false, drainDelay: 1.5 });
    expect(settings.host).toBeUndefined();
  });

  it("have a variable and a key of the file for each flag", () => {
    const values: Record<string, [text: string, value: unknown]> = {};
    for (const option of serve().options.filter(({ long }) => long !== "--config")) {
      const isSwitch = option.isBoolean() || option.negate;
      const isNumber = /<(count|number|bytes|seconds)>/.test(option.flags);
      const isList = option.description.includes("repeatable");
      const text = isSwitch ? "true" : isNumber ? "7" : (option.argChoices?.[0] ?? "a");
      const value = isSwitch ? !option.negate : isNumber ? 7 : isList ? ["a"] : text;
      values[option.long!.slice(2).replaceAll("-", "_").toUpperCase()] = [text, value];
    }
    const keys = serve()
      .options.filter(({ long }) => long !== "--config")
      .map((option) => option.attributeName());
    const expected = Object.fromEntries(Object.values(values).map(([, value], index) => [keys[index]!, value]));
    const environment = Object.fromEntries(Object.entries(values).map(([name, [text]]) => [`CROSSRANK_${name}`, text]));
    // A socket replaces host and port.
    expect(settle([], environment)).toEqual(expected);
    expect(settle(["--config", file("each.json", JSON.stringify(expected))])).toMatchObject(expected);
    expect(keys.length).toBeGreaterThan(30);
  });

  it("take PORT after CROSSRANK_PORT, and neither for what Kubernetes calls so", () => {
    expect(settle([], { PORT: "81" }).port).toBe(81);
    expect(settle([], { PORT: "81", CROSSRANK_PORT: "82" }).port).toBe(82);
    expect(settle([], { PORT: "81", CROSSRANK_PORT: "tcp://10.0.0.1:80" }).port).toBe(81);
    expect(settle(["--port", "0"], { PORT: "81" }).port).toBe(0);
  });

  it("listen on a socket or a port, whichever the better source names", () => {
    const config = file("socket.json", '{"socket":"/tmp/s"}');
    expect(settle(["--config", config]).socket).toBe("/tmp/s");
    expect(settle(["--config", config], { PORT: "81" }).socket).toBeUndefined();
    expect(settle(["--socket", "/tmp/t"], { PORT: "81" }).socket).toBe("/tmp/t");
  });

  it("split lists of variables at commas, and take the server's own list of keys first", () => {
    expect(settle([], { CROSSRANK_API_KEYS: "one, two", CROSSRANK_API_KEY: "three" }).apiKey).toEqual(["one", "two"]);
    expect(settle([], { CROSSRANK_API_KEY: "three" }).apiKey).toEqual(["three"]);
  });

  it.each([
    [{ CROSSRANK_MAX_DOCUMENTS: "0" }, "serve: CROSSRANK_MAX_DOCUMENTS: Give an integer ≥ 1."],
    [{ PORT: "65536" }, "serve: PORT: Give an integer from 0 to 65535."],
    [{ CROSSRANK_ALLOW_MODELS: "perhaps" }, "serve: CROSSRANK_ALLOW_MODELS: Give true or false."],
    [{ CROSSRANK_LOG_LEVEL: "loud" }, "serve: CROSSRANK_LOG_LEVEL: Allowed choices are debug, info, warn, error, silent."],
    [{ CROSSRANK_API_KEYS: " , " }, "serve: CROSSRANK_API_KEYS: Give at least one value."],
    [{ CROSSRANK_HOST: " " }, "serve: CROSSRANK_HOST: Give a value that is not blank."],
  ])("refuse %j, naming the variable", (environment, message) => {
    expect(() => settle([], environment)).toThrow(expect.objectContaining({ code: "invalid-input", message }));
  });

  it.each([
    ["a.json", '{"maxDocument":1}', 'a.json: there is no setting "maxDocument". Settings: model, backend, host'],
    ["b.json", '{"port":"80"}', "b.json: port: Give a number."],
    ["c.json", '{"host":1}', "c.json: host: Give a string."],
    ["d.json", '{"allowModels":"yes"}', "d.json: allowModels: Give true or false."],
    ["e.json", '{"model":[1]}', "e.json: model: Give a string or a list of strings."],
    ["f.json", "[]", "f.json: expected settings by name"],
    ["g.json", "{", "serve: cannot read the configuration in"],
    ["h.yaml", "port: 1\nport: 2\n", "Map keys must be unique"],
    ["i.toml", "port = 1", "its name ends neither in .json nor in .yaml"],
    ["j.json", '{"config":"a.json"}', 'there is no setting "config"'],
  ])("refuse %s with %s, naming the file", (name, content, message) => {
    const path = file(name, content);
    expect(() => settle(["--config", path])).toThrow(
      expect.objectContaining({ code: "invalid-input", message: expect.stringContaining(message) }),
    );
  });
});

describe("docs/server.md", () => {
  it("shows a file that is read", () => {
    const [, yaml] = /```yaml\n([^`]*)```/.exec(readFileSync(new URL("../../docs/server.md", import.meta.url), "utf8"))!;
    expect(settle(["--config", file("docs.yaml", yaml!)])).toMatchObject({ apiKeyFile: "keys.txt", maxDocuments: 500 });
  });
});

describe("docs/serve.schema.json", () => {
  it("is the schema of the file", () => {
    const path = new URL("../../docs/serve.schema.json", import.meta.url);
    const schema = `${JSON.stringify(settingsSchema(serve()), undefined, 2)}\n`;
    if (process.env.UPDATE_DOCS === "1") writeFileSync(path, schema);
    expect(readFileSync(path, "utf8"), "Refresh it: UPDATE_DOCS=1 npm test -- serve-settings").toBe(schema);
  });
});
