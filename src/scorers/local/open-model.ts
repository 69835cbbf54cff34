/** What a thread needs to open a model, and the open model. */
import type { Positions } from "../../onnx-graph/probe.ts";
import type { Padding } from "./feeds.ts";
import type { OpenableFiles } from "./model-files.node.ts";
import type { ResolvedHead } from "./reading.ts";
import type { OnnxSession, SessionProvider } from "./session.node.ts";

/** Everything that a thread needs to open a model; plain data. */
export interface ExecutorOptions extends OpenableFiles {
  /** Name of the model, for messages. */
  model: string;
  tokenizerPath: string;
  /** Parsed tokenizer_config.json. */
  tokenizerConfig: unknown;
  /** Rows of the token-type table; below 2, all token types are 0. */
  typeVocabSize: number;
  /** Decides which outputs the graph computes. */
  headType: ResolvedHead["type"];
  padding: Omit<Padding, "id">;
  /** Such a graph computes its scale from the whole batch. So it runs one pair per pass, and scores do not depend on other pairs. */
  isDynamicallyQuantized: boolean;
  /** Such logits are converted to float32 before they are read. */
  hasBfloat16Logits: boolean;
  /** Whether weights are in other files than the ONNX file. The runtime maps those into memory. */
  hasExternalData: boolean;
  threads: number;
  provider: SessionProvider;
  deviceId: number;
}

/** An open model. */
export interface OpenModel {
  session: OnnxSession;
  /** Whether the graph was rewritten: then its tensors stay in files, which the runtime maps into memory. */
  isRewritten: boolean;
  /** Set if pairs are packed, that is, concatenated without padding. */
  packing: { positions: Positions | undefined } | undefined;
}
