/**
 * What "#onnxruntime-node" is for those that trace files without bundling them (Vercel's tracer, and so Netlify's and Next.js's): they follow
 * this import, and copy the runtime along. Bundlers have the condition "module" and get `untraced-runtime.ts`, because they would
 * fail on the runtime's native code. Never run.
 */
export const importRuntime = (): Promise<unknown> => import("onnxruntime-node");
