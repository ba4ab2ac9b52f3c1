/**
 * What a row is played on: a pool in one combination, with everything the row needs to bring its fault about amid
 * jobs of the same batch, and to judge it. Not what holds for every row: that is looked at in `conform.ts`.
 */
import type { BatchOptions, JobError, PoolEvent } from "@holdfast/core"
import type { PoolOptions } from "holdfast"
import { expect } from "vitest"
import { type Notes, takeNotes } from "../faults/notes.ts"
import { failureOf } from "../faults/scene.ts"
import { type MixedJob, mixed } from "../fixtures/mixed.ts"
import type { Combination } from "./combinations.ts"
import { type OpenDoor, openDoor } from "./doors.ts"
import { expectWithin, watchIdleness } from "./quiet.ts"

/** A job that does harm in the middle of a batch, and the failure that it must end with. */
export interface Culprit {
  /** The name of a task of a fixture that `mixed` knows. */
  readonly act: string
  readonly input?: unknown
  readonly tag: JobError["_tag"]
  /** What the failure must have. */
  readonly fields?: object
  /** How long after its start the caller is told at the latest; default 1 second. */
  readonly promisedMs?: number
}

type EventOf<Tag extends PoolEvent["_tag"]> = Extract<PoolEvent, { readonly _tag: Tag }>

export interface Stage extends Combination {
  readonly pool: OpenDoor
  /** What has happened in the pool so far, of one kind. */
  readonly eventsOf: <Tag extends PoolEvent["_tag"]>(tag: Tag) => ReadonlyArray<EventOf<Tag>>
  /** A file for tasks to note in; it goes with the stage. */
  readonly notes: () => Notes
  /** Plays the culprits in one batch, among jobs that must all give their values. Gives their failures, in order. */
  readonly harm: <const C extends ReadonlyArray<Culprit>>(
    culprits: C,
    options?: BatchOptions<MixedJob>
  ) => Promise<{ readonly [K in keyof C]: JobError }>
  /** Another pool in the same combination; it is ended with the stage. */
  readonly open: (options?: PoolOptions) => Promise<OpenDoor>
}

const MB = 1024 * 1024

/** Each culprit with good jobs before and behind it, in its own chunk where chunks are large. */
const amongGoodOnes = (culprits: ReadonlyArray<Culprit>, chunkSize: number): ReadonlyArray<MixedJob> => {
  const good = Array.from({ length: chunkSize === 1 ? 2 : 7 }, () => ({}))
  const jobs: ReadonlyArray<Omit<MixedJob, "n">> = [...culprits.flatMap((each) => [...good, each]), ...good]
  return jobs.map(({ act, input }, n) => (act === undefined ? { n } : { n, act, input }))
}

const harm = async (
  { pool, chunkSize }: { readonly pool: OpenDoor; readonly chunkSize: number },
  culprits: ReadonlyArray<Culprit>,
  options: BatchOptions<MixedJob>
): Promise<ReadonlyArray<JobError>> => {
  const inputs = amongGoodOnes(culprits, chunkSize)
  const places = inputs.flatMap(({ act }, index) => (act === undefined ? [] : [index]))
  const failures: Array<JobError> = []
  const values: Array<unknown> = []
  const idleness = watchIdleness()
  let told = 0
  for await (const outcome of pool.outcomes(mixed, inputs, { ...options, ordered: false })) {
    told++
    const { index, attempts } = outcome.job
    const at = places.indexOf(index)
    const culprit = culprits[at]
    if (culprit === undefined) {
      expect(attempts.length, `job ${index} ran once`).toBe(1)
      values[index] = outcome._tag === "Succeeded" ? outcome.value : outcome.error
      continue
    }
    const { act, tag, fields = {}, promisedMs = 1000 } = culprit
    if (outcome._tag === "Succeeded") throw new Error(`${act} succeeded`)
    const tookMs = Date.now() - (attempts.at(-1)?.startedAt ?? Date.now())
    const failure = await failureOf(tag, Promise.reject(outcome.error))
    expect(failure, act).toMatchObject(fields)
    expect(failure.stack, "where the program asked for the job").toContain("test/conformance/")
    expectWithin(`telling of ${act}`, tookMs, promisedMs, idleness())
    failures[at] = failure
  }
  expect(told, "jobs that were told of").toBe(inputs.length)
  const expected: Array<unknown> = []
  for (const [index, { act }] of inputs.entries()) if (act === undefined) expected[index] = index * index
  expect(values, "the values of the culprits' own batch").toEqual(expected)
  return failures
}

/** A stage, and how it is taken down. */
export interface OpenStage extends AsyncDisposable {
  readonly stage: Stage
  /** Waits for the last event of the pool, which has ended. */
  readonly eventsRead: Promise<void>
}

export const openStage = async (combination: Combination, options: PoolOptions): Promise<OpenStage> => {
  const { executor, size, chunkSize, door } = combination
  const pools: Array<OpenDoor> = []
  const notes: Array<Notes> = []
  const open = async (further: PoolOptions = {}): Promise<OpenDoor> => {
    const all = { workers: size, isolation: executor, chunkSize, logger: false as const, ...options, ...further }
    const pool = await openDoor(door, all)
    pools.push(pool)
    return pool
  }
  const pool = await open()
  const events: Array<PoolEvent> = []
  const eventsRead = (async () => {
    for await (const event of pool.events) if (event._tag !== "Log") events.push(event)
  })()
  const stage: Stage = {
    ...combination,
    pool,
    eventsOf: (tag) => events.filter((event): event is never => event._tag === tag),
    notes: () => {
      const taken = takeNotes()
      notes.push(taken)
      return taken
    },
    harm: ((culprits, call = {}) => harm({ pool, chunkSize }, culprits, call)) as Stage["harm"],
    open
  }
  return {
    stage,
    eventsRead,
    [Symbol.asyncDispose]: async () => {
      for (const each of pools) await each.terminate()
      for (const each of notes) each[Symbol.dispose]()
    }
  }
}

/** Holds the memory of this process to a bound while something goes on. Gives the growth in megabytes. */
export const growthWhile = async (work: () => Promise<void>): Promise<number> => {
  const before = process.memoryUsage.rss()
  let peak = before
  const watching = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  try {
    await work()
  } finally {
    clearInterval(watching)
  }
  return (peak - before) / MB
}
