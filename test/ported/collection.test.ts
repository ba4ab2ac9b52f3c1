/**
 * What the suites of pools elsewhere (multiprocessing, concurrent.futures, joblib, IPython parallel, piscina,
 * workerpool, p-map) ask of collecting: one scenario, through both doors, in every place.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { waitsUntilCancelled } from "../fixtures/cancellable.ts"
import { exitsFor, throwsFor } from "../fixtures/faulty.ts"
import { nests } from "../fixtures/nesting.ts"
import { echo, note, power, slowSquare, square } from "../fixtures/plain.ts"
import { notFive } from "../fixtures/staged.ts"
import { eventually, failureOf, linesOf, places, scratchFile, upTo, valuesOf } from "../pool/places.ts"
import { doors, type OpenPool } from "./doors.ts"

const broken = new Error("the inputs' own")
const squares = (count: number): Array<number> => upTo(count).map((n) => n * n)
const ascending = (values: ReadonlyArray<number>): Array<number> => values.toSorted((a, b) => a - b)

/** What a stream has given by the time that it fails, and with what it fails. */
const readOf = async <A>(values: AsyncIterable<A>): Promise<{ seen: Array<A>; error: unknown }> => {
  const seen: Array<A> = []
  const reading = async (): Promise<void> => {
    for await (const value of values) seen.push(value)
  }
  return { error: await failureOf(reading()), seen }
}

const cases = places.flatMap((place) => doors.map((door) => ({ ...place, ...door })))

describe.each(cases)("collecting, $isolation, by the $door door", ({ isolation, isolated, door, open, kinds }) => {
  let pool: OpenPool
  beforeAll(async () => {
    pool = await open({ workers: 2, isolation, logger: false, killGrace: 50 })
  })
  afterAll(() => pool.close())

  const idle = () => eventually(() => expect(pool.workers.map(({ state }) => state)).not.toContain("busy"))

  describe.each(Object.entries(kinds))("%s", (_, inputs) => {
    it.each([0, 1, 7])("of %s gives as many, also where a chunk is larger", async (count) => {
      for (const options of [{}, { chunkSize: 50 }, { chunkSize: 3, lookAhead: 1 }]) {
        expect(await pool.map(square, inputs(count), options)).toEqual(squares(count))
        expect(await pool.settle(square, inputs(count), options)).toHaveLength(count)
        expect(await valuesOf(pool.stream(square, inputs(count), options))).toEqual(squares(count))
        const unordered = await valuesOf(pool.stream(square, inputs(count), { ...options, ordered: false }))
        expect(ascending(unordered)).toEqual(squares(count))
      }
    })

    it.each([0, 3, 9])("that fails after %s fails the call as it did itself, after what came before", async (at) => {
      expect(await failureOf(pool.map(square, inputs(at, broken)))).toBe(broken)
      expect(await failureOf(pool.settle(square, inputs(at, broken), { chunkSize: 4 }))).toBe(broken)
      expect(await readOf(pool.stream(square, inputs(at, broken)))).toEqual({ seen: squares(at), error: broken })
      const { error, seen } = await readOf(pool.stream(square, inputs(at, broken), { ordered: false, chunkSize: 2 }))
      expect([ascending(seen), error]).toEqual([squares(at), broken])
      const outcomes = await readOf(pool.outcomes(notFive, inputs(at, broken)))
      expect(outcomes.error).toBe(broken)
      expect(outcomes.seen.map(({ _tag }) => _tag)).toEqual(upTo(at).map((n) => (n === 5 ? "Failed" : "Succeeded")))
    })

    it("without an end is read no further than a reader goes, and let go of", async () => {
      const seen: Array<number> = []
      for await (const value of pool.stream(square, inputs(1_000_000))) {
        seen.push(value)
        if (seen.length === 5) break
      }
      expect(seen).toEqual(squares(5))
      await idle()
    })
  })

  it("an input of unequal length, or none at all, is its own job's affair", async () => {
    expect(await pool.map(power, [[2, 3], [2], []] as never)).toEqual([8, Number.NaN, Number.NaN])
    expect(await pool.map(echo, [undefined, null, [], [[]]])).toEqual([undefined, null, [], [[]]])
    expect(await pool.map(echo, [undefined])).toEqual([undefined])
    expect(await pool.map(square, new Float64Array([1, 2, 3]))).toEqual([1, 4, 9])
  })

  it("the first failure is what a map fails with, even where every job fails", async () => {
    const inputs = upTo(300).map((n) => ({ n: 7, bad: 7, place: n }))
    expect(await failureOf(pool.map(throwsFor, inputs))).toMatchObject({ _tag: "TaskThrew" })
    expect(await failureOf(pool.map(throwsFor, inputs, { onFailure: "collect" }))).toMatchObject({ job: { index: 0 } })
    const outcomes = await pool.settle(throwsFor, inputs)
    expect(new Set(outcomes.map(({ _tag }) => _tag))).toEqual(new Set(["Failed"]))
    expect(await pool.run(square, 3)).toBe(9)
  })

  it("callbacks that throw stop nothing", async () => {
    const fails = (): never => {
      throw broken
    }
    expect(await pool.map(square, upTo(5), { onProgress: fails, key: fails })).toEqual(squares(5))
    const job = { n: 1, bad: 1 }
    const retry = { retries: 2, minTimeout: 0, shouldRetry: fails }
    expect(await failureOf(pool.run(throwsFor, job, { retry }))).toBe(broken)
    expect(await pool.run(square, 3)).toBe(9)
  })

  it("handles that are dropped are nobody's unhandled rejection, and their jobs run", async () => {
    const file = scratchFile()
    for (let n = 0; n < 50; n++) {
      void pool.submit(note, { file, n })
      void pool.submit(throwsFor, { n, bad: n })
    }
    await eventually(() => expect(ascending(linesOf(file).map(Number))).toEqual(upTo(50)))
    await idle()
  })

  it("handles of thousands that are cancelled in bulk let go of their workers", async () => {
    const handles = await Promise.all(upTo(2_000).map(() => pool.submit(waitsUntilCancelled, undefined)))
    const failures = Promise.all(handles.map((handle) => failureOf(handle.result())))
    for (const handle of handles) handle.cancel()
    expect(new Set((await failures).map((error) => (error as { _tag?: string })._tag))).toEqual(
      new Set(["JobCancelled"])
    )
    await eventually(async () => expect(await pool.run(square, 5)).toBe(25))
  })

  it("a job submitted where another's value comes in runs, a hundred times over", async () => {
    const next = async (n: number): Promise<number> => {
      const value = await (await pool.submit(square, n)).result()
      return n === 100 ? value : next(n + 1)
    }
    expect(await next(1)).toBe(10_000)
  })

  it("ten users at once get each his own, also where one of them fails and another leaves", async () => {
    const users = upTo(10).map(async (user) => {
      const inputs = upTo(60).map((n) => n + user)
      const expected = inputs.map((n) => n * n)
      if (user === 3) return expect(await failureOf(pool.map(notFive, inputs))).toMatchObject({ _tag: "TaskThrew" })
      if (user === 4) {
        for await (const value of pool.stream(square, inputs)) if (value > 100) break
        return undefined
      }
      if (user % 3 === 0) return expect(await valuesOf(pool.stream(square, inputs))).toEqual(expected)
      if (user % 3 === 1) return expect(await Promise.all(inputs.map((n) => pool.run(square, n)))).toEqual(expected)
      return expect(await pool.map(square, inputs, { chunkSize: user })).toEqual(expected)
    })
    await Promise.all(users)
  })

  it("a stream within the reading of a stream, and a map within that, come to their ends", async () => {
    const seen: Array<number> = []
    for await (const outer of pool.stream(square, [1, 2, 3])) {
      for await (const inner of pool.stream(square, [outer, outer + 1], { chunkSize: 1 })) {
        seen.push(...(await pool.map(square, [inner])))
      }
    }
    expect(seen).toEqual([1, 16, 256, 625, 6561, 10_000])
  })

  if (!isolated) return

  it("workers that are resized, replaced and used up while they are busy lose no job", async () => {
    const busy = await open({ workers: 2, isolation, logger: false, maxJobsPerWorker: 8 })
    const file = scratchFile()
    const running = busy.map(
      note,
      upTo(40).map((n) => ({ file, n, ms: 2 })),
      { chunkSize: 7 }
    )
    await busy.resize(4)
    await eventually(() => expect(linesOf(file).length).toBeGreaterThan(5))
    await busy.resize(1)
    const renewed = busy.recycle()
    await busy.resize(3)
    expect(await running).toEqual(upTo(40))
    await renewed
    expect(ascending(linesOf(file).map(Number))).toEqual(upTo(40))
    await busy.close()
  })

  it("a death in one's job leaves the other users' jobs alone", async () => {
    const others = pool.map(
      slowSquare,
      upTo(20).map((n) => ({ n, ms: 2 }))
    )
    const outcomes = await pool.settle(
      exitsFor,
      upTo(6).map((n) => ({ n, bad: 3 }))
    )
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(upTo(6).map((n) => (n === 3 ? "Failed" : "Succeeded")))
    expect(outcomes[3]).toMatchObject({ error: { _tag: "WorkerCrashed", exitCode: 3 }, job: { index: 3 } })
    expect(await others).toEqual(squares(20))
  })

  // Which door its job came through is nothing to a pool within it.
  if (door === "effect") return

  it("a pool within a job works, and its job's pool with it", async () => {
    const inputs = upTo(2).map(() => ({ file: "", stays: false }))
    expect(await pool.map(nests, inputs, { chunkSize: 1 })).toEqual([
      [1, 4, 9],
      [1, 4, 9]
    ])
  })
})
