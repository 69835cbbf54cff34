import type { ViteUserConfig } from "vitest/config";
import { defineThreadPrograms } from "./scripts/thread-programs.ts";

// `npm run test:heavy`: what installs packages, starts many processes, runs all documentation, or compares thousands of golden numbers.
const heavy = ["src/**/*.heavy.test.ts", "test/**/*.heavy.test.ts"];

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
          // Files share what a process has imported. It halves the processor time of the suite, most of which is imports.
          isolate: false,
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
