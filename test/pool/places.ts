/**
 * Where the scenarios of this folder run, and in what these places differ; whatever is not declared here must be
 * the same in all of them. Also what the scenarios share: a pool that logs nowhere, and a file to count in.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createPool } from "holdfast"
import { afterAll, beforeAll, expect, onTestFinished, vi } from "vitest"

export interface Place {
  readonly isolation: "process" | "thread" | "inline"
  /** Whether a worker is a process of its own: its own pid. */
  readonly ownProcess: boolean
  /** Whether a worker has its own copy of the task's module, and can be ended alone. */
  readonly isolated: boolean
}

export const places: ReadonlyArray<Place> = [
  { isolation: "process", ownProcess: true, isolated: true },
  { isolation: "thread", ownProcess: false, isolated: true },
  { isolation: "inline", ownProcess: false, isolated: false }
]

type Options = NonNullable<Parameters<typeof createPool>[0]>

/** A pool of two workers that logs nowhere. */
export const openIn = ({ isolation }: Place, options: Options = {}) =>
  createPool({ workers: 2, isolation, logger: false, ...options })

/** One pool for all scenarios of a `describe` that leave it as it was: starting one takes longer than most of them. */
export const sharedIn = (place: Place, options: Options = {}): (() => Awaited<ReturnType<typeof openIn>>) => {
  let pool: Awaited<ReturnType<typeof openIn>> | undefined
  beforeAll(async () => {
    pool = await openIn(place, options)
  })
  afterAll(() => pool?.close())
  return () => pool ?? expect.unreachable("the pool is opened before the tests")
}

/** Waits until this holds; long enough for a machine with all cores taken. */
export const eventually = <T>(holds: () => T): Promise<Awaited<T>> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 5 }) as Promise<Awaited<T>>

/** Waits until this has stayed as it is for some looks in a row: whoever would move it on waits as well. */
export const standsStill = async (value: () => number): Promise<number> => {
  let seen = value()
  for (let looks = 0; looks < 5; looks++) {
    await sleep(3)
    const now = value()
    if (now !== seen) looks = -1
    seen = now
  }
  return seen
}

/** An empty file that goes with the test. */
export const scratchFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"))
  // A task that the test has not waited for may still make the file anew.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const file = join(folder, "noted")
  writeFileSync(file, "")
  return file
}

/** What tasks have noted so far, a line each. */
export const linesOf = (file: string): Array<string> => readFileSync(file, "utf8").split("\n").slice(0, -1)

/** What a promise rejects with; fails where it doesn't. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`expected a rejection, came ${JSON.stringify(value)}`)
    },
    (error: unknown) => error
  )

/** The numbers from 0, as many as are asked for. */
export const upTo = (count: number): Array<number> => Array.from({ length: count }, (_, at) => at)

/** Reads a stream to its end. */
export const valuesOf = async <A>(values: AsyncIterable<A> | Iterable<A>): Promise<Array<A>> => {
  const read: Array<A> = []
  for await (const value of values) read.push(value)
  return read
}
