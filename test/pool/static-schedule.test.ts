/** `schedule: "static"`: which worker runs which jobs, whatever happens meanwhile. */
import { describe, expect, it, onTestFinished } from "vitest"
import { exitsFor } from "../fixtures/faulty.ts"
import { openGate, passesGate, spinsAtGate } from "../fixtures/gated.ts"
import { slowSquare, square, whoAmI } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo, valuesOf } from "./places.ts"

type Options = NonNullable<Parameters<typeof openIn>[1]>

describe.each(places)("a static schedule, $isolation", (place) => {
  const open = async (options: Options = {}) => {
    const pool = await openIn(place, { workers: 3, schedule: "static", ...options })
    onTestFinished(() => pool.terminate())
    return pool
  }

  it.each([1, 4, "auto"] as const)(
    "gives each worker an equal consecutive part of an array, chunkSize %s",
    async (chunkSize) => {
      const pool = await open({ chunkSize })
      const inputs = upTo(11)
      const ids = (await pool.map(whoAmI, inputs as never)).map(({ workerId }) => workerId)
      expect(ids).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3])
      const settled = await pool.settle(whoAmI, inputs as never)
      expect(settled.map(({ job }) => job.worker)).toEqual(ids)
    }
  )

  it("deals what is read as it goes in turn, a chunk each", async () => {
    const pool = await open({ chunkSize: 2 })
    async function* later() {
      yield* upTo(13)
    }
    const dealt = [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 1]
    expect((await valuesOf(pool.stream(whoAmI, upTo(13) as never))).map(({ workerId }) => workerId)).toEqual(dealt)
    // As it comes: a chunk may be shorter than it might be.
    const ids = (await valuesOf(pool.stream(whoAmI, later() as never, { chunkSize: 1 }))).map(
      ({ workerId }) => workerId
    )
    expect(ids).toEqual(upTo(13).map((n) => (n % 3) + 1))
    expect((await pool.map(whoAmI, new Set(upTo(13)) as never)).map(({ workerId }) => workerId)).toEqual(dealt)
  })

  it("leaves a worker idle rather than give it another's jobs", async () => {
    const pool = await open({ workers: 2, chunkSize: 1 })
    const inputs = upTo(6).map((n) => ({ n, ms: n < 3 ? 250 : 0 }))
    const outcomes = await pool.settle(slowSquare, inputs)
    expect(outcomes.map(({ job }) => job.worker)).toEqual([1, 1, 1, 2, 2, 2])
    // Nor what was sent ahead, and could be taken back from it.
    const ahead = await pool.settle(slowSquare, inputs, { chunkSize: 3 })
    expect(ahead.map(({ job }) => job.worker)).toEqual([1, 1, 1, 2, 2, 2])
  })

  it("has any worker run single jobs, and ends with fewer inputs than workers, or none", async () => {
    const pool = await open()
    expect(await pool.run(square, 3)).toBe(9)
    expect(await pool.map(square, [])).toEqual([])
    expect(await pool.map(square, [4])).toEqual([16])
    expect(await valuesOf(pool.stream(square, new Set<number>()))).toEqual([])
    expect(await valuesOf(pool.stream(square, upTo(1000)))).toEqual(upTo(1000).map((n) => n * n))
  })

  it("holds two calls at once, one of which is cancelled", async () => {
    const pool = await open()
    const stop = new AbortController()
    const long = failureOf(
      pool.map(
        slowSquare,
        upTo(60).map((n) => ({ n, ms: 50 })),
        { signal: stop.signal, chunkSize: 1 }
      )
    )
    const other = pool.map(square, upTo(60))
    expect(await other).toEqual(upTo(60).map((n) => n * n))
    stop.abort(new Error("enough"))
    expect(await long).toMatchObject({ _tag: "JobCancelled", cause: { message: "enough" } })
    expect(await pool.map(square, upTo(9))).toEqual(upTo(9).map((n) => n * n))
  })

  it("finishes when the pool is made smaller, larger or renewed meanwhile", async () => {
    const pool = await open({ chunkSize: 1 })
    const inputs = upTo(40).map((n) => ({ n, ms: 5 }))
    const changed = Promise.all([pool.resize(2), pool.recycle()]).then(() => pool.resize(4))
    const [values, streamed] = await Promise.all([
      pool.map(slowSquare, inputs),
      valuesOf(pool.stream(slowSquare, inputs.values())),
      changed
    ])
    expect(values).toEqual(inputs.map(({ n }) => n * n))
    expect(streamed).toEqual(values)
  })
})

describe.each(places.filter(({ isolated }) => isolated))("a static schedule, $isolation", (place) => {
  it("has the worker that comes after one that died go on with its part", async () => {
    const pool = await openIn(place, { workers: 2, schedule: "static", chunkSize: 3 })
    onTestFinished(() => pool.terminate())
    const outcomes = await pool.settle(
      exitsFor,
      upTo(20).map((n) => ({ n, bad: n % 7 === 2 ? n : -1 }))
    )
    expect(outcomes.map(({ job }) => job.worker)).toEqual(upTo(20).map((n) => (n < 10 ? 1 : 2)))
    expect(outcomes.flatMap(({ _tag, job }) => (_tag === "Failed" ? [job.index] : []))).toEqual([2, 9, 16])
    const again = await pool.map(exitsFor, [
      { n: 1, bad: 0 },
      { n: 2, bad: 0 }
    ])
    expect(again).toEqual([1, 2])
  })

  it("holds no job that was not dealt in a worker that a dealt one blocks", async () => {
    const pool = await openIn(place, { workers: 2, schedule: "static", concurrency: 2 })
    onTestFinished(() => pool.terminate())
    const [file, other] = [scratchFile(), scratchFile()]
    await pool.broadcast(passesGate, { file: scratchFile(), n: 0, free: true })
    const dealt = pool.map(
      spinsAtGate,
      [file, other].map((file, n) => ({ file, n }))
    )
    for (const each of [file, other]) await eventually(() => expect(linesOf(each)).toHaveLength(1))
    const free = pool.submitAll(
      passesGate,
      upTo(4).map((n) => ({ file: scratchFile(), n, free: true }))
    )
    // Each is given some, for neither has told of being blocked.
    openGate(other)
    expect(await Promise.all(free.map((each) => each.result()))).toEqual(upTo(4))
    openGate(file)
    expect(await dealt).toEqual([0, 1])
  })

  it("keeps to queueTimeout, also for jobs that wait for their own worker", { timeout: 60_000 }, async () => {
    const pool = await openIn(place, { workers: 2, schedule: "static", chunkSize: 1 })
    onTestFinished(() => pool.terminate())
    // Both have loaded the task: the limit is then about waiting alone.
    await pool.broadcast(slowSquare, { n: 1, ms: 0 })
    const inputs = upTo(4).map((n) => ({ n, ms: n === 0 ? 8000 : 0 }))
    const [first, second] = await pool.settle(slowSquare, inputs, { chunkSize: 2, queueTimeout: 4000 })
    expect(first?._tag).toBe("Succeeded")
    expect(second).toMatchObject({ _tag: "Failed", error: { _tag: "JobTimedOut", which: "queueTimeout" } })
  })
})
