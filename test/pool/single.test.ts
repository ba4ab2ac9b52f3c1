import { jobOf } from "holdfast"
import { describe, expect, it } from "vitest"
import { throws, waitsForever } from "../fixtures/faulty.ts"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { echo, note, pid, power, slowSquare, square, whoAmI } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

describe.each(places)("one job, $isolation", (place) => {
  const pair = sharedIn(place)
  const lone = sharedIn(place, { workers: 1 })

  it("gives its value", async () => {
    const pool = pair()
    expect(await pool.run(square, 7)).toBe(49)
    expect(await pool.run(power, [2, 10])).toBe(1024)
    expect(await pool.run(echo, undefined)).toBeUndefined()
    expect(await pool.run(pid, undefined)).toSatisfy((pid) => (pid !== process.pid) === place.ownProcess)
    expect(await pool.run(echo)).toBeUndefined()
    expect(await pool.submit(echo).result()).toBeUndefined()
    expect(await pool.broadcast(echo)).toEqual([undefined, undefined])
  })

  it("submitted, has a handle at once, which tells where it stands", async () => {
    const pool = lone()
    const file = scratchFile()
    const first = pool.submit(passesGate, { file, n: 9 })
    const second = pool.submit(slowSquare, { n: 4, ms: 1 }, { key: "four" })
    expect([first.status, second.status]).toEqual(["queued", "queued"])
    expect(first.poll()).toBeUndefined()
    await eventually(() => expect([first.status, second.status]).toEqual(["running", "queued"]))
    openGate(file)
    expect(await first.result()).toBe(9)
    expect(first.status).toBe("settled")
    expect(first.poll()).toMatchObject({ _tag: "Succeeded", value: 9, job: { task: "passesGate", index: 0, key: "0" } })
    expect(await second.wait("20 seconds")).toBe(true)
    expect(second.job).toMatchObject({ task: "slowSquare", index: 0, key: "four", inputPreview: "{ n: 4, ms: 1 }" })
    expect(second.job.attempts).toEqual([
      {
        number: 1,
        worker: 1,
        pid: expect.any(Number),
        startedAt: expect.any(Number),
        durationMs: expect.any(Number),
        failure: undefined
      }
    ])
  })

  it("is described by its handle before it has run, too", async () => {
    const pool = lone()
    const handle = pool.submit(square, 5, { key: "five" })
    expect(handle.job).toMatchObject({
      task: "square",
      key: "five",
      inputPreview: "5",
      attempts: [],
      worker: undefined
    })
    await handle.result()
  })

  it("is waited for no longer than was said", async () => {
    await using pool = await openIn(place, { killGrace: 50 })
    const handle = pool.submit(waitsForever, undefined)
    expect(await handle.wait(20)).toBe(false)
    expect(await handle.wait("20 millis")).toBe(false)
    handle.cancel()
    expect(await handle.wait(20)).toBe(true)
  })

  it("may be waited for longer than a timer of Node's can run", async () => {
    const pool = pair()
    const handles = upTo(2).map((n) => pool.submit(slowSquare, { n, ms: 40 }))
    expect(await Promise.all([handles[0]?.wait("60 days"), handles[1]?.wait(Number.POSITIVE_INFINITY)])).toEqual([
      true,
      true
    ])
  })

  it("gives the same to everyone who asks its handle, also late", async () => {
    const pool = pair()
    const good = pool.submit(square, 6)
    const bad = pool.submit(throws, "no")
    expect(await Promise.all([good.result(), good.result()])).toEqual([36, 36])
    const [one, other] = await Promise.all([failureOf(bad.result()), failureOf(bad.result())])
    expect(one).toBe(other)
    expect(await failureOf(bad.result())).toBe(one)
    expect(bad.poll()).toMatchObject({ _tag: "Failed", error: { _tag: "TaskThrew" } })
    expect(jobOf(one)).toBe(bad.job)
  })

  it("has a handle that is no promise", async () => {
    const pool = pair()
    const handle = pool.submit(square, 2)
    expect(await handle).toBe(handle)
    expect("then" in handle).toBe(false)
  })

  it("that nobody asks after, failed or not, is nobody's unhandled rejection", async () => {
    const unhandled: Array<unknown> = []
    const listen = (error: unknown): void => void unhandled.push(error)
    process.on("unhandledRejection", listen)
    try {
      await using pool = await openIn(place)
      const dropped = [pool.submit(throws, "dropped"), pool.submit(square, 1), pool.submit(echo, (() => 1) as unknown)]
      const cancelled = pool.submit(waitsForever, undefined)
      cancelled.cancel(new Error("dropped"))
      await eventually(() => expect(dropped.every(({ status }) => status === "settled")).toBe(true))
      await pool.close()
      pool.submit(square, 1)
      // Rejections are told of once microtasks are done: on the next turn but one at the latest.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).toEqual([])
    } finally {
      process.off("unhandledRejection", listen)
    }
  })

  it("knows itself: task, index, key, attempt and worker", async () => {
    const pool = lone()
    expect(await pool.run(whoAmI, undefined)).toEqual({
      task: "whoAmI",
      index: 0,
      key: "0",
      attempt: 1,
      workerId: 1
    })
    expect(await pool.run(whoAmI, undefined, { key: "me" })).toMatchObject({ index: 0, key: "me" })
    expect(await pool.map(whoAmI, [0, 0, 0], { key: (_, index) => `job ${index}` })).toMatchObject(
      upTo(3).map((index) => ({ index, key: `job ${index}` }))
    )
  })

  it("may be submitted from the callback of another", async () => {
    const pool = pair()
    const chain = async (left: number): Promise<number> => {
      const value = await pool.submit(square, left).result()
      return left === 0 ? value : value + (await chain(left - 1))
    }
    expect(await chain(20)).toBe(upTo(21).reduce((sum, n) => sum + n * n, 0))
  })

  it("runs once, even where 20,000 are submitted together", async () => {
    const pool = pair()
    const done = (): number => pool.workers.reduce((sum, { jobsDone }) => sum + jobsDone, 0)
    const before = done()
    const handles = upTo(20_000).map((n) => pool.submit(square, n))
    const values = await Promise.all(handles.map((handle) => handle.result()))
    expect(values).toEqual(upTo(20_000).map((n) => n * n))
    expect(done() - before).toBe(20_000)
  })

  it("costs no more where thousands wait, each with options of its own", async () => {
    const pool = pair()
    await pool.run(square, 1)
    const ran = async (count: number): Promise<number> => {
      const startedAt = performance.now()
      const handles = upTo(count).map((n) => pool.submit(square, n, { key: `k${n}`, priority: n % 3 }))
      await Promise.all(handles.map((handle) => handle.result()))
      return performance.now() - startedAt
    }
    await ran(500)
    const few = await ran(500)
    // Ten times the jobs: with a cost that grows with the queue, a hundred times the time.
    const bound = Math.max(few * 40, 4_000)
    const many = await ran(5_000)
    // The machine may have stopped meanwhile.
    expect(many < bound ? many : await ran(5_000)).toBeLessThan(bound)
  })

  it("of a higher priority goes first, and equal ones in the order they came", async () => {
    const file = scratchFile()
    const pool = lone()
    const blocker = pool.submit(passesGate, { file, n: -1 })
    await eventually(() => expect(blocker.status).toBe("running"))
    const wanted = [0, 5, 1, 5, -3, 0]
    const handles = wanted.map((priority, at) => pool.submit(note, { file, n: at }, { priority }))
    openGate(file)
    await Promise.all(handles.map((handle) => handle.result()))
    expect(linesOf(file)).toEqual(["-1", "1", "3", "2", "0", "5", "4"])
  })
})
