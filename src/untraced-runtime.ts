/** What "#onnxruntime-node" is for bundlers; see `traced-runtime.node.ts`. */
export {};
