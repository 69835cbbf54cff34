/**
 * ONNX Runtime through its own synchronous binding: a call takes 24 µs and runs on the calling thread.
 * Workers use it too, so `rerank` and `rerankSync` run the same code.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { runInThisContext } from "node:vm";
import { explainDenied, messageOf, RerankError } from "../../errors.ts";
import type { OpenProbe } from "../../onnx-graph/probe.ts";
import { loadPackage } from "../../package-files.node.ts";
import type { Provider } from "../../types.ts";

/** An open model. */
export interface OnnxSession {
  /** Declared shape of the output that is read; −1 for a dynamic dimension. */
  readonly outputShape: readonly number[];
  readonly fixedShape: FixedShape;
  /** Whether the graph reads `attention_mask`; without it, padding changes scores. */
  readonly isMasked: boolean;
  /**
   * One forward pass; blocks the calling thread.
   *
   * @param feeds inputs that the graph does not have are ignored
   * @returns the output's values row by row, and its shape
   * @throws RerankError `inference`
   */
  run(feeds: Feeds): { data: ArrayLike<number>; shape: readonly number[] };
  /** Frees the model. Never call it during a run, and never run the model after it. */
  close(): void;
}

/** Inputs of a graph that reads texts, including those that a rewrite adds (see onnx-graph/). */
export type InputName = "input_ids" | "attention_mask" | "token_type_ids" | "position_ids" | "lengths" | "last_indices";

/** Values of the inputs, row by row. They are int32; `run` converts them to the type that the graph declares. */
export type Feeds = Partial<Record<InputName, { data: Int32Array; shape: readonly number[] }>>;

/** What a graph fixes about the shape [texts, tokens] of its inputs; undefined where any size will do. */
export interface FixedShape {
  texts: number | undefined;
  tokens: number | undefined;
}

/** A model to open: a file, or a model in memory with tensors in files of a folder. */
export type ModelSource = string | { bytes: Uint8Array; folder: string };

/** How a session is opened. */
export interface SessionOptions {
  /** Threads of one pass; ≥ 1. */
  threads: number;
  provider: SessionProvider;
  /** Which device, for providers that have several. */
  deviceId: number;
}

/** What a session runs on: a {@link Provider} other than `auto`. */
export type SessionProvider = Exclude<Provider, "auto">;

interface Metadata {
  name: string;
  isTensor: boolean;
  shape: number[];
  type: number;
}

interface NativeSession {
  loadModel(path: string, options: object): void;
  loadModel(buffer: ArrayBufferLike, start: number, length: number, options: object): void;
  readonly inputMetadata: Metadata[];
  readonly outputMetadata: Metadata[];
  run(feeds: object, fetches: object, options: object): Record<string, { data: ArrayLike<number>; dims: readonly number[] }>;
  dispose(): void;
}

interface Runtime {
  Tensor: new (type: string, data: unknown, dims: readonly number[]) => object;
  NativeSession: new () => NativeSession;
}

// Element types of ONNX's TensorProto.DataType: https://github.com/onnx/onnx/blob/v1.18.0/onnx/onnx.proto3
const int32Type = 6;
const int64Type = 7;
const float16Type = 10;
const floatType = 1;
const doubleType = 11;
const readableOutputs: ReadonlySet<number> = new Set([floatType, float16Type, doubleType]);

const publishedInputs: ReadonlySet<string> = new Set(["input_ids", "attention_mask", "token_type_ids", "position_ids"]);
const rewrittenInputs: ReadonlySet<string> = new Set([...publishedInputs, "lengths", "last_indices"]);

// Keys and values of earlier tokens, shape [texts, heads, tokens, size]. A pass has no earlier tokens, so it feeds empty tensors.
const cachePrefix = "past_key_values.";

// 4 = only fatal messages. Every failure is also thrown, and at a lower level the runtime would print it on stderr.
const quiet = { logSeverityLevel: 4 };

let runtime: Runtime | undefined;

type ArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView;
/** Node's own constructors, by name. */
const realm = runInThisContext("globalThis") as Record<string, ArrayConstructor>;

/**
 * Switches off the telemetry of ONNX Runtime. Otherwise, 1.30 writes a device id into the user's cache folder and sends events to
 * Microsoft. The runtime reads the process's environment when it starts, and only the main thread can write that. So call this on the main
 * thread, before any other thread starts. A value that the user has set, also 0, stays.
 *
 * @see docs/decisions/runtime-telemetry.md
 */
export function disableTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
}

/** The runtime's name of each provider, and what the provider needs. */
const providers: Record<SessionProvider, { runtimeName: string; needs: string }> = {
  cpu: { runtimeName: "cpu", needs: "" },
  cuda: {
    runtimeName: "cuda",
    needs:
      "an NVIDIA driver, CUDA 12 and cuDNN 9, and the GPU files of onnxruntime-node: run its script/install.js with ONNXRUNTIME_NODE_INSTALL=cuda12",
  },
  coreml: { runtimeName: "coreml", needs: "macOS on Apple silicon" },
  directml: { runtimeName: "dml", needs: "Windows with a DirectX 12 device" },
  webgpu: { runtimeName: "webgpu", needs: "a graphics device that WebGPU can use" },
};

/**
 * Opens a model. The runtime itself finds external data next to a file.
 *
 * @throws RerankError `missing-dependency` if the runtime or the provider is not available, `unsupported-model` if the file
 *   cannot be used or needs inputs that a pair of texts does not have
 */
export function openSession(model: string, source: ModelSource, options: SessionOptions): OnnxSession {
  const { NativeSession } = loadRuntime();
  const native = new NativeSession();
  try {
    load(native, source, {
      executionProviders: [
        options.provider === "cpu" ? "cpu" : { name: providers[options.provider].runtimeName, deviceId: options.deviceId },
      ],
      intraOpNumThreads: options.threads,
    });
  } catch (error) {
    if (options.provider !== "cpu") {
      const { needs } = providers[options.provider];
      const what = `${model}: provider "${options.provider}" is not available: ${messageOf(error).split("\n")[0]}. It needs ${needs}.`;
      throw new RerankError("missing-dependency", `${what} Or use provider "cpu".`, { cause: error });
    }
    throw new RerankError(
      "unsupported-model",
      `${model}: ONNX Runtime cannot load ${typeof source === "string" ? source : "it"}: ${messageOf(error)}.`,
      { cause: error },
    );
  }
  const { inputMetadata } = native;
  const caches = inputMetadata.filter(({ name }) => name.startsWith(cachePrefix));
  const inputs = inputMetadata.filter((input) => !caches.includes(input));
  let inputTypes: Map<InputName, number>;
  let fixedShape: FixedShape;
  try {
    fixedShape = readFixedShape(model, inputs);
    inputTypes = readInputs(model, inputs, typeof source === "string" ? publishedInputs : rewrittenInputs);
    checkCaches(model, caches);
  } catch (error) {
    native.dispose();
    throw error;
  }
  const output = native.outputMetadata.find((metadata) => metadata.name === "logits") ?? native.outputMetadata[0]!;
  if (!readableOutputs.has(output.type)) {
    native.dispose();
    const what = `${model}: the graph's output "${output.name}" has the element type ${output.type} of ONNX`;
    throw new RerankError(
      "unsupported-model",
      `${what}, which cannot be read. Export the model with logits of float32, float16 or bfloat16.`,
    );
  }
  const fetches = { [output.name]: null };
  return {
    outputShape: output.shape,
    fixedShape,
    isMasked: inputTypes.has("attention_mask"),
    run(feeds) {
      const tensors: Record<string, object> = {};
      for (const [name, type] of inputTypes) {
        const { data, shape } = feeds[name]!;
        tensors[name] = type === int64Type ? tensorOf("int64", widen(data), shape) : tensorOf("int32", data.slice(), shape);
      }
      for (const { name, type, shape } of caches) {
        const [data, typeName] = type === floatType ? [new Float32Array(0), "float32"] : [new Uint16Array(0), "float16"];
        tensors[name] = tensorOf(typeName as string, data as Float32Array | Uint16Array, [
          feeds.input_ids!.shape[0]!,
          shape[1]!,
          0,
          shape[3]!,
        ]);
      }
      try {
        const result = native.run(tensors, fetches, quiet)[output.name]!;
        return { data: output.type === float16Type ? halfToFloat(result.data) : result.data, shape: result.dims };
      } catch (error) {
        const shape = feeds.input_ids!.shape.join(" × ");
        throw new RerankError("inference", `${model}: a pass of ${shape} tokens failed: ${messageOf(error)}`, { cause: error });
      }
    },
    close: () => native.dispose(),
  };
}

/** Opens a small model in memory for {@link OpenProbe}'s purpose. @throws what the runtime throws */
export const openProbe: OpenProbe = (bytes) => {
  const { NativeSession } = loadRuntime();
  const native = new NativeSession();
  load(native, { bytes, folder: "" }, { executionProviders: ["cpu"], intraOpNumThreads: 1 });
  const fetches = Object.fromEntries(native.outputMetadata.map(({ name }) => [name, null]));
  return {
    run(feeds) {
      const tensors = native.inputMetadata.map(({ name }) => {
        const { type, data, dimensions } = feeds[name]!;
        return [name, tensorOf(type, data, dimensions)] as const;
      });
      const results = Object.entries(native.run(Object.fromEntries(tensors), fetches, {}));
      return Object.fromEntries(results.map(([name, { data, dims }]) => [name, { data, dimensions: dims }]));
    },
    close: () => native.dispose(),
  };
};

/**
 * The provider that `auto` tries first: CUDA if its library is installed with the runtime (which only happens on purpose), otherwise the
 * CPU. Other providers run only if the configuration names them.
 */
export function automaticProvider(): SessionProvider {
  let folder: string;
  try {
    folder = dirname(loadPackage((require) => require.resolve("onnxruntime-node/package.json")));
  } catch {
    return "cpu"; // opening a session will name what is missing
  }
  const name = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
  return existsSync(join(folder, "bin", "napi-v6", process.platform, process.arch, name)) ? "cuda" : "cpu";
}

function loadRuntime(): Runtime {
  if (runtime !== undefined) return runtime;
  disableTelemetry();
  try {
    const { Tensor, env } = loadPackage((require) => require("onnxruntime-node")) as Pick<Runtime, "Tensor"> & {
      env?: { logLevel?: string };
    };
    // Every failure is also thrown, and a library must not print to its user's terminal.
    if (env !== undefined) env.logLevel = "fatal";
    // Not a documented entry, but the package has no exports map, and the version is pinned. It is the only way to a synchronous
    // run until a release has one (microsoft/onnxruntime#27604).
    const { binding, initOrt } = loadPackage((require) => require("onnxruntime-node/dist/binding.js")) as {
      binding: { InferenceSession: Runtime["NativeSession"] };
      initOrt: () => void;
    };
    initOrt();
    if (typeof binding.InferenceSession.prototype.run !== "function") throw new Error("this version has no synchronous run");
    runtime = { Tensor, NativeSession: binding.InferenceSession };
    return runtime;
  } catch (error) {
    throw missingRuntime(error);
  }
}

function missingRuntime(cause: unknown): RerankError {
  const denied = explainDenied(cause, "onnx-node");
  if (RerankError.is(denied)) return denied;
  const { code } = cause as NodeJS.ErrnoException;
  const what = `onnx-node: cannot load "onnxruntime-node" on ${process.platform} ${process.arch}: ${messageOf(cause).split("\n")[0]}.`;
  const otherwise = "or use a plugin backend or a hosted model, which need no runtime.";
  if (code === "ERR_DLOPEN_DISABLED") {
    const remedy =
      "Node was started so that it loads no native code. Start it without --no-addons, with --allow-addons under --permission,";
    return new RerankError("missing-dependency", `${what} ${remedy} ${otherwise}`, { cause });
  }
  // Next to a bundle, the package is missing, not broken.
  const remedy =
    code === "MODULE_NOT_FOUND"
      ? "Install it where this code runs (npm install onnxruntime-node@1.30.0 --ignore-scripts; for bundles see docs/bundlers.md),"
      : "It runs on glibc Linux (x64, arm64), macOS arm64 and Windows. Reinstall it (npm install onnxruntime-node@1.30.0 --ignore-scripts),";
  return new RerankError("missing-dependency", `${what} ${remedy} ${otherwise}`, { cause });
}

/**
 * A tensor of the runtime. Its class checks that the data is `instanceof` a typed array of its own realm. In Jest, this code runs in another
 * realm, so the data gets a view of the right class.
 */
function tensorOf(type: string, data: ArrayBufferView & { length: number }, shape: readonly number[]): object {
  const { Tensor } = loadRuntime();
  const Own = realm[data.constructor.name]!;
  const isOwn: boolean = data instanceof Own;
  return new Tensor(type, isOwn ? data : new Own(data.buffer, data.byteOffset, data.length), shape);
}

function load(native: NativeSession, source: ModelSource, options: object): void {
  const settings = { interOpNumThreads: 1, ...quiet, ...options };
  if (typeof source === "string") native.loadModel(source, settings);
  else {
    const { buffer, byteOffset, byteLength } = source.bytes;
    const extra = { session: { model_external_initializers_file_folder_path: source.folder } };
    native.loadModel(buffer, byteOffset, byteLength, { ...settings, ...(source.folder === "" ? {} : { extra }) });
  }
}

function readInputs(model: string, metadata: readonly Metadata[], known: ReadonlySet<string>): Map<InputName, number> {
  const types = new Map<InputName, number>();
  for (const input of metadata) {
    if (!known.has(input.name) || (input.type !== int64Type && input.type !== int32Type)) {
      throw new RerankError(
        "unsupported-model",
        `${model}: the graph asks for an input "${input.name}" that a pair of texts does not give. Export the model for sequence classification with input_ids, attention_mask and token_type_ids (a causal language model: also position_ids and past_key_values).`,
      );
    }
    types.set(input.name as InputName, input.type);
  }
  if (!types.has("input_ids")) throw new RerankError("unsupported-model", `${model}: the graph has no input "input_ids".`);
  return types;
}

/** @throws RerankError `unsupported-model` for a shape that texts cannot be put into without changing their scores */
function readFixedShape(model: string, metadata: readonly Metadata[]): FixedShape {
  const advice = "Export the model with dynamic axes.";
  const inputs = metadata.filter(({ name, shape }) => publishedInputs.has(name) && shape.length > 0);
  for (const { name, shape } of inputs) {
    if (shape.length === 2) continue;
    const what = `${model}: the graph's input "${name}" has ${shape.length} dimensions, and crossrank gives it two, [texts, tokens]`;
    throw new RerankError("unsupported-model", `${what}. ${advice}`);
  }
  const sizeOf = (dimension: 0 | 1, unit: string): number | undefined => {
    const [first, ...others] = inputs.filter(({ shape }) => shape[dimension]! > 0);
    const other = others.find(({ shape }) => shape[dimension] !== first!.shape[dimension]);
    if (other === undefined) return first?.shape[dimension];
    const what = `"${first!.name}" to ${first!.shape[dimension]} ${unit} and "${other.name}" to ${other.shape[dimension]}`;
    throw new RerankError("unsupported-model", `${model}: the graph fixes its input ${what}, which no text fits. ${advice}`);
  };
  const fixed = { texts: sizeOf(0, "texts"), tokens: sizeOf(1, "tokens") };
  if (fixed.tokens !== undefined && !metadata.some(({ name }) => name === "attention_mask")) {
    const what = `${model}: the graph reads ${fixed.tokens} tokens, no fewer, and has no input "attention_mask"`;
    throw new RerankError("unsupported-model", `${what}: the padding of shorter texts would change their scores. ${advice}`);
  }
  return fixed;
}

function checkCaches(model: string, caches: readonly Metadata[]): void {
  for (const { name, type, shape } of caches) {
    const isKnown = (type === floatType || type === float16Type) && shape.length === 4 && shape[1]! > 0 && shape[2]! <= 0 && shape[3]! > 0;
    if (isKnown) continue;
    throw new RerankError(
      "unsupported-model",
      `${model}: the graph's input "${name}" is not a cache of floats of the shape [texts, heads, tokens, size]. Export the model as optimum does, or without a cache.`,
    );
  }
}

/** int32 → int64 by writing the lower halves: 30 times faster than BigInt64Array.from. Values are ids and masks, never negative. */
function widen(values: Int32Array): BigInt64Array {
  const wide = new BigInt64Array(values.length);
  const halves = new Int32Array(wide.buffer);
  for (let index = 0; index < values.length; index += 1) halves[index * 2] = values[index]!;
  return wide;
}

/** Decodes IEEE 754 half precision. On Node 20 and 22, the runtime returns it as bit patterns. */
function halfToFloat(bits: ArrayLike<number>): Float32Array {
  const values = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index += 1) {
    const half = bits[index]!;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[index] = half & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}
