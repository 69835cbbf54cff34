/** Names of the thread entries, as the build writes them: dist/<name>.js. */
export type ThreadName = "onnx-worker" | "download-thread" | "module-thread" | "network-thread";

/**
 * Where a thread's program is: beside the bundle, or, when the sources run by themselves as in unit tests, in the built
 * package, because Node 20 cannot start a thread from TypeScript.
 */
export function threadUrl(name: ThreadName): URL {
  return new URL(import.meta.url.endsWith(".ts") ? `../../dist/${name}.js` : `./${name}.js`, import.meta.url);
}
