/** Settings of `serve` from environment variables and from a configuration file. Flags win over variables, variables win over the file. */

import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { parse as parseYaml } from "yaml";
import { messageOf } from "../errors.ts";
import { RerankError } from "../index.ts";
import { camelCase, isRecord } from "../values.ts";
import type { ValueReader } from "./option-values.ts";

/** Sources of a value, by commander's names. Earlier ones win. */
const sources = ["cli", "env", "config"];

// Additional names beside CROSSRANK_<FLAG>; the first one that is set wins. Hosting platforms set PORT. A client of another crossrank server
// also uses CROSSRANK_API_KEY, so this server's own list comes first.
const variablesOf: Readonly<Record<string, readonly string[]>> = {
  port: ["CROSSRANK_PORT", "PORT"],
  apiKey: ["CROSSRANK_API_KEYS", "CROSSRANK_API_KEY"],
  cacheDir: ["CROSSRANK_CACHE_DIR", "CROSSRANK_CACHE"],
  download: ["CROSSRANK_NO_DOWNLOAD"],
};

/**
 * Sets the options without a flag from the environment, then from the file of `--config`.
 *
 * An empty variable counts as unset. Commas separate the items of a list.
 *
 * @throws RerankError `invalid-input` naming the variable, or the file and its key
 */
export function applySettings(command: Command, environment: Readonly<Record<string, string | undefined>>): void {
  for (const option of command.options) {
    const name = variablesFor(option).find((variable) => isGiven(environment[variable]));
    if (name !== undefined) offer(command, option, "env", name, () => readVariable(option, environment[name]!));
  }
  const path = command.getOptionValue("config") as string | undefined;
  if (path !== undefined) {
    const options = configurable(command);
    for (const [key, value] of Object.entries(readFile(path))) {
      if (key === "$schema" || value === null) continue;
      const option = options.find((candidate) => candidate.attributeName() === camelCase(key.replaceAll("-", "_")));
      if (option === undefined) {
        const known = options.map((candidate) => candidate.attributeName()).join(", ");
        throw new RerankError("invalid-input", `${path}: there is no setting ${JSON.stringify(key)}. Settings: ${known}.`);
      }
      offer(command, option, "config", `${path}: ${key}`, () => readValue(option, value));
    }
  }
  settleAddress(command);
}

/** JSON Schema of the configuration file. Its keys are the flags' names in camelCase. */
export function settingsSchema(command: Command): object {
  const properties = configurable(command).map((option) => [
    option.attributeName(),
    { description: `${option.negate ? "false is " : ""}${option.long}: ${option.description}`, ...schemaOf(option) },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of crossrank serve",
    type: "object",
    additionalProperties: false,
    properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
  };
}

function configurable({ options }: Command): readonly Option[] {
  return options.filter((option) => option.attributeName() !== "config");
}

function variablesFor(option: Option): readonly string[] {
  const key = option.attributeName();
  return variablesOf[key] ?? [`CROSSRANK_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
}

/** Whether a variable has a real value. Kubernetes and Docker set CROSSRANK_PORT to `tcp://10.0.0.1:80` for a service named crossrank. */
function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== "" && !/^(?:tcp|udp|sctp):\/\//.test(value);
}

/** Sets a value, unless a source with priority has already set one. @param location the source of the value, for messages */
function offer(command: Command, option: Option, source: string, location: string, read: () => unknown): void {
  const key = option.attributeName();
  const given = sources.indexOf(command.getOptionValueSource(key) ?? "");
  if (given !== -1 && given < sources.indexOf(source)) return;
  try {
    command.setOptionValueWithSource(key, read(), source);
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new RerankError("invalid-input", `serve: ${location}: ${cause.message}`, { cause });
  }
}

function readVariable(option: Option, text: string): unknown {
  if (!isSwitch(option)) return isList(option) ? readList(option, text.split(",")) : readText(option, text);
  const value = text.trim().toLowerCase();
  if (!["1", "true", "yes", "on", "0", "false", "no", "off"].includes(value)) throw new InvalidArgumentError("Give true or false.");
  // The variable has the flag's name: CROSSRANK_NO_DOWNLOAD=true means no download.
  return ["1", "true", "yes", "on"].includes(value) !== option.negate;
}

function readValue(option: Option, value: unknown): unknown {
  if (isSwitch(option)) {
    if (typeof value !== "boolean") throw new InvalidArgumentError("Give true or false.");
    return value;
  }
  if (isList(option)) {
    const texts = typeof value === "string" ? [value] : value;
    if (Array.isArray(texts) && texts.every((text) => typeof text === "string")) return readList(option, texts);
    throw new InvalidArgumentError("Give a string or a list of strings.");
  }
  const isNumeric = ["integer", "number"].includes(schemaOf(option).type as string);
  if (typeof value !== (isNumeric ? "number" : "string")) throw new InvalidArgumentError(isNumeric ? "Give a number." : "Give a string.");
  return readText(option, String(value));
}

function readText(option: Option, text: string): unknown {
  if (text.trim() === "") throw new InvalidArgumentError("Give a value that is not blank.");
  return option.parseArg === undefined ? text : option.parseArg(text, undefined);
}

function readList(option: Option, texts: readonly string[]): unknown {
  const values = texts.map((text) => text.trim()).filter((text) => text !== "");
  if (values.length === 0) throw new InvalidArgumentError("Give at least one value.");
  return values.reduce<unknown>((earlier, text) => option.parseArg!(text, earlier), undefined);
}

function schemaOf(option: Option): Readonly<Record<string, unknown>> {
  if (isSwitch(option)) return { type: "boolean" };
  if (option.argChoices !== undefined) return { enum: option.argChoices };
  const schema = (option.parseArg as Partial<ValueReader<unknown>> | undefined)?.schema ?? { type: "string", minLength: 1 };
  return schema.type === "array" ? { anyOf: [schema.items, schema] } : schema;
}

function isSwitch(option: Option): boolean {
  return option.isBoolean() || option.negate;
}

function isList(option: Option): boolean {
  return schemaOf(option).anyOf !== undefined;
}

/** A socket and a port exclude each other. Keeps the one from the source with priority. */
function settleAddress(command: Command): void {
  const rank = (key: string): number => {
    const source = command.getOptionValueSource(key);
    return source === undefined ? Number.POSITIVE_INFINITY : sources.indexOf(source);
  };
  if (Math.min(rank("port"), rank("host")) < rank("socket")) command.setOptionValueWithSource("socket", undefined, "config");
}

function readFile(path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(path, readFileSync(path, "utf8").replace(/^\ufeff/, ""));
  } catch (cause) {
    const [reason] = messageOf(cause).split("\n");
    throw new RerankError("invalid-input", `serve: cannot read the configuration in ${path}: ${reason}. Correct the file.`, { cause });
  }
  if (isRecord(value)) return value;
  throw new RerankError("invalid-input", `${path}: expected settings by name, as in {"model": "fast", "port": 8000}. Correct the file.`);
}

function parse(path: string, text: string): unknown {
  if (/\.json$/i.test(path)) return JSON.parse(text);
  if (/\.ya?ml$/i.test(path)) return parseYaml(text);
  throw new Error("its name ends neither in .json nor in .yaml");
}
