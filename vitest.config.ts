/**
 * How the tests run: from source, in real processes, two files at a time. Not what they check.
 *
 * Type tests (`test/types/*.test-d.ts`) are no business of Vitest's: `npm run types` compiles them with everything
 * else, and a negative case there is an expected error that tsc must find.
 */
import { defineConfig } from "vitest/config"

/** Workspace packages resolve to `src` under this export condition, so nothing needs to be built. */
const SOURCE = "holdfast-source"

// What Vite gives to code for Node when nothing is set.
const conditions = [SOURCE, "module", "node", "development|production"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: [SOURCE] } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/compile-cache.ts"],
    setupFiles: ["test/setup/nothing-left.ts"],
    // A test that kills, freezes or starves its workers must not do it to Vitest's own: processes, never threads.
    pool: "forks",
    // Node resolves the same condition in whatever a test spawns with its own process.execArgv.
    execArgv: [`--conditions=${SOURCE}`],
    // One more than processors: many a test waits, and with two of them a processor had nothing to do (test/pool took
    // 189 s, and 165 with three).
    maxWorkers: 3,
    // A worker process takes 40 to 400 ms to start, a hundred times that on a machine with all cores taken.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // What a test waits for is told of later than it is seen, and any process may be stopped for seconds meanwhile.
    expect: { poll: { timeout: 20_000 } },
    teardownTimeout: 10_000,
    reporters: ["default"]
  }
})
