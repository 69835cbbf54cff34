import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { Io } from "./io.ts";
import { createProgram } from "./program.ts";

function commandsOf(command: Command): Command[] {
  return command.commands.flatMap((inner) => [inner, ...commandsOf(inner)]);
}

describe("--help", () => {
  it("lists every command in one style: a phrase in lower case, without a stop", () => {
    const phrases = commandsOf(createProgram({ columns: 80 } as Io)).map((command) => command.summary() || command.description());
    expect(phrases.length).toBeGreaterThan(12);
    for (const phrase of phrases) expect(phrase).toMatch(/^[a-z].*[^.]$/);
  });
});
