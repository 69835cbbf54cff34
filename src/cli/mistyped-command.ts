import type { Command } from "commander";
import { RerankError } from "../index.ts";
import { nearestWords } from "../spelling.ts";

/**
 * Finds the command that the user may have meant. If the first word is not a command, crossrank reads the words as a query and files.
 *
 * @param program with all commands
 * @param words of the command line, without options
 * @returns for example `crossrank models list`; undefined if the first word resembles no command, or is a command
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

/** The error if such a query has no documents. */
export function mistypedCommand(query: string, suggestion: string): RerankError {
  const ranking = "with crossrank rank in front it is a query, which needs documents";
  return new RerankError("invalid-input", `there is no command ${JSON.stringify(query)}. Did you mean ${suggestion}? (${ranking}.)`);
}

/** The error for a missing file that may have been meant as an argument of that command. */
export function withSuggestion(error: RerankError, suggestion: string): RerankError {
  return new RerankError(error.code, `${error.message} Did you mean the command ${suggestion}?`, { cause: error.cause });
}

function namesOf(command: Command): string[] {
  return command.commands.map((inner) => inner.name());
}
