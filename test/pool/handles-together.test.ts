/** What can be asked of many handles at once, on the Promise door. */

import * as Effect from "effect/Effect"
import { createPool, Handle, Pool, type PromiseHandle } from "holdfast"
import { describe, expect, it } from "vitest"
import { throws, waitsForever } from "../fixtures/faulty.ts"
import { echo, slowSquare, square, untilAborted } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"

const keysOf = (handles: ReadonlyArray<PromiseHandle<unknown, unknown>>): Array<string> =>
  handles.map(({ job }) => job.key)

describe.each(places)("handles together, $isolation", (place) => {
  const pair = sharedIn(place, { killGrace: 50 })
  const lone = sharedIn(place, { workers: 1 })

  it("as completed come in the order in which their jobs settle, failed ones too", async () => {
    const pool = pair()
    const blocked = pool.submit(waitsForever, undefined, { key: "blocked" })
    const good = pool.submit(square, 2, { key: "good" })
    const bad = pool.submit(throws, "no", { key: "bad" })
    const seen: Array<string> = []
    for await (const handle of Handle.asCompleted([blocked, good, bad])) {
      expect(handle.status).toBe("settled")
      seen.push(handle.job.key)
      if (seen.length === 2) blocked.cancel()
    }
    expect(seen).toEqual(["good", "bad", "blocked"])
  })

  it("as completed begin with those that have settled, in the order given, each once", async () => {
    const pool = lone()
    const [a, b, c] = pool.submitAll(square, [1, 2, 3], { key: (n) => `k${n}` })
    await Handle.all([a, b, c] as Array<PromiseHandle<number>>)
    const given = [c, a, c, b, a] as Array<PromiseHandle<number>>
    expect(keysOf(await valuesOf(Handle.asCompleted(given)))).toEqual(["k3", "k1", "k2"])
    const completed = Handle.asCompleted(new Set(given))
    expect(keysOf(await valuesOf(completed))).toEqual(["k3", "k1", "k2"])
    expect(keysOf(await valuesOf(completed))).toEqual(["k3", "k1", "k2"])
  })

  it("as completed may be left early: the jobs run on", async () => {
    const pool = pair()
    const handles = pool.submitAll(
      slowSquare,
      upTo(6).map((n) => ({ n, ms: n * 5 }))
    )
    for await (const handle of Handle.asCompleted(handles)) {
      expect(handle.job.key).toBeDefined()
      break
    }
    expect(await Handle.all(handles)).toEqual(upTo(6).map((n) => n * n))
  })

  it("as completed may be asked for several at a time, and closed while they wait", async () => {
    const pool = pair()
    const handles = pool.submitAll(square, [1, 2, 3])
    const iterator = Handle.asCompleted(handles)[Symbol.asyncIterator]()
    const asked = await Promise.all(upTo(5).map(() => iterator.next()))
    expect(asked.map(({ done }) => done ?? false)).toEqual([false, false, false, true, true])
    const waiting = pool.submit(waitsForever, undefined)
    const other = Handle.asCompleted([waiting])[Symbol.asyncIterator]()
    const pending = other.next()
    await other.return?.()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(await other.next()).toEqual({ done: true, value: undefined })
    waiting.cancel()
  })

  it("first is the handle whose job settles first, also when it fails", async () => {
    const pool = pair()
    const slow = pool.submit(waitsForever, undefined)
    const fast = pool.submit(square, 3)
    expect(await Handle.first([slow, fast])).toBe(fast)
    const bad = pool.submit(throws, "no")
    expect(await Handle.first([slow, bad])).toBe(bad)
    expect(await Handle.first([slow, bad, fast])).toBe(bad)
    expect(slow.status).not.toBe("settled")
    slow.cancel()
  })

  it("firstFailed is the handle whose job fails first, or undefined once all are well", async () => {
    const pool = pair()
    const slow = pool.submit(waitsForever, undefined)
    const good = pool.submitAll(square, [1, 2, 3])
    const bad = pool.submit(throws, "no")
    expect(await Handle.firstFailed([slow, ...good, bad])).toBe(bad)
    expect(await Handle.firstFailed(good)).toBeUndefined()
    const waiting = Handle.firstFailed([slow, ...good])
    slow.cancel()
    expect(await waiting).toBe(slow)
  })

  it("all gives the values in the order of the handles; a handle given twice counts twice", async () => {
    const pool = pair()
    const [late, soon] = [pool.submit(slowSquare, { n: 2, ms: 30 }), pool.submit(echo, "soon")]
    expect(await Handle.all([late, soon, late])).toEqual([4, "soon", 4])
  })

  it("all fails with the first failure, and cancels nothing", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { killGrace: "60 seconds" })
    const running = pool.submit(untilAborted, file)
    await eventually(() => expect(linesOf(file)).toEqual(["started"]))
    const bad = pool.submit(throws, "no")
    expect(await failureOf(Handle.all([running, bad]))).toMatchObject({ _tag: "TaskThrew" })
    await eventually(() => expect(running.status).toBe("running"))
    running.cancel()
    await eventually(() => expect(linesOf(file)).toHaveLength(2))
  })

  it("may be of several pools", async () => {
    await using other = await openIn(place, { workers: 1 })
    const handles = [pair().submit(square, 2), other.submit(square, 3)]
    expect(await Handle.all(handles)).toEqual([4, 9])
    expect(await valuesOf(Handle.asCompleted(handles))).toHaveLength(2)
  })

  it("may be none: then all is empty, none has failed, nothing comes, and first says so", async () => {
    expect(await Handle.all([])).toEqual([])
    expect(await Handle.firstFailed([])).toBeUndefined()
    expect(await valuesOf(Handle.asCompleted([]))).toEqual([])
    expect(await failureOf(Handle.first([]))).toMatchObject({
      name: "TypeError",
      message: expect.stringContaining("no handle to wait for")
    })
  })

  it("that are none at all are refused by name, never synchronously", async () => {
    const handle = pair().submit(square, 2)
    for (const [given, says] of [
      ["text", /Handle\.all: expected an iterable of handles, received the string "text"/],
      [undefined, /received undefined/],
      [[handle, handle.result()], /at 1 came a promise/],
      [[7], /at 0 came 7/],
      [[{}], /an object that is no handle/]
    ] as const) {
      const error = await failureOf(Handle.all(given as never) as Promise<unknown>)
      expect(error).toMatchObject({ name: "TypeError", message: expect.stringMatching(says) })
      expect(await failureOf(Handle.first(given as never) as unknown as Promise<unknown>)).toMatchObject({
        name: "TypeError"
      })
      expect(
        await failureOf(valuesOf(Handle.asCompleted(given as never) as unknown as AsyncIterable<unknown>))
      ).toMatchObject({ name: "TypeError" })
    }
    const throwing = (function* () {
      yield handle
      throw new RangeError("their own")
    })()
    expect(await failureOf(Handle.all(throwing))).toMatchObject({ message: "their own" })
  })

  it("of both doors can't be waited for together", async () => {
    const theirs = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const pool = yield* Pool.make({ workers: 1, isolation: place.isolation, logger: false })
          return yield* pool.submit(square, 2)
        })
      )
    )
    const mixed = Handle.all([pair().submit(square, 1), theirs] as never) as Promise<unknown>
    expect(await failureOf(mixed)).toMatchObject({ message: expect.stringMatching(/Promise door and .* Effect door/) })
  })

  it("leave no unhandled rejection, however they are asked and dropped", async () => {
    const unhandled: Array<unknown> = []
    const listen = (error: unknown): void => void unhandled.push(error)
    process.on("unhandledRejection", listen)
    try {
      await using pool = await createPool({ workers: 2, isolation: place.isolation, logger: false })
      const handles = pool.submitAll(throws, ["a", "b", "c"])
      const asked = Handle.asCompleted(handles)[Symbol.asyncIterator]()
      void asked.next()
      void Handle.first(handles)
      void Handle.firstFailed(handles)
      for await (const handle of Handle.asCompleted(handles)) handle.poll()
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).toEqual([])
    } finally {
      process.off("unhandledRejection", listen)
    }
  })

  it("cost no more each where there are many", { timeout: 60_000 }, async () => {
    const pool = pair()
    const took = async (count: number): Promise<number> => {
      const handles = pool.submitAll(square, upTo(count))
      const startedAt = performance.now()
      let seen = 0
      for await (const _ of Handle.asCompleted(handles)) seen++
      expect(seen).toBe(count)
      await Handle.all(handles)
      await Handle.firstFailed(handles)
      return performance.now() - startedAt
    }
    await took(2_000)
    const few = await took(2_000)
    // Thirty times the handles: with a cost that grows with their number, nine hundred times the time.
    const bound = Math.max(few * 150, 6_000)
    const many = await took(60_000)
    // The machine may have stopped meanwhile.
    expect(many < bound ? many : await took(60_000)).toBeLessThan(bound)
  })

  it("are no longer listened to once the answer is there", { timeout: 60_000 }, async () => {
    const pool = pair()
    const slow = pool.submit(waitsForever, undefined)
    const fast = pool.submit(square, 2)
    await fast.result()
    const asked = async (): Promise<number> => {
      const startedAt = performance.now()
      for (let round = 0; round < 5_000; round++) await Handle.first([slow, fast])
      return performance.now() - startedAt
    }
    const early = await asked()
    for (let round = 0; round < 4; round++) await asked()
    // Listeners left behind would pile up, and taking one's own out from among them would take ever longer.
    // The machine may stop in one of them, or two.
    const late = Math.min(await asked(), await asked(), await asked())
    expect(late).toBeLessThan(Math.max(early * 20, 2_000))
    slow.cancel()
  })
})
