/** Bundles the threads' programs. Each is one CommonJS file; the build embeds its text into the package's code. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const sources = {
  "keeper-thread": "src/threads/keeper-thread.node.ts",
  "onnx-worker": "src/scorers/local/worker.node.ts",
  "download-thread": "src/scorers/local/download-thread.node.ts",
  "network-thread": "src/scorers/network-thread.node.ts",
  "module-thread": "src/scorers/backend/module-thread.node.ts",
};

/** For `define`: the identifier that `src/threads/start-thread.node.ts` reads the programs from. */
export async function defineThreadPrograms(): Promise<{ crossrankThreadPrograms: string }> {
  const programs = await Promise.all(Object.entries(sources).map(async ([name, path]) => [name, await makeProgram(path)] as const));
  return { crossrankThreadPrograms: JSON.stringify(Object.fromEntries(programs)) };
}

async function makeProgram(path: string): Promise<string> {
  const build = await rolldown({
    input: path,
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    platform: "node",
    external: ["onnxruntime-node", "undici"],
    // Code that runs from text has no file path of its own; see src/package-files.node.ts.
    transform: { define: { "import.meta.url": "undefined" } },
  });
  const { output } = await build.generate({ format: "cjs", minify: true, codeSplitting: false });
  await build.close();
  return output[0].code;
}
