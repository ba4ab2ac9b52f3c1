/** Rows 25, 26 and 33: inputs that fail or never end, readers that leave, and more inputs than memory. */
import type { StreamOptions } from "@holdfast/core"
import { expect } from "vitest"
import { note, slowSquare, square, untilAborted } from "../../fixtures/plain.ts"
import { Defect } from "../doors.ts"
import { EVENTUALLY, isThorough } from "../quiet.ts"
import { holds, type Play, type Row } from "../Row.ts"
import { growthWhile } from "../Stage.ts"

const broken = new Error("the iterable's own")

/** What a promise rejects with. On the Effect door, what an iterable throws is a defect: it has no typed errors. */
const failureOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await promise.then(
    (value) => {
      throw new Error(`expected a rejection, came ${JSON.stringify(value)}`)
    },
    (reason: unknown) => reason
  )
  return error instanceof Defect ? error.cause : error
}

const failing: Play = async ({ pool, size, chunkSize }) => {
  function* inputs(): Generator<number> {
    for (let n = 0; n < 50; n++) yield n
    throw broken
  }
  const seen: Array<number> = []
  const reading = async (): Promise<void> => {
    for await (const value of pool.stream(square, inputs())) seen.push(value)
  }
  expect(await failureOf(reading())).toBe(broken)
  expect(seen, "a stream gives all that was read before").toEqual(Array.from({ length: 50 }, (_, n) => n * n))
  expect(await failureOf(pool.map(square, inputs()))).toBe(broken)
  expect(await failureOf(pool.settle(square, inputs()))).toBe(broken)

  let read = 0
  let closed = 0
  function* endless(): Generator<number> {
    try {
      for (;;) yield read++
    } finally {
      closed++
    }
  }
  const window = size * 2 * chunkSize
  let taken = 0
  for await (const value of pool.stream(square, endless())) {
    expect(value).toBe(taken * taken)
    // What is on its way comes on top: the one that is being taken, and a chunk that is being filled.
    expect(read - taken, "read ahead").toBeLessThanOrEqual(window + 2 * chunkSize + 1)
    if (++taken === 200) break
  }
  await expect.poll(() => closed, EVENTUALLY).toBe(1)
}

const leaving: Play = async ({ pool, size, notes, chunkSize }) => {
  const { file, lines, written } = notes()
  let closed = 0
  function* inputs(): Generator<string> {
    try {
      for (;;) yield file
    } finally {
      closed++
    }
  }
  const reading = pool.stream(untilAborted, inputs(), { ordered: false })[Symbol.asyncIterator]()
  const first = reading.next()
  first.catch(() => undefined)
  const started = await written(size)
  expect(started.every((line) => line === "started")).toBe(true)
  await reading.return?.()
  // Every job that ran hears of it, and no other begins.
  await expect.poll(() => lines().filter((line) => line.startsWith("aborted")).length, EVENTUALLY).toBe(size)
  expect(lines().filter((line) => line === "started").length).toBe(size)
  expect(closed, "the input iterator is closed").toBe(1)
  await expect.poll(() => pool.workers.every(({ state }) => state === "idle"), EVENTUALLY).toBe(true)
  const more = notes()
  const all = Array.from({ length: 10 * chunkSize * size }, (_, n) => ({ file: more.file, n }))
  for await (const value of pool.stream(note, all)) if (value === 3) break
  const ran = more.lines().length
  expect(await pool.run(slowSquare, { n: 5, ms: 50 })).toBe(25)
  // Of tiny ones, all that were on their way may have run before the word came.
  expect(more.lines().length - ran, "jobs that ran on").toBeLessThanOrEqual(2 * size * chunkSize)
}

/** With chunks as small as these each takes up to 30 µs; the memory that it could cost shows all the same. */
const countFor = (chunkSize: number): number => (isThorough ? 10 : 1) * (chunkSize === 1 ? 10_000 : 30_000)
const MILLIONS = 10_000_000
const MOST_GROWTH_MB = 150

const many: Play = async ({ pool, chunkSize, size, door }) => {
  const read = async (count: number, options: StreamOptions<number>): Promise<void> => {
    function* numbers(): Generator<number> {
      for (let n = 0; n < count; n++) yield n % 1000
    }
    let sum = 0
    let taken = 0
    for await (const value of pool.stream(square, numbers(), options)) {
      sum += value
      taken++
    }
    expect(taken).toBe(count)
    expect(sum).toBe((count / 1000) * 332_833_500)
  }
  const growth = (count: number, options: StreamOptions<number>) => growthWhile(() => read(count, options))
  // What the engine itself takes at full speed comes first, and is no growth.
  await read(10_000, {})
  const count = countFor(chunkSize)
  expect(await growth(count, { ordered: true }), "ordered").toBeLessThan(MOST_GROWTH_MB)
  expect(await growth(count, { ordered: false }), "unordered").toBeLessThan(MOST_GROWTH_MB)
  // All of them once for each executor, in chunks that grow.
  if (!isThorough || size !== 2 || chunkSize === 1 || door === "effect") return
  expect(await growth(MILLIONS, { chunkSize: "auto" }), "ten million").toBeLessThan(MOST_GROWTH_MB)
}

export const batches: ReadonlyArray<Row> = [
  {
    number: 25,
    title: "inputs that throw fail the call with their own error, endless ones are read as far as the window",
    doorsDiffer: true,
    on: { process: holds(failing), thread: holds(failing), inline: holds(failing) }
  },
  {
    number: 26,
    title: "a reader that leaves a stream ends its jobs and closes its inputs",
    doorsDiffer: true,
    on: { process: holds(leaving), thread: holds(leaving), inline: holds(leaving) }
  },
  {
    number: 33,
    title: "millions of inputs of a generator pass in flat memory, ordered or not",
    doorsDiffer: true,
    on: { process: holds(many), thread: holds(many), inline: holds(many) }
  }
]
