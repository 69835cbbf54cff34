/** What a command may do to the world; `io.node.ts` does it. */
export interface Io {
  /** Writes to standard output and waits until there is room for more; does nothing once the reader has gone. */
  write(text: string): Promise<void>;
  /** Writes one line to standard error; control characters are replaced. */
  note(line: string): void;
  /**
   * Lines of a file, or of standard input for "-", without their ends, as they arrive; gzip and UTF-16 are read, too.
   *
   * @throws NotTextError for a file that is no text
   */
  lines(path: string): AsyncIterable<string>;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Aborted by the second one: the user will not wait. */
  readonly forceSignal: AbortSignal;
  /** The signal was what the command waited for: its exit code is its own, not the signal's. */
  settleSignal(): void;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Whether standard output may be colored: a terminal, and NO_COLOR is not set; FORCE_COLOR wins over the first. */
  readonly hasColor: boolean;
  /** Columns of the terminal; 80 where that is not known. */
  readonly columns: number;
}

/** Options that every command has. */
export interface CommonOptions {
  quiet?: boolean;
  debug?: boolean;
}
