import * as Effect from "effect/Effect"
import { InvalidOptions, Pool, PoolClosed } from "holdfast"
import { describe, expect, it } from "vitest"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { note, pid, slowSquare, square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

const sorted = (file: string): Array<number> =>
  linesOf(file)
    .map(Number)
    .sort((a, b) => a - b)

describe.each(places)("the number of workers, $isolation", (place) => {
  it("grows at once, and the new workers take jobs", async () => {
    await using pool = await openIn(place, { workers: 1 })
    await pool.resize(3)
    expect(pool.workers.map(({ id }) => id)).toEqual([1, 2, 3])
    const values = await pool.map(
      slowSquare,
      upTo(6).map((n) => ({ n, ms: 20 }))
    )
    expect(values).toEqual(upTo(6).map((n) => n * n))
    await eventually(() => expect(pool.workers.map(({ state }) => state)).toEqual(["idle", "idle", "idle"]))
    expect(new Set(await pool.broadcast(pid, undefined as never)).size).toBe(place.ownProcess ? 3 : 1)
  })

  it("shrinks while busy: no job is lost, none runs twice", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 4 })
    const batch = pool.map(
      note,
      upTo(60).map((n) => ({ file, n, ms: 10 })),
      { chunkSize: 7 }
    )
    await eventually(() => expect(linesOf(file).length).toBeGreaterThan(2))
    await pool.resize(1)
    expect(pool.workers).toHaveLength(1)
    expect(await batch).toEqual(upTo(60))
    expect(sorted(file)).toEqual(upTo(60))
  })

  it("retires idle workers first", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 3 })
    await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
    const job = pool.run(passesGate, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const busy = pool.workers.find(({ state }) => state === "busy")?.id
    await pool.resize(1)
    expect(pool.workers.map(({ id, state }) => ({ id, state }))).toEqual([{ id: busy, state: "busy" }])
    openGate(file)
    expect(await job).toBe(1)
  })

  it("keeps a worker that can run jobs rather than one that still starts", async () => {
    await using pool = await openIn(place, { workers: 1 })
    await eventually(() => expect(pool.workers).toMatchObject([{ id: 1, state: "idle" }]))
    const grown = pool.resize(2)
    expect(pool.workers).toMatchObject([{ id: 1 }, { id: 2, state: "starting" }])
    await pool.resize(1)
    await grown
    expect(pool.workers).toMatchObject([{ id: 1, state: "idle" }])
    expect(await pool.run(square, 3)).toBe(9)
  })

  it("gives away what waits in a chunk whose worker is to go", async () => {
    const [first, second] = [scratchFile(), scratchFile()]
    await using pool = await openIn(place, { workers: 2 })
    // Where one comes later, what waits behind the other's first job is its, before the second chunk.
    await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
    const inputs = upTo(10).map((n) => ({ file: n < 5 ? first : second, n, free: n % 5 !== 0 }))
    const batch = pool.map(passesGate, inputs, { chunkSize: 5 })
    await eventually(() => expect([first, second].map(linesOf)).toEqual([["0"], ["5"]]))
    const resized = pool.resize(1)
    const isFirst = pool.workers[0]?.currentJob?.index === 0
    openGate(isFirst ? first : second)
    // The one that is to go is at its gate still.
    await eventually(() => expect([...linesOf(first), ...linesOf(second)].map(Number).sort()).toEqual(upTo(10)))
    openGate(isFirst ? second : first)
    await resized
    expect(await batch).toEqual(upTo(10))
    expect(linesOf(first).length + linesOf(second).length).toBe(10)
  })

  it("can be changed quickly, also while workers start; the last call wins, and ids are never used again", async () => {
    const before = snapshotLeaks()
    const file = scratchFile()
    const pool = await openIn(place, { workers: 2 })
    const batch = pool.map(
      note,
      upTo(30).map((n) => ({ file, n, ms: 3 }))
    )
    await Promise.all([pool.resize(1), pool.resize(5), pool.resize(1), pool.resize(3)])
    expect(pool.workers).toHaveLength(3)
    const ids = pool.workers.map(({ id }) => id)
    expect(new Set(ids).size).toBe(3)
    expect(await batch).toEqual(upTo(30))
    await pool.resize(1)
    await pool.resize(2)
    expect(Math.max(...pool.workers.map(({ id }) => id))).toBeGreaterThan(Math.max(...ids))
    expect(sorted(file)).toEqual(upTo(30))
    await pool.close()
    await expectNoLeaks(before)
  })

  it("refuses what is no number of workers, and says what is", async () => {
    await using pool = await openIn(place, { workers: 1 })
    for (const bad of [0, -1, 1.5, Number.NaN, 1025, "2", undefined, null]) {
      const error = await failureOf(pool.resize(bad as number))
      expect(error).toBeInstanceOf(InvalidOptions)
      expect(String(error)).toMatch(/pool\.resize.*workers.*a whole number, from 1 to 1024/s)
    }
    expect(pool.workers).toHaveLength(1)
    expect(await pool.run(square, 3)).toBe(9)
  })

  it("fails on a pool that is closed, or being closed; one that is under way ends with the pool", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { workers: 2 })
    const jobs = [1, 2].map((n) => pool.run(note, { file, n, ms: 150 }))
    await eventually(() => expect(linesOf(file)).toHaveLength(2))
    const shrinking = pool.resize(1)
    const closing = pool.close()
    expect(await failureOf(pool.resize(2))).toBeInstanceOf(PoolClosed)
    expect(await Promise.all(jobs)).toEqual([1, 2])
    await closing
    await shrinking
    expect(await failureOf(pool.resize(2))).toBeInstanceOf(PoolClosed)
  })

  it("works the same behind the Effect door", async () => {
    const program = Effect.gen(function* () {
      const pool = yield* Pool.make({ workers: 1, isolation: place.isolation, logger: false })
      yield* pool.resize(2)
      const grown = pool.workers.length
      yield* pool.recycle
      const wrong = yield* Effect.flip(pool.resize(0))
      return { grown, wrong: wrong._tag, value: yield* pool.run(square, 4) }
    })
    expect(await Effect.runPromise(Effect.scoped(program))).toEqual({ grown: 2, wrong: "InvalidOptions", value: 16 })
  })
})

it("grows to as many as are allowed, where a worker costs nothing", async () => {
  const inline = places.find(({ isolation }) => isolation === "inline") ?? expect.unreachable()
  await using pool = await openIn(inline, { workers: 1 })
  await pool.resize(1024)
  expect(pool.workers).toHaveLength(1024)
  await pool.resize(1)
  expect(pool.workers).toHaveLength(1)
  expect(await pool.run(square, 5)).toBe(25)
})
