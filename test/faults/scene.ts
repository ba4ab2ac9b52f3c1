/**
 * What every fault is tried in: a pool of real worker processes with bystanders at work, which must get their
 * values whatever happens beside them; then a next job that must run; then nothing that may be left behind.
 */
import { readFileSync } from "node:fs"
import { isJobError, type JobError, type PoolEvent } from "@holdfast/core"
import { createPool, type PoolOptions, type PromisePool } from "holdfast"
import { expect } from "vitest"
import { slowSquare, square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { isStress } from "./scenario.ts"

/** Added to a bound that promises.md states: what the machine itself may be late by, with other tests beside. */
export const SLACK_MS = isStress ? 500 : 150

/** A pool in a scene, with all it has published. */
export interface Scene {
  readonly pool: PromisePool
  readonly events: ReadonlyArray<PoolEvent>
  /** Those of one kind. */
  readonly eventsOf: <Tag extends PoolEvent["_tag"]>(tag: Tag) => ReadonlyArray<Extract<PoolEvent, { _tag: Tag }>>
}

export interface SceneOptions extends PoolOptions {
  /** A scene that takes longer hangs. Milliseconds; default 25,000. */
  readonly patience?: number
  /** Whether `Log` events are kept; default false: a flood of them would be the test's own leak. */
  readonly keepLogs?: boolean
  /** Whether another job must run afterwards; default true. A broken pool runs none. */
  readonly goesOn?: boolean
}

/** Plays one fault on a pool of its own, and holds the pool to what every row of promises.md promises. */
export const withPool = async (options: SceneOptions, play: (scene: Scene) => Promise<void>): Promise<void> => {
  const { goesOn = true, keepLogs = false, patience = 25_000, ...poolOptions } = options
  const before = snapshotLeaks()
  const pool = await createPool({ workers: 2, logger: false, ...poolOptions })
  const events: Array<PoolEvent> = []
  const reading = (async () => {
    for await (const event of pool.events) if (keepLogs || event._tag !== "Log") events.push(event)
  })()
  const whole = async (): Promise<void> => {
    await play({
      pool,
      events,
      eventsOf: (tag) => events.filter((event): event is never => event._tag === tag)
    })
    if (goesOn) expect(await pool.map(square, [1, 2, 3, 4]), "the next jobs").toEqual([1, 4, 9, 16])
    await pool.close()
  }
  try {
    await within(patience, whole())
  } finally {
    await within(10_000, pool.terminate())
  }
  await within(10_000, reading)
  await expectNoLeaks(before)
}

/** Rejects when it takes longer: a hang fails its own test, and the pool is still ended. */
export const within = async <A>(ms: number, promise: Promise<A>): Promise<A> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`hangs: no end after ${ms} ms`)), ms)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Jobs that run beside the fault on the other worker, and their check. */
export const bystanders = (
  pool: Pick<PromisePool, "settle">,
  jobs = 12,
  ms = 20
): { readonly unharmed: () => Promise<void> } => {
  const inputs = Array.from({ length: jobs }, (_, n) => ({ n, ms }))
  const values = pool.settle(slowSquare, inputs)
  return {
    unharmed: async () => {
      const outcomes = await values
      const unharmed = outcomes.map((outcome) => (outcome._tag === "Succeeded" ? outcome.value : outcome.error))
      expect(unharmed, "the bystanders' values").toEqual(inputs.map(({ n }) => n * n))
      expect(
        outcomes.every(({ job }) => job.attempts.length === 1),
        "each bystander ran once"
      ).toBe(true)
    }
  }
}

type Failure<Tag extends JobError["_tag"]> = Extract<JobError, { readonly _tag: Tag }>

/** The failure of a job, which must be a `JobError` of this kind. May be awaited later. */
export const failureOf = <Tag extends JobError["_tag"]>(tag: Tag, promise: Promise<unknown>): Promise<Failure<Tag>> => {
  const checked = checkFailure(tag, promise)
  checked.catch(() => undefined)
  return checked
}

const checkFailure = async <Tag extends JobError["_tag"]>(
  tag: Tag,
  promise: Promise<unknown>
): Promise<Failure<Tag>> => {
  const error: unknown = await promise.then(
    (value) => {
      throw new Error(`expected ${tag}, but the job gave ${String(value)}`)
    },
    (reason: unknown) => reason
  )
  if (!isJobError(error) || error._tag !== tag) throw new Error(`expected ${tag}`, { cause: error })
  // What can be said of any failure.
  expect(error).toBeInstanceOf(Error)
  expect(error.name).toBe(tag)
  // These two are the pool's, not one job's.
  if (tag !== "PoolBroken" && tag !== "WorkerFailedToStart")
    expect(error.message).toContain(JSON.stringify(error.job.task))
  expect(error.job.attempts.at(-1)?.failure ?? tag).toBe(tag)
  const json = JSON.parse(JSON.stringify(error))
  expect(json).toMatchObject({ _tag: tag, message: error.message, job: { task: error.job.task } })
  return error as Failure<Tag>
}

/** The failure, and how many milliseconds it took. */
export const timed = async <A>(work: () => Promise<A>): Promise<{ readonly result: A; readonly ms: number }> => {
  const startedAt = performance.now()
  const result = await work()
  return { result, ms: performance.now() - startedAt }
}

/** Added to a bound that only tells "at once" from "never": the machine may stop any process for some seconds. */
export const STOPS_MS = 7000

const TRIES = 3

/**
 * Holds work to a bound without slack for stops of the machine: it may be late twice, and is done anew. Tells how often
 * it was done, too.
 */
export const timely = async <A>(
  boundMs: number,
  work: () => Promise<A>
): Promise<{ readonly result: A; readonly ms: number; readonly tries: number }> => {
  for (let tries = 1; ; tries++) {
    const { result, ms } = await timed(work)
    if (ms >= boundMs && tries < TRIES) continue
    expect(ms, `in time in one of ${tries} tries`).toBeLessThan(boundMs)
    return { result, ms, tries }
  }
}

/** Line (from 1) of the first line of a file that contains this text. */
export const lineOf = (file: string, text: string): number => {
  const line = readFileSync(file, "utf8")
    .split("\n")
    .findIndex((each) => each.includes(text))
  if (line === -1) throw new Error(`${file} does not contain ${text}`)
  return line + 1
}

/** What a process's main thread does: `R` for one that runs, `S` for one that waits, `Z` for a zombie. */
const stateOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  return stat.charAt(stat.lastIndexOf(")") + 2)
}

/** Waits until a process has ended; a zombie has. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/[ZX]/.test(stateOf(pid))
  } catch {
    return false
  }
}

/** Waits until a process waits for something: what it was seen to begin, such as the writing of a note, it has ended. */
export const fallsAsleep = async (pid: number): Promise<void> => {
  await expect.poll(() => stateOf(pid), { timeout: 20_000, interval: 1 }).toBe("S")
}
