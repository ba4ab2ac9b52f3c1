import { getEventListeners } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { sleepsUntilInterrupted } from "../fixtures/effects.ts"
import { loopsFor, throws } from "../fixtures/faulty.ts"
import { openGate, spinsAtGate } from "../fixtures/gated.ts"
import { note, slowSquare, square, untilAborted } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"

const reason = new Error("changed my mind")
const cancelled = { _tag: "JobCancelled", cause: reason }

describe.each(places)("cancelling, $isolation", (place) => {
  const lone = sharedIn(place, { workers: 1, killGrace: 50 })
  const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length

  it("with a signal that was aborted before: no input is read, and nothing is run", async () => {
    const file = scratchFile()
    const signal = AbortSignal.abort(reason)
    await lone().run(note, { file, n: 0 })
    let read = 0
    function* inputs(): Generator<{ file: string; n: number }> {
      for (;;) yield { file, n: ++read }
    }
    for (const call of [
      lone().run(note, { file, n: 1 }, { signal }),
      lone().submit(note, { file, n: 1 }, { signal }).result(),
      lone().map(note, [{ file, n: 1 }], { signal }),
      lone().map(note, inputs(), { signal }),
      lone().settle(note, inputs(), { signal }),
      valuesOf(lone().stream(note, inputs(), { signal })),
      valuesOf(lone().stream(note, [{ file, n: 1 }], { signal, onFailure: "collect" }))
    ]) {
      expect(await failureOf(call)).toMatchObject(cancelled)
    }
    expect(await lone().settle(note, [{ file, n: 1 }], { signal })).toMatchObject([
      { _tag: "Failed", error: cancelled, job: { attempts: [] } }
    ])
    expect(await lone().run(square, 3)).toBe(9)
    expect(linesOf(file)).toEqual(["0"])
    expect(read).toBe(0)
    expect(listeners(signal)).toBe(0)
  })

  it("a queued job: it is never run", async () => {
    const file = scratchFile()
    const controller = new AbortController()
    const blocker = lone().submit(slowSquare, { n: 2, ms: 60 })
    const byHandle = lone().submit(note, { file, n: 1 })
    const bySignal = lone().submit(note, { file, n: 2 }, { signal: controller.signal })
    const kept = lone().submit(note, { file, n: 3 })
    byHandle.cancel(reason)
    controller.abort(reason)
    expect([byHandle.status, bySignal.status]).toEqual(["settled", "settled"])
    expect(await failureOf(byHandle.result())).toMatchObject({ ...cancelled, job: { attempts: [] } })
    expect(await failureOf(bySignal.result())).toMatchObject(cancelled)
    expect(await Promise.all([blocker.result(), kept.result()])).toEqual([4, 3])
    expect(linesOf(file)).toEqual(["3"])
  })

  it("a batch of which more is done than was heard of: each of its jobs is settled once", async () => {
    await using pool = await openIn(place, { killGrace: "20 seconds" })
    for (let round = 0; round < 30; round++) {
      const controller = new AbortController()
      const settled = pool.settle(square, upTo(3000), { signal: controller.signal, chunkSize: 100 })
      await sleep(1)
      // Nothing is heard meanwhile, and the workers go on with what they have.
      const until = performance.now() + 3
      while (performance.now() < until) {}
      controller.abort(reason)
      const outcomes = Array.from(await settled, (outcome) => outcome?._tag)
      expect(outcomes).toHaveLength(3000)
      expect(outcomes).not.toContain(undefined)
    }
  })

  it.runIf(place.ownProcess)(
    "a job that its worker begins before it reads that: it is ended all the same",
    async () => {
      const killGrace = 50
      await using pool = await openIn(place, { workers: 1, killGrace })
      await pool.run(loopsFor, { n: 1, bad: 2 })
      const worker = pool.workers[0]?.pid ?? expect.unreachable()
      process.kill(worker, "SIGSTOP")
      const handle = pool.submit(loopsFor, { n: 2, bad: 2 })
      await sleep(1)
      handle.cancel(reason)
      expect(await failureOf(handle.result())).toMatchObject(cancelled)
      // By then it was looked at, and had not begun.
      await sleep(2 * killGrace)
      process.kill(worker, "SIGCONT")
      expect(await pool.run(square, 3)).toBe(9)
    }
  )

  it.runIf(place.ownProcess)(
    "a batch whose worker begins a job of it before it reads that: the job is interrupted all the same",
    async () => {
      await using pool = await openIn(place, { workers: 1, killGrace: "60 seconds" })
      const calls = [
        (file: string, signal: AbortSignal) => pool.map(sleepsUntilInterrupted, [file, file], { signal }),
        (file: string, signal: AbortSignal) => valuesOf(pool.stream(sleepsUntilInterrupted, [file], { signal }))
      ]
      const loaded = scratchFile()
      const first = pool.submit(sleepsUntilInterrupted, loaded)
      await eventually(() => expect(linesOf(loaded)).toEqual(["started"]))
      first.cancel(reason)
      const worker = pool.workers[0]?.pid ?? expect.unreachable()
      for (const call of calls) {
        expect(await pool.run(square, 3)).toBe(9)
        const file = scratchFile()
        const controller = new AbortController()
        process.kill(worker, "SIGSTOP")
        const running = call(file, controller.signal)
        await sleep(20)
        controller.abort(reason)
        expect(await failureOf(running)).toMatchObject(cancelled)
        process.kill(worker, "SIGCONT")
        expect(await pool.run(square, 4)).toBe(16)
        expect(linesOf(file)).toEqual(["started", "finalized"])
      }
      expect(pool.workers[0]?.restarts).toBe(0)
    }
  )

  it("jobs behind a slow one, which are then taken back from its worker: they are never run", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: "20 seconds" })
    const file = scratchFile()
    // So that they are known to be tiny, and sent ahead.
    for (const n of upTo(30)) await pool.run(note, { file: scratchFile(), n })
    const slow = pool.submit(note, { file, n: 100, ms: 2000 })
    const behind = upTo(40).map((n) => pool.submit(note, { file, n }))
    await eventually(() => expect(slow.status).toBe("running"))
    for (const each of behind) each.cancel(reason)
    for (const each of behind) expect(await failureOf(each.result())).toMatchObject(cancelled)
    // One that has nothing to do, for which they are taken back.
    await pool.resize(2)
    expect(await slow.result()).toBe(100)
    expect(await pool.broadcast(square, 3)).toEqual([9, 9])
    expect(linesOf(file)).toEqual(["100"])
  })

  it.runIf(place.isolated)("a job that a blocked worker has already: it is never run", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: "20 seconds" })
    const [file, open] = [scratchFile(), scratchFile()]
    openGate(open)
    // So that it is known to be tiny, and the next is sent ahead.
    for (const n of upTo(30)) await pool.run(spinsAtGate, { file: open, n })
    const [blocked, ...behind] = [1, 2, 3].map((n) => pool.submit(spinsAtGate, { file, n }))
    await eventually(() => expect(linesOf(file)).toEqual(["1"]))
    for (const each of behind) each.cancel(reason)
    const ranFor = pool.workers[0]?.currentJob?.runningMs ?? expect.unreachable()
    // So that it has been said to the worker.
    await eventually(() => expect(pool.workers[0]?.currentJob?.runningMs).toBeGreaterThan(ranFor + 50))
    openGate(file)
    expect(await blocked?.result()).toBe(1)
    expect(await pool.run(square, 3)).toBe(9)
    expect(linesOf(file)).toEqual(["1"])
    for (const each of behind)
      expect(await failureOf(each.result())).toMatchObject({ ...cancelled, job: { attempts: [] } })
    expect(pool.workers[0]).toMatchObject({ restarts: 0 })
  })

  it("a running job: the caller hears at once, the task by its signal, and its worker goes on", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: "20 seconds" })
    const file = scratchFile()
    const handle = pool.submit(untilAborted, file)
    await eventually(() => expect(linesOf(file)).toEqual(["started"]))
    handle.cancel(reason)
    expect(handle.poll()).toMatchObject({ _tag: "Failed", error: cancelled })
    await eventually(() => expect(linesOf(file)).toEqual(["started", "aborted changed my mind"]))
    expect(await pool.run(square, 3)).toBe(9)
    expect(pool.workers[0]?.restarts).toBe(0)
  })

  it("a running Effect: it is interrupted, and its finalizers run", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: "60 seconds" })
    const file = scratchFile()
    const controller = new AbortController()
    const running = failureOf(pool.run(sleepsUntilInterrupted, file, { signal: controller.signal }))
    await eventually(() => expect(linesOf(file)).toEqual(["started"]))
    controller.abort(reason)
    expect(await running).toMatchObject(cancelled)
    await eventually(() => expect(linesOf(file)).toEqual(["started", "finalized"]))
  })

  it("a job that won't listen: its worker is freed after killGrace", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: 30 })
    const file = scratchFile()
    const handle = pool.submit(note, { file, n: 1, ms: 60_000 })
    await eventually(() => expect(linesOf(file)).toEqual(["1"]))
    handle.cancel()
    expect(await failureOf(handle.result())).toMatchObject({ _tag: "JobCancelled" })
    expect(await pool.run(square, 6)).toBe(36)
    expect(pool.workers[0]?.restarts).toBe(1)
  })

  it("twice, or after the end, changes nothing", async () => {
    const handle = lone().submit(square, 3)
    expect(await handle.result()).toBe(9)
    handle.cancel(reason)
    expect(handle.poll()).toMatchObject({ _tag: "Succeeded", value: 9 })
    const other = lone().submit(slowSquare, { n: 1, ms: 1 })
    other.cancel(reason)
    other.cancel(new Error("another"))
    expect(await failureOf(other.result())).toMatchObject(cancelled)
  })

  it("a map: what runs and what waits; the pool goes on", async () => {
    const file = scratchFile()
    const controller = new AbortController()
    const inputs = upTo(30).map((n) => ({ file, n, ms: n === 3 ? 60_000 : 0 }))
    const running = lone().map(note, inputs, { signal: controller.signal, chunkSize: 1 })
    await eventually(() => expect(linesOf(file)).toContain("3"))
    controller.abort(reason)
    expect(await failureOf(running)).toMatchObject({ ...cancelled, job: { batch: { total: 30 } } })
    expect(await lone().run(square, 3)).toBe(9)
    expect(linesOf(file)).toEqual(["0", "1", "2", "3"])
  })

  it("a settle: each job that is left has its own outcome", async () => {
    const controller = new AbortController()
    const inputs = upTo(6).map((n) => ({ n, ms: n === 2 ? 60_000 : 0 }))
    const done = lone().workers[0]?.jobsDone ?? 0
    const running = lone().settle(slowSquare, inputs, { signal: controller.signal, chunkSize: 1 })
    await eventually(() => expect(lone().workers[0]).toMatchObject({ currentJob: { index: 2 }, jobsDone: done + 2 }))
    controller.abort(reason)
    const outcomes = await running
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Succeeded", "Succeeded", "Failed", "Failed", "Failed", "Failed"])
    expect(outcomes.slice(2)).toMatchObject(upTo(4).map((n) => ({ error: cancelled, job: { index: n + 2 } })))
  })

  it.each(["failFast", "collect"] as const)(
    "a stream ends it with the reason, never as if complete: %s",
    async (onFailure) => {
      const controller = new AbortController()
      const inputs = upTo(10).map((n) => ({ n, ms: n > 2 ? 60_000 : 0 }))
      const seen: Array<number> = []
      const reading = async (): Promise<void> => {
        const { signal } = controller
        for await (const value of lone().stream(slowSquare, inputs, { signal, onFailure, chunkSize: 1 })) {
          seen.push(value)
          if (seen.length === 3) controller.abort(reason)
        }
      }
      expect(await failureOf(reading())).toMatchObject(cancelled)
      expect(seen).toEqual([0, 1, 4])
    }
  )

  it("leaves no listener on a signal, whatever came of the call", async () => {
    const { signal } = new AbortController()
    await lone().run(square, 1, { signal })
    await lone().map(square, upTo(20), { signal })
    await failureOf(lone().map(throws, ["a", "b"], { signal }))
    await lone().settle(throws, ["a"], { signal })
    for await (const _ of lone().stream(square, upTo(20), { signal })) break
    const handle = lone().submit(slowSquare, { n: 1, ms: 60_000 }, { signal })
    handle.cancel()
    await failureOf(handle.result())
    expect(listeners(signal)).toBe(0)
  })

  it("thousands of handles at once", async () => {
    const handles = upTo(5_000).map((n) => lone().submit(slowSquare, { n, ms: 10 }))
    const startedAt = performance.now()
    for (const handle of handles) handle.cancel(reason)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(handles.every((handle) => handle.poll()?._tag === "Failed")).toBe(true)
    expect(await lone().run(slowSquare, { n: 5, ms: 0 })).toBe(25)
  })
})
