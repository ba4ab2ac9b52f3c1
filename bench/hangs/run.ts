/**
 * `npm run bench -- hang-stacks`: hangs jobs in JavaScript in five ways, on processes and on threads, with every core
 * loaded by somebody else, and counts how often the failure names the function that hung, and how late it came.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { createPool, isJobError } from "holdfast"
import type { Machine } from "../runner/machine.ts"
import { hangs, ready } from "./work.ts"

export const name = "hang-stacks"
export const title = "how often the failure of a hung job names the function that hung, with all cores loaded"

const RUNS = 100
const TIMEOUT_MS = 1000
/** What promises.md gives: how much later than its deadline a failure may come. */
const BOUND_MS = 250
/** Of them all. */
const AIM = 0.99

const results = new URL("../results/hang-stacks.json", import.meta.url)

interface Run {
  readonly task: string
  /** The innermost frame's function; undefined where there is no stack. */
  readonly named: string | undefined
  readonly right: boolean
  readonly withLocals: boolean
  /** Milliseconds after the deadline. */
  readonly lateMs: number
  /** What the failure said, where it was not right. */
  readonly message?: string
}

const burn = (): ReadonlyArray<ChildProcess> =>
  Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for(;;){}"], { stdio: "ignore" })
  )

const hangOnce = async (pool: Awaited<ReturnType<typeof createPool>>, at: number): Promise<Run> => {
  const [task, expected] = hangs[at % hangs.length] as (typeof hangs)[number]
  // Its module is loaded, and its worker up.
  await pool.run(ready, at)
  const since = performance.now()
  const error: unknown = await pool.run(task, at, { timeout: TIMEOUT_MS }).catch((thrown: unknown) => thrown)
  const lateMs = Math.round(performance.now() - since - TIMEOUT_MS)
  const top = isJobError(error) && error._tag === "JobTimedOut" ? error.hungAt?.[0] : undefined
  const right = top?.function === expected
  return {
    task: task.name,
    named: top?.function,
    right,
    withLocals: Object.keys(top?.locals ?? {}).length > 0,
    lateMs,
    ...(right ? {} : { message: String(error) })
  }
}

const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN

const summaryOf = (isolation: string, runs: ReadonlyArray<Run>) => {
  const late = runs.map(({ lateMs }) => lateMs).sort((a, b) => a - b)
  return {
    isolation,
    runs: runs.length,
    right: runs.filter(({ right }) => right).length,
    inTime: runs.filter(({ lateMs, right }) => right && lateMs <= BOUND_MS).length,
    withLocals: runs.filter(({ withLocals }) => withLocals).length,
    lateMs: { median: quantile(late, 0.5), p99: quantile(late, 0.99), most: late.at(-1) }
  }
}

/** Runs them all; whether the aim was reached. */
export const run = async (machine: Machine, tell: (text: string) => void, rounds = RUNS): Promise<boolean> => {
  tell(`\n${name}: ${title}; ${rounds} runs each`)
  const burners = burn()
  const summaries = []
  try {
    for (const isolation of ["process", "thread"] as const) {
      const runs: Array<Run> = []
      await using pool = await createPool({ workers: 1, isolation, logger: false })
      for (let at = 0; at < rounds; at++) {
        const one = await hangOnce(pool, at)
        runs.push(one)
        if (!one.right || one.lateMs > BOUND_MS)
          tell(
            `  ${isolation} ${at} ${one.task}: ${one.named ?? "no stack"}, ${one.lateMs} ms late; ${one.message ?? ""}`
          )
      }
      const summary = summaryOf(isolation, runs)
      summaries.push(summary)
      const { inTime, lateMs, right, withLocals } = summary
      tell(
        `  ${isolation}: named in ${right} of ${rounds}, ${inTime} of them within ${BOUND_MS} ms of the deadline; ` +
          `with locals ${withLocals}; late by ${lateMs.median} ms (median), ${lateMs.p99} ms (99 %), ${lateMs.most} ms (most)`
      )
    }
  } finally {
    for (const burner of burners) burner.kill("SIGKILL")
  }
  mkdirSync(new URL(".", results), { recursive: true })
  writeFileSync(results, `${JSON.stringify({ measurement: name, title, machine, summaries }, undefined, 2)}\n`)
  return summaries.every(({ right, runs }) => right >= AIM * runs)
}
