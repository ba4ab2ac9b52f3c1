/** What one handle of the Promise door tells and does, while workers are busy. */
import { inspect } from "node:util"
import { Handle, jobOf } from "holdfast"
import { describe, expect, it } from "vitest"
import { succeedsAt } from "../fixtures/attempts.ts"
import { throws, waitsForever } from "../fixtures/faulty.ts"
import { echo, slowSquare, square, untilAborted } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

describe.each(places)("a handle, $isolation", (place) => {
  const pair = sharedIn(place, { killGrace: 50 })
  const lone = sharedIn(place, { workers: 1, killGrace: 50 })

  it("is seen queued, running, retrying, running again, and settled", async () => {
    const pool = lone()
    const gate = Promise.withResolvers<boolean>()
    const retry = { retries: 1, minTimeout: 1, factor: 1, shouldRetry: () => gate.promise }
    const handle = pool.submit(waitsForever, undefined, { timeout: 1_000, retry })
    expect(handle.status).toBe("queued")
    await eventually(() => expect(handle.status).toBe("running"))
    await eventually(() => expect(handle.status).toBe("retrying"))
    expect(await pool.run(square, 4)).toBe(16)
    expect(handle.status).toBe("retrying")
    gate.resolve(true)
    await eventually(() => expect(handle.status).toBe("running"))
    expect(handle.job.attempts).toMatchObject([{ number: 1, failure: "JobTimedOut" }])
    handle.cancel()
    expect(handle.status).toBe("settled")
    expect(handle.job.attempts).toMatchObject([{ number: 1, failure: "JobTimedOut" }])
  })

  it("tells of the attempts that were made while others are to come", async () => {
    const file = scratchFile()
    const retry = { retries: 1, minTimeout: 30_000, factor: 1 }
    const handle = pair().submit(succeedsAt, { file, until: 2 }, { retry, key: "second" })
    await eventually(() => expect(handle.status).toBe("retrying"))
    expect(handle.poll()).toBeUndefined()
    expect(handle.job).toMatchObject({
      task: "succeedsAt",
      index: 0,
      key: "second",
      attempts: [{ number: 1, failure: "TaskThrew" }]
    })
    handle.cancel("enough")
    expect(await failureOf(handle.result())).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
    expect(handle.job.attempts).toHaveLength(1)
    expect(linesOf(file)).toEqual(["1"])
  })

  it("cancels a queued job, which never runs", async () => {
    const file = scratchFile()
    const pool = lone()
    const blocker = pool.submit(slowSquare, { n: 3, ms: 40 })
    await eventually(() => expect(blocker.status).not.toBe("queued"))
    const handle = pool.submit(succeedsAt, { file, until: 1 })
    const reason = new RangeError("not wanted any more")
    handle.cancel(reason)
    expect(handle.status).toBe("settled")
    const error = await failureOf(handle.result())
    expect(error).toMatchObject({ _tag: "JobCancelled", cause: reason })
    expect(handle.poll()).toMatchObject({ _tag: "Failed", error })
    expect(jobOf(error)).toMatchObject({ task: "succeedsAt", attempts: [] })
    expect(await blocker.result()).toBe(9)
    expect(await pool.run(square, 4)).toBe(16)
    expect(linesOf(file)).toEqual([])
  })

  it("cancels a running job, whose signal tells it so", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1, killGrace: "60 seconds" })
    const handle = pool.submit(untilAborted, file)
    await eventually(() => expect(linesOf(file)).toEqual(["started"]))
    await eventually(() => expect(handle.status).toBe("running"))
    handle.cancel("no more")
    expect(handle.status).toBe("settled")
    expect(await failureOf(handle.result())).toMatchObject({ _tag: "JobCancelled", cause: "no more" })
    await eventually(() => expect(linesOf(file)).toEqual(["started", "aborted no more"]))
    expect(await pool.run(square, 4)).toBe(16)
  })

  it("cancels nothing that has settled", async () => {
    const handle = pair().submit(square, 5)
    await handle.result()
    const before = handle.poll()
    handle.cancel("too late")
    expect(handle.poll()).toBe(before)
    expect(await handle.result()).toBe(25)
  })

  it("waited for with 0, says at once whether the job has settled", async () => {
    const handle = pair().submit(slowSquare, { n: 2, ms: 60 })
    expect(await handle.wait(0)).toBe(false)
    await handle.result()
    expect(await handle.wait(0)).toBe(true)
    expect(await handle.wait("0 millis")).toBe(true)
  })

  it.each([["nonsense"], [-1], [Number.NaN], [undefined], [{ fortnights: 1 }]])(
    "can't be waited for %j: rejects with InvalidOptions that names it",
    async (duration) => {
      const handle = pair().submit(square, 5)
      const error = await failureOf(handle.wait(duration as never))
      expect(error).toMatchObject({ _tag: "InvalidOptions", problems: [{ option: "duration" }] })
      expect((error as Error).message).toMatch(
        /handle\.wait: .*\n {2}duration: expected a duration of 0 or more, .*received/
      )
      expect((error as Error).message).toContain(typeof duration === "string" ? duration : "")
      expect(await handle.result()).toBe(25)
    }
  )

  it("shows where its job stands, not what it is made of", async () => {
    const handle = pair().submit(echo, { some: "input" }, { key: "one" })
    expect(inspect(handle, { breakLength: Number.POSITIVE_INFINITY })).toMatch(
      /^PromiseHandle \{ status: '(queued|running)', task: 'echo', key: 'one', index: 0, input: .*some.*, attempts: 0 \}$/
    )
    await handle.result()
    expect(inspect(handle)).toContain("settled")
    expect(inspect({ deep: { deeper: { handle } } })).toMatch(/\[PromiseHandle\]|PromiseHandle/)
    expect(JSON.parse(JSON.stringify(handle))).toMatchObject({
      _id: "Handle",
      status: "settled",
      job: { task: "echo", key: "one", inputPreview: "{ some: 'input' }" }
    })
  })

  it("has a job that doesn't change once it has settled", async () => {
    const handle = pair().submit(throws, "no")
    await handle.wait("20 seconds")
    expect(handle.job).toBe(handle.job)
    expect(handle.job).toBe(jobOf(await failureOf(handle.result())))
  })

  it("is given by ten concurrent users of one pool, each of whom gets his own answers", async () => {
    const pool = pair()
    const users = upTo(10).map(async (user) => {
      const own: Array<unknown> = []
      for (let round = 0; round < 20; round++) {
        const handles = pool.submitAll(
          echo,
          upTo(5).map((n) => `${user}.${round}.${n}`)
        )
        const single = pool.submit(square, user)
        own.push(...(await Handle.all(handles)))
        expect(await single.result()).toBe(user * user)
      }
      expect(own).toEqual(upTo(20).flatMap((round) => upTo(5).map((n) => `${user}.${round}.${n}`)))
      return own.length
    })
    expect(await Promise.all(users)).toEqual(upTo(10).map(() => 100))
  })

  it("may be dropped: its job runs all the same, and the pool closes", async () => {
    const file = scratchFile()
    await using pool = await openIn(place)
    for (const n of upTo(50)) pool.submit(succeedsAt, { file, until: n })
    await pool.close()
    expect(linesOf(file)).toHaveLength(50)
  })
})
