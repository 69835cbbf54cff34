import type { Command } from "commander";
import { RerankError } from "../index.ts";
import { nearestWords } from "../spelling.ts";

/**
 * The command that somebody may have meant whose words were read as a query and files, because the first is no command.
 *
 * @param program with all commands
 * @param words as they stand in the command line, options left out
 * @returns for example `crossrank models list`; undefined where the first word is like no command, or is one
 */
export function suggestCommand(program: Command, [first = "", second = ""]: readonly string[]): string | undefined {
  const commandNamed = (parent: Command, name: string): Command | undefined => parent.commands.find((command) => command.name() === name);
  if (commandNamed(program, first) !== undefined || /\s/.test(first)) return undefined;
  const [name] = nearestWords(first, namesOf(program), 1);
  if (name !== undefined) {
    const [inner] = nearestWords(second, namesOf(commandNamed(program, name)!), 1);
    return [program.name(), name, ...(inner === undefined ? [] : [inner])].join(" ");
  }
  // `crossrank pull fast` for `crossrank models pull fast`.
  const group = program.commands.find((command) => namesOf(command).includes(first.toLowerCase()));
  return group === undefined ? undefined : `${program.name()} ${group.name()} ${first.toLowerCase()}`;
}

/** The error where such a query has no documents. */
export function mistypedCommand(query: string, suggestion: string): RerankError {
  const ranking = "with crossrank rank in front it is a query, which needs documents";
  return new RerankError("invalid-input", `there is no command ${JSON.stringify(query)}. Did you mean ${suggestion}? (${ranking}.)`);
}

/** The error for a file that is not there, which may have been an argument of that command. */
export function withSuggestion(error: RerankError, suggestion: string): RerankError {
  return new RerankError(error.code, `${error.message} Did you mean the command ${suggestion}?`, { cause: error.cause });
}

function namesOf(command: Command): string[] {
  return command.commands.map((inner) => inner.name());
}
