import { jobOf } from "holdfast"
import { describe, expect, it } from "vitest"
import {
  gaveUp,
  gaveUpWithText,
  resumesAt,
  retriesByItself,
  succeedsAt,
  throwsTypeErrorUntil
} from "../fixtures/attempts.ts"
import { echo } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

/** Without a wait between attempts. */
const soon = { minTimeout: 1, factor: 1 }

describe.each(places)("retry, $isolation", (place) => {
  const pair = sharedIn(place)

  it("is off unless asked for: a job that fails has run once", async () => {
    const file = scratchFile()
    expect(await failureOf(pair().run(succeedsAt, { file, until: 2 }))).toMatchObject({ _tag: "TaskThrew" })
    expect(linesOf(file)).toEqual(["1"])
  })

  it("tries as often as it takes, and all attempts are told of", async () => {
    const file = scratchFile()
    const handle = pair().submit(succeedsAt, { file, until: 3 }, { retry: { retries: 5, ...soon } })
    expect(await handle.result()).toBe(3)
    expect(linesOf(file)).toEqual(["1", "2", "3"])
    expect(handle.job.attempts).toMatchObject([
      { number: 1, failure: "TaskThrew", worker: expect.any(Number) },
      { number: 2, failure: "TaskThrew" },
      { number: 3, failure: undefined }
    ])
  })

  it("ends with the last failure when the attempts are spent", async () => {
    const file = scratchFile()
    const failure = await failureOf(pair().run(succeedsAt, { file, until: 9 }, { retry: { retries: 2, ...soon } }))
    expect(failure).toMatchObject({ _tag: "TaskThrew", cause: { message: "attempt 3 of 9" } })
    expect(jobOf(failure)?.attempts.map(({ number }) => number)).toEqual([1, 2, 3])
    expect(linesOf(file)).toEqual(["1", "2", "3"])
  })

  it("tries a TypeError again, as any other", async () => {
    const file = scratchFile()
    const retry = { retries: 2, ...soon }
    expect(await pair().run(throwsTypeErrorUntil, { file, until: 3 }, { retry })).toBe(3)
    expect(linesOf(file)).toEqual(["1", "2", "3"])
  })

  it("retries each job of a batch by itself, and keeps their order", async () => {
    const files = upTo(6).map(() => scratchFile())
    const inputs = files.map((file, n) => ({ file, until: n % 3 === 0 ? 1 : (n % 3) + 1 }))
    const options = { retry: { retries: 2, ...soon }, chunkSize: 6 }
    expect(await pair().map(succeedsAt, inputs, options)).toEqual([1, 2, 3, 1, 2, 3])
    expect(files.map((file) => linesOf(file).length)).toEqual([1, 2, 3, 1, 2, 3])
    const outcomes = await pair().settle(succeedsAt, inputs, options)
    expect(outcomes.map(({ job }) => job.attempts.length)).toEqual([1, 2, 3, 1, 2, 3])
    const streamed: Array<number> = []
    for await (const value of pair().stream(succeedsAt, inputs, options)) streamed.push(value)
    expect(streamed).toEqual([1, 2, 3, 1, 2, 3])
  })

  it("ends at once for an error that the task aborts with", async () => {
    const [file, other] = [scratchFile(), scratchFile()]
    const retry = { retries: 5, ...soon }
    expect(await failureOf(pair().run(gaveUp, file, { retry }))).toMatchObject({ cause: { message: "of no use" } })
    expect(await failureOf(pair().run(gaveUpWithText, other, { retry }))).toMatchObject({ cause: "of no use" })
    expect([linesOf(file), linesOf(other)]).toEqual([["1"], ["1"]])
  })

  it("asks shouldRetry, which gets the failure and may take its time", async () => {
    const file = scratchFile()
    const asked: Array<unknown> = []
    const shouldRetry = async (failure: unknown): Promise<boolean> => {
      asked.push(failure)
      return asked.length < 2
    }
    const failure = await failureOf(
      pair().run(succeedsAt, { file, until: 9 }, { retry: { retries: 9, ...soon, shouldRetry } })
    )
    expect(linesOf(file)).toEqual(["1", "2"])
    expect(asked).toMatchObject([{ _tag: "TaskThrew" }, { _tag: "TaskThrew" }])
    expect(asked[1]).toBe(failure)
  })

  it("ends with what shouldRetry throws", async () => {
    const file = scratchFile()
    const shouldRetry = (): never => {
      throw new Error("of the callback")
    }
    const failure = await failureOf(
      pair().run(succeedsAt, { file, until: 9 }, { retry: { retries: 9, ...soon, shouldRetry } })
    )
    expect(failure).toMatchObject({ message: "of the callback" })
    expect(linesOf(file)).toEqual(["1"])
  })

  it("waits as p-retry says, and other jobs run meanwhile", async () => {
    await using pool = await openIn(place, { workers: 1 })
    const file = scratchFile()
    const handle = pool.submit(succeedsAt, { file, until: 3 }, { retry: { retries: 2, minTimeout: 150, factor: 2 } })
    await eventually(() => expect(handle.status).toBe("retrying"))
    expect(await pool.run(echo, "meanwhile")).toBe("meanwhile")
    expect(handle.status).toBe("retrying")
    await handle.result()
    const [first, second, third] = handle.job.attempts.map(({ startedAt }) => startedAt ?? 0)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(140)
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(290)
  })

  it("is cancelled while it waits", async () => {
    const file = scratchFile()
    const handle = pair().submit(succeedsAt, { file, until: 9 }, { retry: { retries: 5, minTimeout: 60_000 } })
    await eventually(() => expect(handle.status).toBe("retrying"))
    handle.cancel("enough")
    expect(await failureOf(handle.result())).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
    expect(linesOf(file)).toEqual(["1"])
  })

  it("gives the next attempt what the one before it checkpointed", async () => {
    const file = scratchFile()
    expect(await pair().run(resumesAt, { file, until: 1 })).toBeUndefined()
    const retry = { retries: 3, ...soon }
    expect(await pair().run(resumesAt, { file, until: 3 }, { retry })).toEqual({ reached: 2 })
  })

  it("goes by the call's option, else by the task's, else by the pool's", async () => {
    await using pool = await openIn(place, { retry: { retries: 1, ...soon } })
    const [byPool, byTask, byCall] = [scratchFile(), scratchFile(), scratchFile()]
    await failureOf(pool.run(succeedsAt, { file: byPool, until: 9 }))
    expect(linesOf(byPool)).toHaveLength(2)
    expect(await pool.run(retriesByItself, byTask)).toBe(true)
    expect(linesOf(byTask)).toHaveLength(3)
    await failureOf(pool.run(retriesByItself, byCall, { retry: 0 }))
    expect(linesOf(byCall)).toHaveLength(1)
  })

  it("remembers no job after its end, however many there were", async () => {
    const file = scratchFile()
    const retry = { retries: 2, ...soon }
    const run = () => pair().run(succeedsAt, { file, until: 2 }, { retry })
    expect(await Promise.all(upTo(50).map(run))).toEqual(upTo(50).map(() => 2))
    expect(linesOf(file)).toHaveLength(100)
  })
})
