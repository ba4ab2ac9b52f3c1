/**
 * The tasks of mixed programs. A job of `act` notes that it runs, then does as its input says; the others are what a
 * second stage, a reader of partial results and a pool's context need. Nothing here judges, or loads Effect.
 */
import { appendFileSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { currentTask, type Shared, Task } from "@holdfast/core"

/** What a job does. */
export type Act =
  | "returns"
  | "sleeps"
  | "listens"
  | "computes"
  | "prints"
  | "beats"
  | "throws"
  | "throwsOnce"
  | "abortsRetries"
  | "exits"
  | "exitsOnce"
  | "loops"
  | "waits"
  | "neverSettles"
  | "returnsAFunction"
  | "throwsLate"
  | "checkpoints"
  | "fills"
  | "adds"
  | "locks"
  | "takes"
  | "takesForever"
  | "reads"
  | "returnsMuch"
  | "resumes"
  | "resumesOfDeath"
  | "preloaded"
  | "nests"
  | "nestsOn"

/** What the jobs of a program share. */
export interface Common {
  readonly counter: Shared.Counter
  readonly lock: Shared.Lock
  readonly balance: Shared.Map<string, number>
  readonly items: Shared.Queue<number>
  /** Nobody ever puts anything in. */
  readonly empty: Shared.Queue<number>
}

export interface ActJob {
  readonly id: string
  readonly does: Act
  readonly ms: number
  /** Where executions are noted, a line each. */
  readonly file: string
  /** Only for those that use it. */
  readonly common?: Common | undefined
}

/** What a job that does well returns. */
export interface ActValue {
  readonly id: string
  /** What it took of the queue, or read of its worker's store. */
  readonly got?: unknown
}

/** Goes on from checkpoint to checkpoint, until the third attempt. */
const resume = (id: string, end: () => never): ActValue => {
  const { attempt, checkpoint, resumed } = currentTask()
  const kept = resumed as { readonly of: string; readonly at: ReadonlyArray<number> } | undefined
  if (kept !== undefined && kept.of !== id) return { id, got: `the checkpoint of ${kept.of}` }
  const at = kept?.at ?? []
  if (attempt > 2) return { id, got: at }
  checkpoint({ of: id, at: [...at, -1] })
  checkpoint({ of: id, at: [...at, attempt] })
  return end()
}

const held: Array<unknown> = []
const MOST_HELD = 400 * 2 ** 20

const fill = async (job: ActJob): Promise<ActValue> => {
  for (let bytes = 0; bytes < MOST_HELD; bytes += 2 ** 24) {
    held.push(Buffer.alloc(2 ** 24, 1))
    await sleep(5)
  }
  held.length = 0
  return { id: job.id }
}

export const DOING: Record<Act, (job: ActJob) => unknown> = {
  returns: ({ id }) => ({ id }),
  sleeps: ({ id, ms }) => sleep(ms, { id }),
  listens: ({ id, ms }) => sleep(ms * 10, { id }, { signal: currentTask().signal }),
  computes: ({ id, ms }) => {
    const until = performance.now() + ms
    while (performance.now() < until);
    return { id }
  },
  prints: ({ id, ms }) => {
    for (let line = 0; line <= ms; line++) console.log(`line ${line} of ${id}`)
    currentTask().log.info(`logged by ${id}`)
    process.stderr.write(`last words of ${id}`)
    return { id }
  },
  beats: async ({ id, ms }) => {
    const task = currentTask()
    for (let beat = 0; beat < 5; beat++) {
      task.heartbeat()
      task.progress(beat / 5, `beat ${beat}`)
      await sleep(ms)
    }
    return { id }
  },
  throws: ({ id }) => {
    throw new RangeError(`thrown by ${id}`)
  },
  throwsOnce: ({ id }) => {
    if (currentTask().attempt === 1) throw new Error(`thrown by ${id}`)
    return { id }
  },
  abortsRetries: ({ id }) => {
    throw Task.abort(new Error(`thrown by ${id}`))
  },
  exits: () => process.exit(41),
  exitsOnce: ({ id }) => (currentTask().attempt === 1 ? process.exit(41) : { id }),
  loops: () => {
    for (;;);
  },
  waits: () => sleep(1e8),
  neverSettles: () => new Promise(() => undefined),
  returnsAFunction: () => () => 1,
  throwsLate: ({ id, ms }) => {
    setTimeout(() => {
      throw new Error(`late from ${id}`)
    }, ms)
    return { id }
  },
  checkpoints: ({ id }) => {
    const task = currentTask()
    if (task.resumed === `checkpoint of ${id}`) return { id }
    if (task.resumed !== undefined) return { id, got: task.resumed }
    task.checkpoint(`checkpoint of ${id}`)
    throw new Error(`thrown by ${id}`)
  },
  resumes: ({ id }) =>
    resume(id, () => {
      throw new Error(`thrown by ${id}`)
    }),
  resumesOfDeath: ({ id }) => resume(id, () => process.exit(41)),
  preloaded: ({ id }) => ({ id, got: Reflect.get(globalThis, "holdfastPreloaded") }),
  // Loaded where it is needed, for all of Holdfast comes with it.
  nests: async ({ id, ms }) => ({ id, got: await (await import("./nested.ts")).nests(ms) }),
  nestsOn: async ({ id, ms }) => ({ id, got: await (await import("./nested.ts")).nestsOn(ms) }),
  fills: fill,
  adds: async ({ id, common }) => ({ id, got: await common?.counter.add() }),
  locks: async ({ id, common, ms }) => {
    await common?.lock.withLock(async () => {
      const before = (await common.balance.get("amount")) ?? 0
      await sleep(ms / 10)
      await common.balance.set("amount", before + 1)
    })
    return { id }
  },
  takes: async ({ id, common }) => ({ id, got: await common?.items.take() }),
  takesForever: ({ common }) => common?.empty.take(),
  returnsMuch: ({ id }) => ({ id, much: "m".repeat(400_000) }),
  reads: ({ id }) => ({ id, got: currentTask().local.get("version") })
}

export const note = ({ id, file }: ActJob): void =>
  appendFileSync(file, `${id} ${currentTask().attempt} ${process.pid} ${Date.now()}\n`)

/** What a job of `act` does. */
export const doing = (job: ActJob): unknown => {
  note(job)
  return DOING[job.does](job)
}

export const act = Task.fn(import.meta, "act", doing)

/** The same, of which no job may run again once its worker has died or its time was up. */
export const actOnce = Task.fn(import.meta, "actOnce", doing, { idempotent: false })

/** Where the file stands first, bound for all. */
export const actSpread = Task.spread(import.meta, "actSpread", (file: string, job: Omit<ActJob, "file">): unknown =>
  doing({ ...job, file })
)

/** A second stage. */
export const pass = Task.fn(import.meta, "pass", (value: unknown) => value)

/** Yields so many numbers, and returns how many. */
export const counts = Task.fn(import.meta, "counts", async function* (n: number) {
  for (let i = 0; i < n; i++) {
    if (i % 10 === 9) await sleep(1)
    yield i
  }
  return n
})

/** Which worker answers. */
export const who = Task.fn(import.meta, "who", () => currentTask().workerId)

/** What is wrong with some starts. */
const FAULTS: Record<string, () => unknown> = {
  throws: () => {
    throw new Error("this start fails")
  },
  exits: () => process.exit(43),
  hangs: () => new Promise(() => setInterval(() => undefined, 1e8))
}

/** What every worker of some pools has. A third of its starts fail, where that is asked for. */
export const unit = Task.context(import.meta, "unit", async () => {
  const { HOLDFAST_MIXED_FAULT: fault, HOLDFAST_MIXED_STARTS: file } = process.env
  if (fault !== undefined && file !== undefined) {
    appendFileSync(file, "s")
    if (readFileSync(file).length % 3 === 2) await FAULTS[fault]?.()
  }
  await sleep(5)
  return { value: { unit: "m" }, dispose: () => sleep(5) }
})
