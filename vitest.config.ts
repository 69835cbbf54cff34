import type { ViteUserConfig } from "vitest/config";
import { defineThreadPrograms } from "./scripts/thread-programs.ts";

// `npm run test:heavy`: what installs packages, starts many processes, runs all documentation, or compares thousands of golden numbers.
const heavy = [
  "test/cli.test.ts",
  "test/completion.test.ts",
  "test/package.test.ts",
  "test/readme.test.ts",
  "test/lifetime.test.ts",
  "test/waits.test.ts",
  "test/restricted.test.ts",
  "test/model-files.test.ts",
  "test/new-dialect.test.ts",
  "test/serve.test.ts",
  "test/server/hostile-*.test.ts",
  "test/deploy.test.ts",
  "test/download.test.ts",
  "test/providers.test.ts",
  "test/network.test.ts",
  "test/hosted-own-server.test.ts",
  "test/remote-own-server.test.ts",
  "src/scorers/remote/random-faults.test.ts",
  "test/calibration.test.ts",
  "test/invariance.test.ts",
  "src/tokenization/linear-time.test.ts",
  "test/damaged-models.test.ts",
  "test/golden/architectures.test.ts",
  "test/golden/pairs.test.ts",
  "test/golden/whole-models.test.ts",
  "test/golden/tiny-models.test.ts",
  "test/library.test.ts",
  "test/eval.test.ts",
  "test/class-labels.test.ts",
  "test/unusual-graphs.test.ts",
  "test/hostile-documents.test.ts",
  "test/server.test.ts",
  "test/heads.test.ts",
  "test/shared-models.test.ts",
  "test/scorers.test.ts",
  "test/licence.test.ts",
  "test/changed-lists.test.ts",
  "test/foreign-values.test.ts",
  "src/models/download.test.ts",
  "src/models/download-faults.test.ts",
  "src/scorers/hosted/faults.test.ts",
];

const config: ViteUserConfig = {
  define: await defineThreadPrograms(),
  test: {
    expect: { poll: { timeout: 20_000 } },
    pool: "forks", // a thread that vitest terminates in the middle of a forward pass would abort the process
    maxWorkers: 2, // by itself vitest leaves one core free, and a machine with two would run one file at a time
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...heavy, "test/clients/**"],
          testTimeout: 60_000,
        },
      },
      // The vendors' own clients, which are installed apart: `npm run test:clients`.
      { extends: true, test: { name: "clients", include: ["test/clients/*.test.ts"], testTimeout: 120_000, hookTimeout: 600_000 } },
      { extends: true, test: { name: "heavy", include: heavy, testTimeout: 300_000, hookTimeout: 300_000 } },
    ],
  },
};
export default config;
