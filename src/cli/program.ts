/** Declares the commands and their options. A command's own code is imported only when it runs, so `--help` and `--version` are fast. */
import { Argument, Command, CommanderError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addEval } from "./eval/eval-program.ts";
import type { CommonOptions, Io } from "./io.ts";
import { collect, finiteNumber, integerFrom, secondsFrom } from "./option-values.ts";

/**
 * Runs one command line.
 *
 * @param args without the program's name
 *
 * @returns the exit code: 0, 1 unexpected, 2 bad input, 3 the model failed, 130 interrupted; never throws
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const program = createProgram(io);
  try {
    await program.parseAsync(args.length === 0 ? ["--help"] : [...args], { from: "user" });
    return 0;
  } catch (error) {
    // Commander has already written its error or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { reportFailure } = await import("./failure.ts");
    return reportFailure(io, error, program.opts<CommonOptions>().debug === true);
  }
}

/** All commands with their options. */
export function createProgram(io: Io): Command {
  const program = new Command("crossrank")
    .description("Order documents by how well they answer a query.")
    .version(packageJson.version)
    .option("-q, --quiet", "show no warnings and no progress bars")
    .option("--debug", "show stack traces of failures")
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.columns, 100) })
    .configureOutput({ outputError: (text) => io.note(`crossrank: ${text.replace(/^error: /, "").trim()}`) })
    .exitOverride()
    .addHelpText("after", programHelp);
  addRank(program, io);
  addServe(program, io);
  addMcp(program, io);
  addModels(program, io);
  addEval(program, io, packageJson.version);
  addBench(program, io);
  addDoctor(program, io);
  addCompletion(program, io);
  return program;
}

function addRank(program: Command, io: Io): void {
  program
    .command("rank", { isDefault: true })
    .summary("order documents by how well they answer a query (the default command)")
    .description("Order the documents of files, or of standard input, by how well they answer the query.")
    .argument("<query>", "what to look for")
    .argument("[files...]", 'documents: one per line, JSONL or a JSON array; "-" is standard input')
    .option("-m, --model <model>", 'preset, hub id (org/name), ./folder or provider/model (default: "mini")')
    .option("-k, --top-k <count>", "maximum number of results (default: all)", integerFrom(0))
    .option("-t, --threshold <score>", "leave out results with a lower score", finiteNumber)
    .option("-f, --field <name>", "field of JSON objects to read, repeatable, in order (default: text, content, …)", collect)
    .addOption(new Option("--format <format>", "default: table on a terminal, else jsonl").choices(["table", "json", "jsonl", "tsv"]))
    .addOption(new Option("--input <format>", "default: by the file's extension, then by its content").choices(["lines", "jsonl", "json"]))
    .option("--batch-size <count>", "maximum pairs in one forward pass (default: 32)", integerFrom(1))
    .option("--max-length <tokens>", "maximum tokens of a query and a document together", integerFrom(8))
    .option("--model-file <path>", "another ONNX file of the model's repository or folder")
    .addOption(new Option("--truncation <way>", "what to do with longer texts").choices(["longest_first", "only_second", "error"]))
    .option("--calibration <file>", "file from crossrank eval calibrate for this model: scores become probabilities")
    .option("--cache-dir <folder>", "folder of downloaded models")
    .addHelpText("after", rankHelp)
    .action(async (query: string, files: string[], _options: unknown, command: Command) => {
      const { mistypedCommand, suggestCommand } = await import("./mistyped-command.ts");
      const suggestion = suggestCommand(program, program.args);
      if (files.length === 0 && io.stdinIsTerminal) {
        if (suggestion !== undefined) throw mistypedCommand(query, suggestion);
        command.error("no documents: name a file, or pipe them in. See crossrank rank --help");
      }
      const { rankCommand } = await import("./rank.ts");
      await rankCommand(io, query, files, command.optsWithGlobals(), suggestion);
    });
}

function addServe(program: Command, io: Io): void {
  program
    .command("serve")
    .summary("answer rerank requests over HTTP, in crossrank's own API and in those of other rerankers")
    .description("Serve models over HTTP until a signal comes. Routes, dialects and limits: docs/server.md.")
    .option("--config <file>", "settings as JSON or YAML; keys are the flags' names (default: $CROSSRANK_CONFIG)")
    .option(
      "-m, --model <[name=]model>",
      'model to load at start, repeatable; requests get the first by default (default: "mini")',
      collect,
    )
    .option("--backend <file>", "module that exports a backend, repeatable; requests name it as a plugin", collect)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only)")
    .option("-p, --port <number>", "port to listen on; 0 selects a free one (default: $PORT, else 8000)", integerFrom(0, 65_535))
    .option("--socket <path>", "listen on a Unix socket instead of host and port")
    .option("--tls-cert <file>", "PEM certificate; with --tls-key, serve HTTPS")
    .option("--tls-key <file>", "PEM key of the certificate")
    .option(
      "--api-key <key>",
      "key that requests must send, repeatable; other users can see it in the process list (default: $CROSSRANK_API_KEYS)",
      collect,
    )
    .option("--api-key-file <file>", "file with one API key per line; # begins a comment")
    .option(
      "--allowed-host <name>",
      'host name that clients may use, repeatable; "*" for any (default: any; only local names on a local address without keys)',
      collect,
    )
    .option("--cors-origin <origin>", 'origin whose pages may call, repeatable; "*" for all (default: none)', collect)
    .option("--base-path <path>", "path in front of every route")
    .option("--allow-models", "let requests name hub ids and hosted models, too")
    .option("--no-download", "serve only models that are on this machine")
    .option("--strict-model", "an unknown model name in a dialect is an error, not the first model")
    .option("--max-documents <count>", "maximum documents of one request (default: 1024)", integerFrom(1))
    .option("--max-body-bytes <bytes>", "maximum body of one request (default: 16777216)", integerFrom(1))
    .option("--max-query-chars <count>", "maximum characters of a query (default: 65536)", integerFrom(1))
    .option("--max-document-chars <count>", "maximum characters of one document (default: 1000000)", integerFrom(1))
    .option("--max-requests <count>", "maximum requests answered at once; more get 429 (default: 1024)", integerFrom(1))
    .option("--max-queued <count>", "maximum documents that wait for a model; more get 429 (default: 16384)", integerFrom(1))
    .option("--max-models <count>", "maximum models loaded on request, in addition to --model (default: 2)", integerFrom(1))
    .option("--timeout <seconds>", "maximum time of one request (default: 60)", secondsFrom(0.001))
    .option("--request-timeout <seconds>", "maximum time for a request to arrive, body included (default: 120)", secondsFrom(0.001))
    .option("--write-timeout <seconds>", "maximum time for a client to read its reply (default: 60)", secondsFrom(0.001))
    .option("--drain-delay <seconds>", "after a signal, keep answering this long while /ready returns 503 (default: 0)", secondsFrom(0))
    .option("--drain-timeout <seconds>", "after that, maximum wait for running requests (default: 30)", secondsFrom(0))
    .option("--workers <count>", "threads that each hold a model (default: by the machine)", integerFrom(1))
    .option("--threads <count>", "threads of one worker (default: by the machine)", integerFrom(1))
    .option("--calibration <[name=]file>", "file from crossrank eval calibrate, for the first or the named model; repeatable", collect)
    .option("--score-cache-bytes <bytes>", "memory to cache the scores of pairs (default: 0)", integerFrom(0))
    .option("--cache-dir <folder>", "folder of downloaded models")
    .addOption(
      new Option("--log-level <level>", "default: info, one line of JSON per request").choices([
        "debug",
        "info",
        "warn",
        "error",
        "silent",
      ]),
    )
    .addHelpText("after", serveHelp)
    .action(async (_options, command: Command) => {
      const { serveCommand } = await import("./serve.node.ts");
      await serveCommand(io, command);
    });
}

function addMcp(program: Command, io: Io): void {
  program
    .command("mcp")
    .summary("give agents tools that rerank, over the Model Context Protocol")
    .description("Serve the tools rerank and list_models on standard input and output, for an agent that starts this command.")
    .option("-m, --model <[name=]model>", 'model to load at start, repeatable; calls get the first by default (default: "mini")', collect)
    .option("--files <folder>", "also serve the tool rerank_files, which reads the text files of this folder")
    .option("--allow-models", "let calls name hub ids and hosted models, too")
    .option("--no-download", "use only models that are on this machine")
    .option("--timeout <seconds>", "maximum time of one call (default: 600)", secondsFrom(0.001))
    .option("--workers <count>", "threads that each hold a model (default: by the machine)", integerFrom(1))
    .option("--threads <count>", "threads of one worker (default: by the machine)", integerFrom(1))
    .option("--cache-dir <folder>", "folder of downloaded models")
    .addHelpText("after", mcpHelp)
    .action(async (_options, command: Command) => {
      const { mcpCommand } = await import("./mcp.node.ts");
      await mcpCommand(io, command.optsWithGlobals());
    });
}

function addModels(program: Command, io: Io): void {
  const models = program
    .command("models")
    .summary("list, download, check and remove models")
    .description("The models that crossrank knows by name, and those on this machine.")
    .addHelpText("after", modelsHelp);
  const library = (): Promise<typeof import("./models.ts")> => import("./models.ts");
  const add = (name: string, description: string): Command =>
    models.command(name).description(description).option("--cache-dir <folder>", "folder of downloaded models");

  add("list", "every preset: repository, size, languages, limit, license, published quality, and whether it is on this machine")
    .option("--json", "write JSON for scripts")
    .action(async (_options, command: Command) => (await library()).listModels(io, command.optsWithGlobals()));
  add("pull", "download a model, or complete a download")
    .argument("<model>", "preset or hub id (org/name, org/name@revision)")
    .option("--model-file <path>", "another ONNX file of the repository")
    .option("--force", "ask the hub again for a branch that is already here")
    .action(async (model: string, _options, command: Command) => (await library()).pullModel(io, model, command.optsWithGlobals()));
  add("info", "everything known about a model")
    .argument("<model>", "preset, hub id or ./folder")
    .option("--model-file <path>", "another ONNX file of the repository or folder")
    .option("--json", "write JSON for scripts")
    .action(async (model: string, _options, command: Command) => (await library()).showModel(io, model, command.optsWithGlobals()));
  add("remove", "delete a downloaded model from the cache")
    .argument("<model>", "preset or hub id")
    .action(async (model: string, _options, command: Command) => (await library()).removeModel(io, model, command.optsWithGlobals()));
  add("verify", "compare the files on this machine with their checksums; exit code 3 when one differs")
    .argument("[model]", "preset or hub id (default: all downloaded ones)")
    .option("--json", "write JSON for scripts")
    .action(async (model: string | undefined, _options, command: Command) =>
      (await library()).verifyModels(io, model, command.optsWithGlobals()),
    );
}

function addBench(program: Command, io: Io): void {
  program
    .command("bench")
    .summary("measure latency and speed of a model, or of two configurations in turns")
    .description("Latency, speed, padding, event-loop delay and memory of a model on your documents, or on generated English ones.")
    .argument("[files...]", 'documents, as for rank; "-" is standard input (default: three generated lists)')
    .option("--query <query>", "what to look for; required with files")
    .option("-m, --model <model>", 'preset, hub id (org/name), ./folder or provider/model (default: "mini")')
    .option("--rounds <count>", "timed calls of each configuration on each list (default: 10)", integerFrom(1))
    .option("--warm-up <count>", "calls before the timed ones (default: 2)", integerFrom(0))
    .option("--sync", "measure rerankSync, on the calling thread")
    .option("--vs <changes>", "also measure a second configuration, in turns with the first: the first with these changes")
    .option("--batch-size <count>", "maximum pairs in one forward pass (default: 32)", integerFrom(1))
    .option("--workers <count>", "threads that each hold the model (default: by the machine)", integerFrom(1))
    .option("--threads <count>", "threads of one worker (default: by the machine)", integerFrom(1))
    .option("--max-length <tokens>", "maximum tokens of a query and a document together", integerFrom(8))
    .option("--model-file <path>", "another ONNX file of the model's repository or folder")
    .option("-f, --field <name>", "field of JSON objects to read, repeatable, in order (default: text, content, …)", collect)
    .addOption(new Option("--input <format>", "default: by the file's extension, then by its content").choices(["lines", "jsonl", "json"]))
    .option("--cache-dir <folder>", "folder of downloaded models")
    .option("--json", "write JSON for scripts, with each round's time")
    .addHelpText("after", benchHelp)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const { benchCommand } = await import("./bench/bench.ts");
      await benchCommand(io, packageJson.version, files, command.optsWithGlobals());
    });
}

function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .summary("show what crossrank finds on this machine, with one timed run")
    .description("Versions, runtime, processor, memory, cache and models of this machine, and one timed run of the bundled model.")
    .option("--cache-dir <folder>", "folder of downloaded models")
    .option("--json", "write JSON for scripts")
    .action(async (_options, command: Command) => {
      const { doctorCommand } = await import("./doctor.ts");
      await doctorCommand(io, packageJson.version, command.optsWithGlobals());
    });
}

function addCompletion(program: Command, io: Io): void {
  program
    .command("completion")
    .summary("print a completion script for bash, zsh or fish")
    .description("Print a script that completes commands, options and names of models in a shell.")
    .addArgument(new Argument("<shell>", "whose words are completed").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", completionHelp)
    .action(async (shell: string) => {
      const { completionCommand } = await import("./completion.ts");
      await completionCommand(io, program, shell);
    });
}

const programHelp = `
Examples:
  crossrank "How to train a dog" pets.txt          short for: crossrank rank …
  crossrank rank "models" notes.txt                a query that is also a command's name
  crossrank serve --model balanced                 an HTTP server on port 8000
  crossrank models list                            which model for which need
  crossrank eval run ./scifact --model fast        is it better than BM25 on your judgments?
  crossrank bench --vs workers=1
  crossrank doctor

Exit codes: 0 done, 1 unexpected failure, 2 bad input, 3 the model failed, 130 interrupted.
NO_COLOR=1 turns colors off. CROSSRANK_CACHE is the folder of downloaded models.`;

const rankHelp = `
Examples:
  crossrank rank "How to train a dog" pets.txt --top-k 3
  crossrank rank "late delivery" tickets.jsonl --field subject --field body --format tsv
  search "late delivery" | crossrank rank "late delivery" --model balanced

Output:
  table  rank, score, a bar, and the text cut to the terminal; the default on a terminal
  jsonl  one {"index","score","document","file","line"} per line, best first; the default in a pipe
  json   one object {"results","model","usage","warnings"}
  tsv    rank, index, score, text, file, line; no header; tabs, line ends and backslashes in the text are escaped (\\t, \\n, \\\\)
  index counts the documents of all files from 0, without blank lines. file and line say where a document begins.`;

const serveHelp = `
Examples:
  crossrank serve
  crossrank serve --model balanced --model house=./models/house --host 0.0.0.0 --api-key-file keys.txt
  curl -s localhost:8000/rerank -H 'content-type: application/json' -d '{"query":"dogs","documents":["a cat","a dog"]}'

Every flag is also an environment variable and a key of the configuration file: --max-models is CROSSRANK_MAX_MODELS and
maxModels. Flags win over variables, and variables win over the file. In variables, commas separate the items of a list.
SIGTERM, SIGINT and SIGHUP stop the server after it has answered the running requests. A second signal stops it at once.`;

const mcpHelp = `
Examples:
  crossrank mcp
  crossrank mcp --files ~/notes --model balanced

Configuration of an agent, in its mcpServers:
  "crossrank": { "command": "npx", "args": ["-y", "crossrank", "mcp"] }

crossrank serve offers the same tools over HTTP, at /mcp.`;

const modelsHelp = `
Examples:
  crossrank models list
  crossrank models pull balanced
  crossrank models info BAAI/bge-reranker-base --json
  crossrank models verify`;

const completionHelp = `
Examples:
  source <(crossrank completion bash)              in ~/.bashrc
  source <(crossrank completion zsh)               in ~/.zshrc, after compinit
  crossrank completion fish > ~/.config/fish/completions/crossrank.fish`;

const benchHelp = `
Examples:
  crossrank bench --model balanced --rounds 5
  crossrank bench tickets.jsonl --query "late delivery" --field subject --field body --json
  crossrank bench --model fast --vs "workers=1,threads=2"
  crossrank bench --vs sync=true

Changes: key=value, separated by commas. Keys: model, model-file, max-length, batch-size, workers, threads, cache-dir,
sync (true or false). An empty value means the default.`;
