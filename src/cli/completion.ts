/** Creates completion scripts for shells from the commands themselves. The scripts start no process to complete a word. */
import type { Argument, Command, Option } from "commander";
import { listPresets } from "../index.ts";
import type { Io } from "./io.ts";

/** Possible values of an option or of a command's argument. */
type Values = readonly string[] | "files" | "anything";

interface CompletedOption {
  names: readonly string[];
  description: string;
  /** Undefined if the option takes no value. */
  values: Values | undefined;
}

interface CompletedCommand {
  /** `/models/pull`; empty for crossrank itself. */
  path: string;
  description: string;
  commands: readonly string[];
  options: readonly CompletedOption[];
  values: Values;
}

/** Writes a shell's script to standard output. @param program its commands are completed */
export async function completionCommand(io: Io, program: Command, shell: string): Promise<void> {
  const commands = describe(program, "", []);
  const script = shell === "fish" ? fishScript(commands) : shell === "zsh" ? zshScript(commands) : bashScript(commands);
  await io.write(`${script}\n`);
}

function describe(command: Command, path: string, inherited: readonly Option[]): CompletedCommand[] {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...inherited];
  const inner = help.visibleCommands(command).filter((candidate) => candidate.name() !== "help");
  const described: CompletedCommand = {
    path,
    description: command.summary() || command.description(),
    commands: inner.map((candidate) => candidate.name()),
    options: options.map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
      description: option.description,
      values: option.required || option.optional ? valuesOf(option.argChoices, option.flags) : undefined,
    })),
    values: argumentValues(command.registeredArguments),
  };
  return [
    described,
    ...inner.flatMap((candidate) =>
      describe(
        candidate,
        `${path}/${candidate.name()}`,
        options.filter(({ long }) => long !== "--version" && long !== "--help"),
      ),
    ),
  ];
}

function valuesOf(choices: readonly string[] | undefined, name: string): Values {
  if (choices !== undefined) return choices;
  if (/model>|<model\]?/.test(name)) return listPresets().map((preset) => preset.name);
  return /file|folder|path|run|corpus|dataset/.test(name) ? "files" : "anything";
}

function argumentValues(given: readonly Argument[]): Values {
  const [argument] = given;
  if (argument === undefined) return "anything";
  return argument.argChoices ?? (argument.name() === "model" ? valuesOf(undefined, "<model>") : "files");
}

/** Lines of a `case` for each option that takes a value. @param write returns the shell code for an option's values */
function optionCases(commands: readonly CompletedCommand[], write: (values: Values) => string): string[] {
  return commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, values }) =>
      values === undefined ? [] : [`    ${names.map((name) => `"${path}:${name}"`).join("|")}) ${write(values)} ;;`],
    ),
  );
}

function pathCase(commands: readonly CompletedCommand[]): string {
  return commands
    .filter(({ path }) => path !== "")
    .map(({ path }) => `"${path}"`)
    .join("|");
}

function optionNames({ options }: CompletedCommand): string {
  return options.flatMap(({ names }) => names).join(" ");
}

/** Words that are not options: subcommands, or the values of an argument. */
function wordsOf({ commands, values }: CompletedCommand): string {
  return [...commands, ...(typeof values === "string" ? [] : values)].join(" ");
}

function bashScript(commands: readonly CompletedCommand[]): string {
  const complete = (words: string): string => `COMPREPLY=($(compgen -W "${words}" -- "$current"))`;
  return [
    "# crossrank completion for bash",
    "_crossrank() {",
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="" index`,
    "  COMPREPLY=()",
    "  for ((index = 1; index < COMP_CWORD; index++)); do",
    `    case "$command/\${COMP_WORDS[index]}" in ${pathCase(commands)}) command="$command/\${COMP_WORDS[index]}" ;; esac`,
    "  done",
    '  case "$command:$previous" in',
    ...optionCases(commands, (values) =>
      values === "files"
        ? 'COMPREPLY=($(compgen -f -- "$current")); return'
        : `${values === "anything" ? ":" : complete(values.join(" "))}; return`,
    ),
    "  esac",
    '  if [[ "$current" == -* ]]; then',
    '    case "$command" in',
    ...commands.map((command) => `      "${command.path}") ${complete(optionNames(command))} ;;`),
    "    esac",
    "    return",
    "  fi",
    '  case "$command" in',
    ...commands.filter((command) => wordsOf(command) !== "").map((command) => `    "${command.path}") ${complete(wordsOf(command))} ;;`),
    "  esac",
    "}",
    "complete -o default -F _crossrank crossrank",
  ].join("\n");
}

function zshScript(commands: readonly CompletedCommand[]): string {
  return [
    "#compdef crossrank",
    "_crossrank() {",
    '  local command="" word',
    `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
    `    case "$command/$word" in ${pathCase(commands)}) command="$command/$word" ;; esac`,
    "  done",
    `  case "$command:\${words[CURRENT-1]}" in`,
    ...optionCases(commands, (values) =>
      values === "files" ? "_files; return" : values === "anything" ? "return" : `compadd -- ${values.join(" ")}; return`,
    ),
    "  esac",
    `  if [[ "\${words[CURRENT]}" == -* ]]; then`,
    '    case "$command" in',
    ...commands.map((command) => `      "${command.path}") compadd -- ${optionNames(command)} ;;`),
    "    esac",
    "    return",
    "  fi",
    '  case "$command" in',
    ...commands.map((command) => {
      const words = wordsOf(command);
      const actions = [
        ...(words === "" ? [] : [`compadd -- ${words}`]),
        ...(command.values === "files" || command.path === "" ? ["_files"] : []),
      ];
      return `    "${command.path}") ${actions.join("; ") || ":"} ;;`;
    }),
    "  esac",
    "}",
    "compdef _crossrank crossrank",
  ].join("\n");
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const quote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const lines = commands.flatMap((command) => {
    const here = `complete -c crossrank -n ${quote(`__crossrank_at '${command.path}'`)}`;
    const options = command.options.map(({ names, description, values }) => {
      const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
      const value =
        values === undefined ? "" : values === "files" ? " -r -F" : values === "anything" ? " -x" : ` -x -a ${quote(values.join(" "))}`;
      return `${here} ${flags}${value} -d ${quote(description)}`;
    });
    const inner = command.commands.map((name) => {
      const { description } = commands.find(({ path }) => path === `${command.path}/${name}`)!;
      return `${here} -a ${name} -d ${quote(description)}`;
    });
    const takesFiles = command.values === "files" || command.path === "";
    const words = typeof command.values === "string" ? [] : [`${here} -a ${quote(command.values.join(" "))}`];
    return [...(takesFiles ? [] : [`${here} -f`]), ...inner, ...words, ...options];
  });
  return [
    "# crossrank completion for fish",
    "function __crossrank_at",
    "  set -l command ''",
    "  for word in (commandline -opc)[2..]",
    `    if contains -- "$command/$word" ${commands
      .filter(({ path }) => path !== "")
      .map(({ path }) => path)
      .join(" ")}`,
    '      set command "$command/$word"',
    "    end",
    "  end",
    '  test "$command" = "$argv[1]"',
    "end",
    ...lines,
  ].join("\n");
}
