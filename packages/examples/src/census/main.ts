/**
 * The main job, `npm start`: a census of the source files below a directory, on a pool of supervised workers.
 * Wires the parts together: `walk.ts` finds the files, `task.ts` is what happens to one, `summary.ts` sums up.
 */
import { hostname } from "node:os"
import { createPool, InvalidOptions, type Outcome, WorkerCrashed } from "holdfast"
import manifest from "../../package.json" with { type: "json" }
import { runCommand } from "./command.ts"
import { entriesOf } from "./entry.ts"
import { factsText, type Run } from "./facts.ts"
import type { FactsFile } from "./facts-file.ts"
import { checkOptions, type Options, WrongOptions } from "./options.ts"
import { count, summaryText } from "./print.ts"
import { refusal } from "./refusal.ts"
import { watchForStop } from "./stop.ts"
import { summarise } from "./summary.ts"
import { examine, type Report } from "./task.ts"
import { type Found, walk } from "./walk.ts"

// A worker that dies of a file dies of it again, so a file gets three chances. SIGKILL comes from outside, as from
// somebody's `kill -9`, and is no fault of the file: it may happen a hundred times.
const chances = 3
const kills = 100
const retry = {
  retries: kills - 1,
  minTimeout: 0,
  shouldRetry: (failure: unknown) =>
    failure instanceof WorkerCrashed && (failure.signal === "SIGKILL" || failure.job.attempts.length < chances)
}

// A pool ends when workers keep dying with no file to blame, as where none can start. Somebody who kills them while
// they start looks the same: so many such deaths are borne, and short waits still end it within seconds.
const restart = { max: 50, within: "15 seconds", backoff: { max: "100 millis" } } as const

interface Examined {
  /** In the order of paths; empty where nothing was examined. */
  readonly outcomes: ReadonlyArray<Outcome<Report>>
  readonly restarts: number
}

const examineAll = async (paths: Array<string>, options: Options, signal: AbortSignal): Promise<Examined> => {
  if (paths.length === 0 || signal.aborted) return { outcomes: [], restarts: 0 }
  const { root, workers, isolation } = options
  await using pool = await createPool({ workers, isolation, restart })
  const pids = pool.workers.map(({ pid }) => pid).join(", ")
  console.log(
    isolation === "inline"
      ? "Examined in this process."
      : `${count(workers, "worker")}: ${pids}. Kill any (kill -9): the result stays the same.`
  )
  const outcomes = await pool.settle(
    examine.with({ root }),
    paths.map((path) => ({ path })),
    { key: ({ path }) => path, progress: "census", signal, retry, maxCrashes: kills }
  )
  const restarts = pool.workers.reduce((sum, worker) => sum + worker.restarts, 0)
  // Stopped: nobody needs what still runs.
  if (signal.aborted) await pool.terminate()
  return { outcomes, restarts }
}

/** False where the facts could not be written after all, as on a full disk. */
const keep = (facts: FactsFile, text: string): boolean => {
  try {
    facts.write(text)
    return true
  } catch (error) {
    console.error(`--json "${facts.path}": the facts could not be written: ${refusal(error)}`)
    return false
  }
}

const census = async (options: Options): Promise<number> => {
  const { root, workers, isolation } = options
  using facts = options.facts
  using stop = watchForStop({ silent: facts !== undefined })
  const startedAt = new Date()

  // Walked to the end first, which takes a tenth of a second here: so the progress bar knows its total.
  const found: Array<Found> = []
  for await (const each of walk(root)) {
    if (stop.signal.aborted) break
    found.push(each)
  }
  const paths = found.flatMap((each) => (each._tag === "File" ? each.path : []))
  console.log(`${count(paths.length, "source file")} below ${root}`)

  const { outcomes, restarts } = await examineAll(paths, options, stop.signal)
  const { entries, retried, notExamined } = entriesOf(found, outcomes)
  const summary = summarise(entries)
  const run: Run = {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    root,
    isolation,
    workers,
    restarts,
    stoppedBy: stop.reason?.by ?? null,
    notExamined,
    retried,
    lost: summary.lost.map(({ path, reason }) => ({ path, reason })),
    versions: { node: process.version, zlib: process.versions.zlib, ...manifest.dependencies },
    host: hostname()
  }
  if (found.length > 0) console.log(`\n${summaryText(summary, run)}`)
  const kept = facts === undefined || keep(facts, factsText(entries, summary, run))
  return stop.reason?.exitCode ?? (kept && summary.lost.length === 0 ? 0 : 1)
}

const exitCode = await runCommand(process.argv.slice(2), async (typed) => {
  try {
    return await census(checkOptions(typed))
  } catch (error) {
    if (!(error instanceof WrongOptions || error instanceof InvalidOptions)) throw error
    console.error(error.message)
    return 2
  }
})
process.exitCode ||= exitCode
