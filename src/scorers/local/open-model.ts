/** A model as a thread opens it: what it needs, and what it then has. */
import type { Positions } from "../../onnx-graph/probe.ts";
import type { Padding } from "./feeds.ts";
import type { OpenableFiles } from "./model-files.node.ts";
import type { ResolvedHead } from "./reading.ts";
import type { OnnxSession, SessionProvider } from "./session.node.ts";

/** All that a thread needs to open a model; plain data. */
export interface ExecutorOptions extends OpenableFiles {
  /** Identity, for messages. */
  model: string;
  tokenizerPath: string;
  /** Parsed tokenizer_config.json. */
  tokenizerConfig: unknown;
  /** Rows of the token-type table; below 2, all token types are 0. */
  typeVocabSize: number;
  /** Decides which of the graph's outputs are computed at all. */
  headType: ResolvedHead["type"];
  padding: Omit<Padding, "id">;
  /** A dynamically quantized graph takes its scale from the whole batch: one pair a pass keeps scores independent of it. */
  isDynamicallyQuantized: boolean;
  /** Whether weights lie outside the ONNX file, which the runtime maps into memory. */
  hasExternalData: boolean;
  threads: number;
  provider: SessionProvider;
  deviceId: number;
}

/** An open model; `positions` is there where pairs are packed. */
export interface OpenModel {
  session: OnnxSession;
  /** Whether its tensors are references into files, which the runtime maps into memory. */
  isRewritten: boolean;
  packing: { positions: Positions | undefined } | undefined;
}
