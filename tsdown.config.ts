import { readdirSync } from "node:fs";
import type { UserConfig } from "tsdown";
import { defineThreadPrograms } from "./scripts/thread-programs.ts";

const shared: UserConfig = {
  format: "esm",
  outDir: "dist",
  target: "node20",
  fixedExtension: false,
  sourcemap: false,
  treeshake: true,
  // For Symbol.asyncDispose, which a dependent's own "lib" may lack.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  plugins: [
    {
      // Comments of a type's keys come out behind the key before, or stuck to their own, where editors do not find them.
      name: "documentation-on-its-own-line",
      generateBundle(_options, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === "chunk" && chunk.fileName.endsWith(".d.ts"))
            chunk.code = chunk.code.replace(/([;{]) (\/\*\*[^\n]*\*\/)\n/g, "$1\n$2\n").replace(/(\/\*\*[^\n]*\*\/)(?=\w)/g, "$1\n");
        }
      },
    },
  ],
};

const config: UserConfig[] = [
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      testing: "src/testing/backend-suite.ts",
      server: "src/server/index.ts",
      cli: "src/cli/main.node.ts",
      "traced-runtime": "src/traced-runtime.node.ts",
      "untraced-runtime": "src/untraced-runtime.ts",
    },
    platform: "node",
    // Every start would read its many files: zod alone took a third of the time of --version.
    noExternal: [/^zod(?:\/|$)/],
    define: await defineThreadPrograms(),
    plugins: [
      shared.plugins,
      {
        // Never called, only traced: src/traced-runtime.node.ts. As text, because it would be left out as code that nothing uses.
        name: "trace-runtime",
        generateBundle(_options, bundle) {
          const index = bundle["index.js"];
          if (index?.type === "chunk") index.code += 'const traced = () => import("#onnxruntime-node");\n';
        },
      },
    ],
    // Nobody imports the others. web.js has the same exports as index.js, and so its declarations.
    dts: { entry: ["src/index.ts", "src/testing/backend-suite.ts", "src/server/index.ts"], oxc: { stripInternal: true } },
    // The page that shows the server's OpenAPI document asks no other host.
    copy: [
      ...["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"].map((name) => ({
        from: `node_modules/swagger-ui-dist/${name}`,
        to: "dist/swagger-ui",
      })),
      // Editors check configuration files by it.
      { from: "docs/serve.schema.json", to: "dist" },
    ],
  },
  // Each by itself, so that it shares no chunk that could import something of Node.
  { ...shared, entry: { web: "src/web.ts" }, platform: "neutral", dts: false, clean: false },
  { ...shared, entry: { eval: "src/eval/index.ts" }, platform: "neutral", dts: true, clean: false },
  {
    ...shared,
    entry: Object.fromEntries(
      readdirSync("src/adapters")
        .filter((name) => !name.endsWith(".test.ts"))
        .map((name) => [`adapters/${name.slice(0, -3)}`, `src/adapters/${name}`]),
    ),
    platform: "neutral",
    dts: true,
    clean: false,
    plugins: [
      shared.plugins,
      {
        // An adapter uses the entry point that the user's platform has, and shares its models and backends.
        name: "import-crossrank",
        resolveId: (source, importer) =>
          source === "../index.ts" && /[\\/]src[\\/]adapters[\\/]/.test(importer ?? "") ? { id: "crossrank", external: true } : undefined,
      },
    ],
  },
];
export default config;
