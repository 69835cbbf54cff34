/** Input and output of a command. `io.node.ts` implements it for a real process. */
export interface Io {
  /** Writes to standard output and waits until there is room for more. Does nothing after the reader has closed the pipe. */
  write(text: string): Promise<void>;
  /** Writes one line to standard error. Replaces control characters. */
  note(line: string): void;
  /**
   * Reads a file, or standard input for "-", line by line, without line ends. Reads gzip and UTF-16, too.
   *
   * @throws NotTextError if the file is not text
   */
  lines(path: string): AsyncIterable<string>;
  /** The first SIGINT, SIGTERM or SIGHUP aborts it. */
  readonly signal: AbortSignal;
  /** The second of these signals aborts it: stop at once, without waiting for running work. */
  readonly forceSignal: AbortSignal;
  /** Call it if the command expected the signal. Then the process exits with the command's code, not with the signal's. */
  settleSignal(): void;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Whether output may have colors: on a terminal or with FORCE_COLOR, but never with NO_COLOR. */
  readonly hasColor: boolean;
  /** Columns of the terminal; 80 if unknown. */
  readonly columns: number;
}

/** Options that every command has. */
export interface CommonOptions {
  quiet?: boolean;
  debug?: boolean;
}
