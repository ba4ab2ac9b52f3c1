/**
 * The tasks of chaos. A job of `behave` does as its input says, after it has noted its execution where it can be counted
 * from outside: each way to go wrong that a worker of JavaScript has, and the ways to do well. Those of a crowd do well,
 * and take next to nothing.
 */
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { currentTask, Task } from "@holdfast/core"

/** What a job does. */
export type Behaviour =
  | "returns"
  | "computes"
  | "sleeps"
  | "returnsMuch"
  | "throws"
  | "throwsOddly"
  | "exits"
  | "exitsWithZero"
  | "aborts"
  | "killsItself"
  | "loops"
  | "allocates"
  | "floods"
  | "rejectsLate"
  | "returnsAFunction"
  | "neverSettles"
  | "waitsForItsSignal"
  | "throwsOnce"

export interface ChaosJob {
  readonly id: string
  readonly does: Behaviour
  readonly ms: number
  /** Where executions are noted, a line each. */
  readonly file: string
}

/** What a job that does well returns. */
export const valueOf = ({ id, ms }: Pick<ChaosJob, "id" | "ms">): string => `${id}:${ms}`

const held: Array<unknown> = []

const DOING: Record<Behaviour, (job: ChaosJob) => unknown> = {
  returns: valueOf,
  computes: (job) => {
    const until = performance.now() + job.ms
    while (performance.now() < until);
    return valueOf(job)
  },
  sleeps: async (job) => {
    await sleep(job.ms)
    return valueOf(job)
  },
  returnsMuch: (job) => ({ value: valueOf(job), much: "m".repeat(200_000) }),
  throws: (job) => {
    throw new RangeError(`thrown by ${job.id}`)
  },
  throwsOddly: () => {
    throw undefined
  },
  exits: () => process.exit(41),
  exitsWithZero: () => process.exit(0),
  aborts: () => process.abort(),
  killsItself: () => {
    process.kill(process.pid, "SIGKILL")
    // The signal is on its way.
    for (;;);
  },
  loops: () => {
    for (;;);
  },
  allocates: () => {
    for (;;) held.push(Array.from({ length: 10_000 }, () => ({ held })))
  },
  floods: (job) => {
    const line = `${"f".repeat(1_000)}\n`
    for (let i = 0; i < 300; i++) process.stdout.write(line)
    return valueOf(job)
  },
  rejectsLate: (job) => {
    setTimeout(() => {
      void Promise.reject(new Error(`late from ${job.id}`))
    }, job.ms)
    return valueOf(job)
  },
  returnsAFunction: () => () => 1,
  neverSettles: () => new Promise(() => undefined),
  waitsForItsSignal: () =>
    new Promise((_, reject) => {
      const { signal } = currentTask()
      signal.addEventListener("abort", () => reject(signal.reason))
    }),
  throwsOnce: (job) => {
    if (currentTask().attempt === 1) throw new Error(`first attempt of ${job.id}`)
    return valueOf(job)
  }
}

export const behave = Task.fn(import.meta, "behave", (job: ChaosJob): unknown => {
  appendFileSync(job.file, `${job.id} ${currentTask().attempt}\n`)
  return DOING[job.does](job)
})

/** Counts its execution in memory that the program sees. */
export const tally = Task.spread(import.meta, "tally", (executions: Int32Array, n: number): number => {
  Atomics.add(executions, n, 1)
  return n + 1
})

/** The other one of two that are sent in turn. */
export const tallyToo = Task.spread(import.meta, "tallyToo", (executions: Int32Array, n: number): number => {
  Atomics.add(executions, n, 1)
  return -n
})

/** The same of a number alone, which goes packed, and uncounted. */
export const next = Task.fn(import.meta, "next", (n: number): number => n + 1)
