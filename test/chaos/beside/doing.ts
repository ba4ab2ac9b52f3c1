/**
 * What the jobs side by side do, whichever module their task is of: each notes where and when it begins and ends. A module
 * notes that it is loaded, in a file that the environment names.
 */
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { threadId } from "node:worker_threads"
import { currentTask } from "@holdfast/core"
import type { Does, Loading } from "./plan.ts"

export interface BesideJob {
  readonly id: string
  readonly does: Does
  readonly ms: number
  /** Where it is noted that jobs begin and end, a line each. */
  readonly file: string
}

/** What a job that does well returns. */
export interface BesideValue {
  readonly id: string
  readonly attempt: number
  readonly worker: number
  /** What it saw in its worker's store. */
  readonly version?: unknown
}

/** How long those that may be cancelled take, for each of their milliseconds. */
export const LONGER = 10

const note = (file: string, what: string, id: string, attempt: number): void =>
  appendFileSync(file, `${what} ${id} ${attempt} ${process.pid}.${threadId} ${Date.now()}\n`)

const computeFor = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Where a module notes that it is loaded; undefined in the program itself. */
const { HOLDFAST_BESIDE: loadsFile } = process.env

const isFirst = (): boolean => currentTask().attempt === 1

const DOING: Record<Does, (job: BesideJob) => unknown> = {
  returns: () => undefined,
  sleeps: ({ ms }) => sleep(ms),
  computes: async ({ ms }) => {
    await sleep(1)
    computeFor(ms)
  },
  listens: ({ ms }) => sleep(ms * LONGER, undefined, { signal: currentTask().signal }),
  ignores: ({ ms }) => sleep(ms * LONGER),
  reads: () => undefined,
  throws: async ({ id, ms }) => {
    await sleep(ms)
    throw new RangeError(`thrown by ${id}`)
  },
  throwsOnce: ({ id }) => {
    if (isFirst()) throw new RangeError(`thrown by ${id}`)
  },
  exits: () => process.exit(41),
  exitsLater: async ({ ms }) => {
    await sleep(ms)
    process.exit(41)
  },
  exitsOnce: () => {
    if (isFirst()) process.exit(41)
  },
  killsItself: async ({ ms }) => {
    await sleep(ms)
    process.kill(process.pid, "SIGKILL")
    // The signal is on its way.
    for (;;);
  },
  loops: async ({ ms }) => {
    await sleep(ms)
    for (;;);
  },
  // Inline nobody could end what does not listen.
  waits: () => sleep(1e8, undefined, loadsFile === undefined ? { signal: currentTask().signal } : {}),
  escapes: async ({ id, ms }) => {
    setTimeout(() => {
      throw new RangeError(`thrown by ${id}`)
    }, ms)
    await sleep(1e8)
  }
}

/** The body of every task of these. */
export const doing = async (job: BesideJob): Promise<BesideValue> => {
  const { attempt, workerId: worker, local } = currentTask()
  note(job.file, "begun", job.id, attempt)
  try {
    await DOING[job.does](job)
    return { id: job.id, attempt, worker, version: local.get("version") }
  } finally {
    note(job.file, "ended", job.id, attempt)
  }
}

/** How long modules that are loaded in the end take. */
const LOAD_MS = 250

const LOADING: Record<Loading, () => unknown> = {
  plain: () => undefined,
  slow: () => sleep(LOAD_MS),
  blocks: () => computeFor(LOAD_MS),
  throws: () => {
    throw new Error("this module is broken")
  },
  exits: async () => {
    await sleep(LOAD_MS / 5)
    process.exit(9)
  },
  never: () => new Promise(() => setInterval(() => undefined, 1e8)),
  spins: () => {
    for (;;);
  }
}

/** Awaited by each module at its top level: in a worker, it is loaded so. */
export const loads = async (how: Loading): Promise<void> => {
  if (loadsFile === undefined) return
  note(loadsFile, "loading", how, 0)
  await LOADING[how]()
}
