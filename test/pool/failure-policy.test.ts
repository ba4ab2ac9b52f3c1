import { jobOf } from "holdfast"
import { describe, expect, it } from "vitest"
import { failsAfter, succeedsAt } from "../fixtures/attempts.ts"
import { throws, throwsFor } from "../fixtures/faulty.ts"
import { note, slowSquare, square } from "../fixtures/plain.ts"
import { failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

const bads = (count: number, ...bad: ReadonlyArray<number>) =>
  upTo(count).map((n) => ({ n, bad: bad.includes(n) ? n : -1 }))

describe.each(places)("a failure in a batch, $isolation", (place) => {
  const pair = sharedIn(place)
  const lone = sharedIn(place, { workers: 1 })

  it("is settled as an outcome among the others, in the order of the inputs", async () => {
    const outcomes = await pair().settle(throwsFor, bads(5, 1, 3), { key: ({ n }) => `item ${n}`, chunkSize: 2 })
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Succeeded", "Failed", "Succeeded", "Failed", "Succeeded"])
    expect(outcomes.map(({ job }) => [job.index, job.key])).toEqual(upTo(5).map((n) => [n, `item ${n}`]))
    for (const { job, ...outcome } of outcomes) {
      expect(job).toMatchObject({
        task: "throwsFor",
        module: expect.stringMatching(/\/fixtures\/faulty\.ts$/),
        inputPreview: expect.stringContaining(`n: ${job.index}`),
        worker: expect.toBeOneOf([1, 2]),
        pid: expect.any(Number),
        lastLogs: { stdout: [], stderr: [] }
      })
      expect(job.attempts).toEqual([
        {
          number: 1,
          worker: job.worker,
          pid: job.pid,
          startedAt: expect.closeTo(Date.now(), -5),
          durationMs: expect.any(Number),
          failure: outcome._tag === "Failed" ? "TaskThrew" : undefined
        }
      ])
      if (outcome._tag === "Failed") expect(jobOf(outcome.error)).toEqual(job)
    }
  })

  it("has what the task threw as its cause, with its name and its own properties", async () => {
    const failure = await failureOf(lone().run(throws, "the message"))
    expect(failure).toMatchObject({
      _tag: "TaskThrew",
      message: "task \"throws\" (job 0, input 'the message') threw Custom: the message",
      cause: {
        name: "Custom",
        message: "the message",
        code: "E_CUSTOM",
        details: { nested: [1, 2, 3] },
        cause: { message: "the root" }
      }
    })
    expect((failure as Error).cause).toBeInstanceOf(Error)
    expect(((failure as Error).cause as Error).cause).toBeInstanceOf(RangeError)
    expect((failure as Error).stack).toMatch(/faulty\.ts:\d+:\d+[\s\S]*called from[\s\S]*failure-policy\.test\.ts/)
  })

  it("fails a map fast: the rest is not run", async () => {
    const file = scratchFile()
    const inputs = upTo(99).map((n) => (n === 2 ? (null as never) : { file, n, ms: 20 }))
    const failure = await failureOf(lone().map(note, inputs, { chunkSize: 1 }))
    expect(failure).toMatchObject({ _tag: "TaskThrew", job: { index: 2, batch: { total: 99 } } })
    const { done = 0, notRun = 0 } = jobOf(failure)?.batch ?? {}
    expect(done).toBeGreaterThanOrEqual(3)
    expect(done + notRun).toBe(99)
    expect(await lone().run(square, 2)).toBe(4)
    // Some run on until what the failed job has printed is here.
    expect(linesOf(file).length).toBeLessThan(60)
  })

  it("in the middle of a chunk stops what is behind it in the chunk", async () => {
    const file = scratchFile()
    const inputs = upTo(20).map((n) => (n === 3 ? (null as never) : { file, n, ms: n < 3 ? 0 : 700 }))
    expect(await failureOf(lone().map(note, inputs, { chunkSize: 20 }))).toMatchObject({ job: { index: 3 } })
    expect(await lone().run(square, 2)).toBe(4)
    expect(linesOf(file).length).toBeLessThan(15)
  })

  it("lets others of the pool be", async () => {
    const others = [
      pair().map(
        slowSquare,
        upTo(10).map((n) => ({ n, ms: 10 }))
      ),
      pair().run(square, 9)
    ] as const
    expect(await failureOf(pair().map(throwsFor, bads(20, 0)))).toMatchObject({ job: { index: 0 } })
    expect(await Promise.all(others)).toEqual([upTo(10).map((n) => n * n), 81])
  })

  it("that comes first in time is what a map fails with", async () => {
    await using pool = await openIn(place, { killGrace: 50 })
    const inputs = [20_000, 0].map((ms) => ({ n: null, ms }))
    const failure = await failureOf(pool.map(failsAfter, inputs, { chunkSize: 1 }))
    expect(failure).toMatchObject({ job: { index: 1 } })
  })

  it("is collected: all run, then the first by index is what the map fails with", async () => {
    const file = scratchFile()
    const inputs = upTo(12).map((n) => (n === 3 || n === 7 ? (null as never) : { file, n }))
    const failure = await failureOf(pair().map(note, inputs, { onFailure: "collect", chunkSize: 1 }))
    expect(failure).toMatchObject({ _tag: "TaskThrew", job: { index: 3 } })
    expect(jobOf(failure)?.batch).toBeUndefined()
    expect(linesOf(file)).toHaveLength(10)
  })

  it("is collected by settle, whatever the pool says", async () => {
    await using pool = await openIn(place, { onFailure: "failFast" })
    const outcomes = await pool.settle(throwsFor, bads(30, 0, 29), { onFailure: "failFast" })
    expect(outcomes.filter(({ _tag }) => _tag === "Failed")).toHaveLength(2)
    expect(outcomes).toHaveLength(30)
  })

  it("is collected where the pool says so, unless the call says otherwise", async () => {
    await using pool = await openIn(place, { workers: 1, onFailure: "collect" })
    const file = scratchFile()
    const inputs = upTo(50).map((n) => (n === 0 ? (null as never) : { file, n, ms: 10 }))
    await failureOf(pool.map(note, inputs))
    expect(linesOf(file)).toHaveLength(49)
    await failureOf(pool.map(note, inputs, { onFailure: "failFast", chunkSize: 1 }))
    await pool.run(square, 1)
    expect(linesOf(file).length).toBeLessThan(49 + 40)
  })

  it.each(["map", "stream"] as const)(
    "and ends a %s that collects by its abort tells of earlier attempts",
    async (kind) => {
      const controller = new AbortController()
      const shouldRetry = (): boolean => {
        setImmediate(() => controller.abort("enough"))
        return true
      }
      const retry = { retries: 1, minTimeout: 60_000, shouldRetry }
      const call = { onFailure: "collect", signal: controller.signal, retry } as const
      const inputs = [{ file: scratchFile(), until: 2 }]
      const read = async (): Promise<void> => {
        for await (const _ of pair().stream(succeedsAt, inputs, call));
      }
      const called = kind === "map" ? pair().map(succeedsAt, inputs, call) : read()
      const failure = await failureOf(called)
      expect(failure).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
      expect(jobOf(failure)?.attempts).toEqual([expect.objectContaining({ number: 1, failure: "TaskThrew" })])
    }
  )
})
