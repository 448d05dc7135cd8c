import { defineConfig } from "vitest/config";

/** Where to write the results as JSON as well; see .ci/run. */
const report = process.env.TEST_REPORT;

/** Prints the table of test/faults, when that was run. */
const faults = "./test/faults/reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/helpers/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores: more files at once only make the process tests wait for each other.
    maxWorkers: 2,
    reporters: report ? ["default", faults, ["json", { outputFile: report }]] : ["default", faults],
  },
});
