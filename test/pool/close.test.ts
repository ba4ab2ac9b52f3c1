import { setImmediate as turn } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { note, slowSquare, square, untilAborted } from "../fixtures/plain.ts"
import { expectNoLeaks, type LeakSnapshot, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo, valuesOf } from "./places.ts"
import { warningLines } from "./told.ts"

describe.each(places)("the end of a pool, $isolation", (place) => {
  let before: LeakSnapshot
  beforeEach(async () => {
    // What the first pool loads for good is loaded by now.
    await (await openIn(place)).close()
    before = snapshotLeaks()
  })
  afterEach(() => expectNoLeaks(before))

  it("lets everything that is in finish: what runs, what waits, and what has not been read", async () => {
    const pool = await openIn(place)
    const handles = upTo(10).map((n) => pool.submit(slowSquare, { n, ms: 5 }))
    const mapped = pool.map(square, upTo(2_000))
    const settled = pool.settle(square, new Set(upTo(50)))
    const streamed = valuesOf(pool.stream(square, upTo(50).values()))
    await new Promise((resolve) => setImmediate(resolve))
    await pool.close()
    expect(handles.map((handle) => handle.status)).toEqual(handles.map(() => "settled"))
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(upTo(10).map((n) => n * n))
    expect([(await mapped).length, (await settled).length, (await streamed).length]).toEqual([2_000, 50, 50])
    expect(pool.workers.map(({ state, pid }) => [state, pid])).toEqual([
      ["gone", undefined],
      ["gone", undefined]
    ])
  })

  it("takes nothing in any more, and says so to whoever asks", async () => {
    const pool = await openIn(place)
    // A task that has been taken in before is refused like any other.
    expect(await pool.run(square, 2)).toBe(4)
    const closing = pool.close()
    for (const state of ["being closed", "closed"]) {
      const refused = { _tag: "PoolClosed", message: expect.stringContaining(`on a pool that is ${state}`) }
      expect(await failureOf(pool.run(square, 1))).toMatchObject(refused)
      const handle = pool.submit(square, 1)
      expect(handle.status).toBe("settled")
      expect(handle.poll()).toMatchObject({ _tag: "Failed", error: { _tag: "PoolClosed" }, job: { task: "square" } })
      expect(await failureOf(handle.result())).toMatchObject({ _tag: "PoolClosed" })
      expect(await failureOf(pool.map(square, [1]))).toMatchObject({ _tag: "PoolClosed" })
      expect(await failureOf(pool.settle(square, []))).toMatchObject({ _tag: "PoolClosed" })
      expect(await failureOf(valuesOf(pool.stream(square, [1])))).toMatchObject({ _tag: "PoolClosed" })
      expect(await failureOf(valuesOf(pool.via(square)([1])))).toMatchObject({ _tag: "PoolClosed" })
      await closing
    }
  })

  it("says which job it has refused, of inputs in an array the first", async () => {
    const pool = await openIn(place)
    await pool.close()
    const options = { key: (n: number) => `n${n}` }
    for (const call of [
      () => pool.run(square, 7, { key: "n7" }),
      () => pool.map(square, [7, 8], options),
      () => pool.settle(square, [7, 8], options),
      () => pool.lift(square, options)([7, 8]),
      () => valuesOf(pool.stream(square, [7, 8], options)),
      () => valuesOf(pool.outcomes(square, [7, 8], options))
    ])
      expect(await failureOf(call())).toMatchObject({ job: { task: "square", key: "n7", inputPreview: "7" } })
    expect(await failureOf(pool.broadcast(square, 7))).toMatchObject({ job: { task: "square", inputPreview: "7" } })
    // Nobody reads others, to say of them what is in them.
    for (const inputs of [[], new Set([7]).values()])
      expect(await failureOf(pool.map(square, inputs))).toMatchObject({ job: { key: "0", inputPreview: "" } })
  })

  it("waits no longer than drainTimeout; what is left fails with PoolClosed", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { workers: 1, killGrace: 30 })
    const stuck = pool.submit(untilAborted, file)
    await eventually(() => expect(linesOf(file)).toEqual(["started"]))
    const waiting = pool.submit(note, { file, n: 1 })
    const mapped = failureOf(pool.map(note, [{ file, n: 2 }]))
    await pool.close({ drainTimeout: 40 })
    expect(await failureOf(stuck.result())).toMatchObject({ _tag: "PoolClosed", job: { task: "untilAborted" } })
    expect(await failureOf(waiting.result())).toMatchObject({ _tag: "PoolClosed" })
    expect(await mapped).toMatchObject({ _tag: "PoolClosed", job: { batch: { total: 1 } } })
    expect(linesOf(file).filter((line) => /^\d/.test(line))).toEqual([])
  })

  it("terminated, comes at once", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { killGrace: 60_000 })
    const handles = upTo(4).map(() => pool.submit(untilAborted, file))
    await eventually(() => expect(linesOf(file)).toHaveLength(2))
    await pool.terminate()
    for (const handle of handles) expect(await failureOf(handle.result())).toMatchObject({ _tag: "PoolClosed" })
    expect(linesOf(file).filter((line) => line === "started")).toHaveLength(2)
  })

  it("terminated while it is closed, comes at once, too", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { killGrace: 60_000 })
    const handle = pool.submit(untilAborted, file)
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const closing = pool.close()
    await pool.terminate()
    await closing
    expect(await failureOf(handle.result())).toMatchObject({ _tag: "PoolClosed" })
  })

  it("terminated while the last workers are being ended, comes at once, too", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { workers: 1, killGrace: 60_000 })
    const handle = pool.submit(untilAborted, file)
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const closing = pool.close({ drainTimeout: 1 })
    await failureOf(handle.result())
    await pool.terminate()
    await closing
  })

  it("may be asked for again and again, in any order", async () => {
    const pool = await openIn(place)
    await Promise.all([pool.close(), pool.close({ drainTimeout: 10 }), pool.terminate(), pool.close()])
    await pool.close()
    await pool.terminate()
    await pool[Symbol.asyncDispose]()
    expect(pool.workers.map(({ state }) => state)).toEqual(["gone", "gone"])
  })

  it("may come before any worker is ready", async () => {
    const pool = await openIn(place, { workers: 4 })
    const handle = pool.submit(square, 3)
    await pool.close()
    expect(await handle.result()).toBe(9)
    await (await openIn(place, { workers: 4 })).terminate()
  })

  it.skipIf(place.isolation === "inline")(
    "is no news of workers that had not begun, however little time they have",
    async () => {
      const { lines, logger } = warningLines()
      const pool = await openIn(place, { logger, killGrace: 1 })
      await turn()
      await pool.close()
      expect(lines).toEqual([])
    }
  )

  it("comes by itself at the end of an await using, once its work is done", async () => {
    let left: Awaited<ReturnType<typeof openIn>> | undefined
    const handle = await (async () => {
      await using pool = await openIn(place)
      left = pool
      return pool.submit(slowSquare, { n: 4, ms: 30 })
    })()
    expect(handle.status).toBe("settled")
    expect(await handle.result()).toBe(16)
    expect(left?.workers.map(({ state }) => state)).toEqual(["gone", "gone"])
  })

  it("is refused with a drainTimeout that is none, and the pool lives on", async () => {
    await using pool = await openIn(place)
    const failure = await failureOf(pool.close({ drainTimeout: "soon" as never }))
    expect(failure).toMatchObject({
      _tag: "InvalidOptions",
      message: expect.stringMatching(/pool\.close[\s\S]*drainTimeout[\s\S]*soon/)
    })
    expect(await pool.run(square, 2)).toBe(4)
  })

  it("ends a stream that nobody reads on, with PoolClosed after what it has", async () => {
    const pool = await openIn(place)
    const reading = pool.stream(square, upTo(1_000).values(), { chunkSize: 1 })[Symbol.asyncIterator]()
    expect(await reading.next()).toEqual({ done: false, value: 0 })
    await pool.close({ drainTimeout: 30 })
    const seen: Array<number> = []
    const failure = await failureOf(
      (async () => {
        for (let next = await reading.next(); next.done !== true; next = await reading.next()) seen.push(next.value)
      })()
    )
    expect(failure).toMatchObject({ _tag: "PoolClosed" })
    expect(seen).toEqual(upTo(seen.length).map((n) => (n + 1) ** 2))
    expect(await reading.next()).toEqual({ done: true, value: undefined })
  })
})
