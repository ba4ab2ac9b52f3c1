import { explain, type PromisePool } from "holdfast"
import { describe, expect, it } from "vitest"
import { failsAfter } from "../fixtures/attempts.ts"
import { spins } from "../fixtures/hangs.ts"
import { note, slowSquare, square, untilAborted } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"

describe.each(places)("one worker with jobs side by side, $isolation", (place) => {
  const wide = sharedIn(place, { workers: 1, concurrency: 4, killGrace: "20 seconds" })

  it("runs as many at once as concurrency says, and no more", async () => {
    const file = scratchFile()
    const handles = upTo(6).map(() => wide().submit(untilAborted, file))
    await eventually(() => expect(linesOf(file)).toHaveLength(4))
    // What a job has written is seen before the pool has been told that it began.
    await eventually(() => expect(handles.filter(({ status }) => status === "queued")).toHaveLength(2))
    for (const handle of handles.slice(0, 4)) handle.cancel()
    await eventually(() => expect(linesOf(file).filter((line) => line === "started")).toHaveLength(6))
    for (const handle of handles) handle.cancel()
    await eventually(() => expect(wide().workers[0]?.state).toBe("idle"))
    expect(wide().workers[0]?.restarts).toBe(0)
  })

  it("keeps values, order and failures apart", async () => {
    const inputs = upTo(24).map((n) => ({ n, ms: (n * 7) % 13 }))
    expect(await wide().map(slowSquare, inputs)).toEqual(upTo(24).map((n) => n * n))
    expect(await valuesOf(wide().stream(slowSquare, inputs, { chunkSize: 3 }))).toEqual(upTo(24).map((n) => n * n))
    const outcomes = await wide().settle(
      failsAfter,
      upTo(12).map((n) => ({ n: n % 4 === 1 ? null : n, ms: (n * 5) % 7 }))
    )
    expect(outcomes.map((outcome) => (outcome._tag === "Succeeded" ? outcome.value : outcome.job.index))).toEqual(
      upTo(12).map((n) => (n % 4 === 1 ? n : n * n))
    )
  })

  it("runs each job once, also where one is slow", async () => {
    const file = scratchFile()
    const inputs = upTo(40).map((n) => ({ file, n, ms: n === 5 ? 300 : 2 }))
    expect(await wide().map(note, inputs, { chunkSize: 4 })).toEqual(upTo(40))
    expect(
      linesOf(file)
        .map(Number)
        .sort((a, b) => a - b)
    ).toEqual(upTo(40))
  })

  it("begins them in their order, also those that come as their task has been loaded for others", async () => {
    for (let round = 0; round < 5; round++) {
      const file = scratchFile()
      await using pool = await openIn(place, { workers: 1, concurrency: 4 })
      await eventually(() => expect(pool.workers).toMatchObject([{ state: "idle" }]))
      const runs = upTo(4).map((n) => pool.run(note, { file, n, ms: 0 }))
      // Turns of the event loop, so that some come while, and some after, the task is loaded.
      for (let turns = 0; turns <= round; turns++) await new Promise((resolve) => setImmediate(resolve))
      await Promise.all([...runs, ...upTo(4).map((n) => pool.run(note, { file, n: n + 4, ms: 0 }))])
      expect(linesOf(file)).toEqual(upTo(8).map(String))
    }
  })

  it("fails the one that has timed out, and leaves those beside it alone", async () => {
    const file = scratchFile()
    // A worker that was still loading their module would be seen to be blocked.
    expect(await wide().run(slowSquare, { n: 2, ms: 0 })).toBe(4)
    const late = wide().run(untilAborted, file, { timeout: 150 })
    const beside = wide().run(slowSquare, { n: 5, ms: 600 })
    expect(await failureOf(late)).toMatchObject({ _tag: "JobTimedOut", limit: 150 })
    expect(await beside).toBe(25)
    expect(await wide().run(square, 2)).toBe(4)
  })
})

describe.each(places)("calls that say how many at once, $isolation", (place) => {
  const shared = sharedIn(place, { workers: 1 })
  const wide = sharedIn(place, { workers: 1, concurrency: 3 })

  const startedOf = async (pool: ReturnType<typeof shared>, options: object): Promise<number> => {
    const file = scratchFile()
    const ending = new AbortController()
    const batch = failureOf(pool.map(untilAborted, Array(8).fill(file), { ...options, signal: ending.signal }))
    await eventually(() => expect(linesOf(file).length).toBeGreaterThanOrEqual(1))
    const most = "concurrency" in options ? Number(options.concurrency) : 3
    await eventually(() => expect(linesOf(file)).toHaveLength(most))
    // A job of another lane, that runs alone, shows that no further one was on its way.
    expect(linesOf(file)).toHaveLength(most)
    ending.abort()
    await batch
    await eventually(() => expect(pool.workers[0]?.state).toBe("idle"))
    return most
  }

  it("run so many in one worker, more or fewer than the pool's", async () => {
    expect(await startedOf(shared(), { concurrency: 4 })).toBe(4)
    expect(await startedOf(wide(), {})).toBe(3)
    expect(await startedOf(wide(), { concurrency: 1 })).toBe(1)
    expect(await startedOf(wide(), { concurrency: 5 })).toBe(5)
  })

  it.each([
    ["map", (pool, inputs, options) => pool.map(untilAborted, inputs.values(), options)],
    ["stream", (pool, inputs, options) => valuesOf(pool.stream(untilAborted, inputs, options))],
    ["outcomes", (pool, inputs, options) => valuesOf(pool.outcomes(untilAborted, inputs, options))]
  ] satisfies ReadonlyArray<[string, (...given: [PromisePool, Array<string>, object]) => Promise<unknown>]>)(
    "run so many where inputs are read no further than they are needed: %s",
    async (_name, call) => {
      const file = scratchFile()
      const ending = new AbortController()
      const batch = failureOf(call(shared(), Array(40).fill(file), { concurrency: 9, signal: ending.signal }))
      await eventually(() => expect(linesOf(file)).toHaveLength(9))
      ending.abort()
      await batch
      await eventually(() => expect(shared().workers[0]?.state).toBe("idle"))
    }
  )

  it("keep a lane that runs one at a time alone, beside one that runs many", async () => {
    const file = scratchFile()
    const many = shared().map(
      note,
      upTo(20).map((n) => ({ file, n, ms: 15 })),
      { concurrency: 4 }
    )
    const one = shared().map(
      note,
      upTo(5).map((n) => ({ file, n: 100 + n, ms: 5 }))
    )
    expect(await many).toEqual(upTo(20))
    expect(await one).toEqual(upTo(5).map((n) => 100 + n))
    expect(linesOf(file)).toHaveLength(25)
    expect(new Set(linesOf(file)).size).toBe(25)
  })
})

describe("jobs side by side in one worker", () => {
  const [processes] = places as [(typeof places)[number]]

  it("all go down with it: each that had begun has failed, none of them is run twice, the rest is not charged", async () => {
    await using pool = await openIn(processes, { workers: 1, concurrency: 3 })
    const file = scratchFile()
    const outcomes = pool.settle(
      note,
      upTo(6).map((n) => ({ file, n, ms: n < 3 ? 60_000 : 0 }))
    )
    await eventually(() => expect(linesOf(file)).toHaveLength(3))
    process.kill(pool.workers[0]?.pid ?? 0, "SIGKILL")
    const settled = await outcomes
    expect(settled.slice(0, 3)).toMatchObject(
      upTo(3).map(() => ({ _tag: "Failed", error: { _tag: "WorkerCrashed", signal: "SIGKILL" } }))
    )
    expect(settled.slice(3)).toMatchObject(
      [3, 4, 5].map((value) => ({ _tag: "Succeeded", value, job: { attempts: [{ number: 1 }] } }))
    )
    expect(linesOf(file).map(Number).sort()).toEqual(upTo(6))
  })

  it("finish where one beside them is hung and has passed its timeout; then their worker is replaced", async () => {
    await using pool = await openIn(processes, { workers: 1, concurrency: 2, killGrace: 50 })
    const file = scratchFile()
    const hung = failureOf(pool.run(note, { file, n: 1, ms: 60_000 }, { timeout: 200 }))
    const beside = pool.run(slowSquare, { n: 5, ms: 1_000 })
    expect(await hung).toMatchObject({ _tag: "JobTimedOut", limit: 200 })
    expect(await beside).toBe(25)
    expect(await pool.run(square, 3)).toBe(9)
    await eventually(() => expect(pool.workers[0]?.restarts).toBe(1))
  })

  it.each(["process", "thread"] as const)(
    "are told that it may have been another, where one blocks their %s",
    async (isolation) => {
      await using pool = await openIn({ ...processes, isolation }, { workers: 1, concurrency: 2 })
      const beside = failureOf(pool.run(slowSquare, { n: 5, ms: 60_000 }))
      await eventually(() => expect(pool.workers[0]?.state).toBe("busy"))
      const spun = await failureOf(pool.run(spins, 1, { timeout: 300 }))
      expect(spun).toMatchObject({ _tag: "JobTimedOut" })
      expect(String(spun)).toContain("; this job, or one that ran beside it, was in turnRound at ")
      const crash = await beside
      expect(crash).toMatchObject({ _tag: "WorkerCrashed", reason: "ended" })
      expect(explain(crash)).not.toContain("process.exit")
      expect(String(crash)).toContain(
        "was blocked, by this job or one that ran beside it, and was ended when one of them"
      )
    }
  )

  it("are told of as stalled with the same doubt", async () => {
    await using pool = await openIn(processes, { workers: 1, concurrency: 2, stallWarning: 200 })
    const stalled = new Map<string, boolean | undefined>()
    void (async () => {
      for await (const event of pool.events)
        if (event._tag === "JobStalled" && event.stack.length > 0) stalled.set(event.task, event.amongOthers)
    })()
    pool.submit(slowSquare, { n: 5, ms: 60_000 })
    await eventually(() => expect(pool.workers[0]?.state).toBe("busy"))
    pool.submit(spins, 1)
    await eventually(() =>
      expect([...stalled].sort()).toEqual([
        ["slowSquare", true],
        ["spins", true]
      ])
    )
    await pool.terminate()
  })

  it("are not said to be where another blocks their worker, nor is that one told that it was another", async () => {
    await using pool = await openIn(processes, { workers: 1, concurrency: 2 })
    const waits = failureOf(pool.run(slowSquare, { n: 5, ms: 60_000 }, { timeout: 1000 }))
    await eventually(() => expect(pool.workers[0]?.state).toBe("busy"))
    const blocks = failureOf(pool.run(spins, 1))
    const failed = await waits
    expect(failed).toMatchObject({ _tag: "JobTimedOut", limit: 1000 })
    expect(String(failed)).not.toContain("; it was in")
    expect(String(failed)).toContain("; this job, or one that ran beside it, was in turnRound at ")
    const crash = await blocks
    expect(crash).toMatchObject({ _tag: "WorkerCrashed" })
    expect(String(crash)).toContain("was blocked, by this job or one that ran beside it, and was ended")
  })
})
