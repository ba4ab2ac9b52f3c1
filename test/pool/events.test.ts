import type { PoolEvent } from "holdfast"
import { describe, expect, it } from "vitest"
import { succeedsAt } from "../fixtures/attempts.ts"
import { throwsFor } from "../fixtures/faulty.ts"
import { answersSpinsOrThrows } from "../fixtures/hangs.ts"
import { note, slowSquare, square } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

/** Collects what a reader of `pool.events` gets. */
const reader = (events: AsyncIterable<PoolEvent>) => {
  const seen: Array<PoolEvent> = []
  const ended = (async () => {
    for await (const event of events) seen.push(event)
  })()
  const tagged = <Tag extends PoolEvent["_tag"]>(tag: Tag) =>
    seen.filter((event): event is Extract<PoolEvent, { _tag: Tag }> => event._tag === tag)
  return { seen, ended, tagged, tags: () => seen.map(({ _tag }) => _tag) }
}

describe.each(places)("events, $isolation", (place) => {
  it("tell a pool's life in order, and end with it", async () => {
    const pool = await openIn(place, { workers: 1 })
    const { seen, ended, tags } = reader(pool.events)
    expect(await pool.map(square, [1, 2, 3], { chunkSize: 3 })).toEqual([1, 4, 9])
    await pool.close()
    await ended
    // Results come in as many messages as it takes.
    const told = tags().filter((tag, at, all) => tag !== "WorkerStarting" && tag !== all[at - 1])
    expect(told).toEqual([
      ...(told[0] === "BatchStarted" ? ["BatchStarted", "WorkerReady"] : ["WorkerReady", "BatchStarted"]),
      "JobsSucceeded",
      "BatchEnded",
      "PoolClosing",
      "WorkerExited",
      "PoolClosed"
    ])
    const ats = seen.map(({ at }) => at)
    expect(ats).toEqual(ats.toSorted((a, b) => a - b))
    expect(ats.every((at) => Math.abs(at - Date.now()) < 60_000)).toBe(true)
  })

  it("carry the facts", async () => {
    const pool = await openIn(place, { workers: 1 })
    const { tagged, ended } = reader(pool.events)
    const inputs = upTo(4).map((n) => ({ n, bad: 2 }))
    await pool.settle(throwsFor, inputs, { chunkSize: 4 })
    await pool.close()
    await ended
    const batch = tagged("BatchStarted")[0]?.batch
    expect(tagged("WorkerReady")).toMatchObject([{ worker: 1, pid: expect.any(Number) }])
    expect(tagged("BatchStarted")).toMatchObject([{ batch: expect.any(Number), task: "throwsFor", total: 4 }])
    const succeeded = tagged("JobsSucceeded")
    expect(succeeded.flatMap(({ from, count }) => upTo(count).map((n) => from + n))).toEqual([0, 1, 3])
    expect(succeeded.every((event) => event.batch === batch && event.worker === 1 && event.durationMs >= 0)).toBe(true)
    expect(tagged("JobFailed")).toMatchObject([
      { batch, task: "throwsFor", error: { _tag: "TaskThrew" }, job: { index: 2, attempts: [{ number: 1 }] } }
    ])
    expect(tagged("BatchEnded")).toMatchObject([{ batch, task: "throwsFor", succeeded: 3, failed: 1, notRun: 0 }])
    expect(tagged("WorkerExited")).toMatchObject([{ worker: 1, expected: true, restartInMs: undefined }])
  })

  it("tell how much of a batch was not run", async () => {
    const pool = await openIn(place, { workers: 1 })
    const { tagged, ended } = reader(pool.events)
    await failureOf(
      pool.map(
        throwsFor,
        // Many: some run on until what the failed job has printed is here.
        upTo(2_000).map((n) => ({ n, bad: 0 })),
        { chunkSize: 1 }
      )
    )
    await pool.map(square, [])
    await pool.close()
    await ended
    const [failed, empty] = tagged("BatchEnded")
    expect(failed).toMatchObject({ failed: 1 })
    expect((failed?.succeeded ?? 0) + (failed?.failed ?? 0) + (failed?.notRun ?? 0)).toBe(2_000)
    expect(failed?.notRun).toBeGreaterThan(0)
    expect(empty).toMatchObject({ succeeded: 0, failed: 0, notRun: 0 })
  })

  it("tell of each job that the batch's end counts, also of one whose worker had no time to send its result", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { workers: 2, killGrace: 100 })
    await pool.broadcast(square, 1)
    const { tagged, ended } = reader(pool.events)
    const acts = [...upTo(20).map(() => "answers" as const), "spins" as const, "throws" as const]
    const inputs = acts.map((act) => ({ file, act }))
    await failureOf(pool.map(answersSpinsOrThrows, inputs, { chunkSize: 21 }))
    await pool.close()
    await ended
    const succeeded = tagged("JobsSucceeded").reduce((sum, { count }) => sum + count, 0)
    expect(tagged("BatchEnded")).toMatchObject([{ succeeded, failed: 1, notRun: 21 - succeeded }])
    expect(pool.report().calls.at(-1)).toMatchObject({ task: "answersSpinsOrThrows", succeeded, failed: 1 })
    expect(succeeded).toBeGreaterThan(0)
  })

  it("tell of each retry, and of the failed attempt behind it", async () => {
    const pool = await openIn(place, { workers: 1 })
    const { tagged, ended } = reader(pool.events)
    await pool.run(succeedsAt, { file: scratchFile(), until: 3 }, { retry: { retries: 3, minTimeout: 1 } })
    await pool.close()
    await ended
    expect(tagged("JobRetrying")).toMatchObject([
      { task: "succeedsAt", index: 0, attempt: { number: 1, failure: "TaskThrew" }, error: { _tag: "TaskThrew" } },
      { attempt: { number: 2, failure: "TaskThrew" } }
    ])
    expect(tagged("JobFailed")).toEqual([])
  })

  it("reach each reader from when he asks, until he leaves", async () => {
    const pool = await openIn(place, { workers: 1 })
    await pool.run(square, 1)
    const first = reader(pool.events)
    await pool.map(square, [1])
    const second = reader(pool.events)
    const leaving = (async () => {
      for await (const event of pool.events) return event
      return undefined
    })()
    await pool.close()
    await Promise.all([first.ended, second.ended])
    expect(first.tags().slice(0, 3)).toEqual(["BatchStarted", "JobsSucceeded", "BatchEnded"])
    expect(second.tags()).toEqual(["PoolClosing", "WorkerExited", "PoolClosed"])
    expect(await leaving).toMatchObject({ _tag: "PoolClosing", pending: 0 })
  })

  it("are lost by a reader who is slow, the oldest first, and he is told how many", async () => {
    const pool = await openIn(place, { workers: 1 })
    const events = pool.events[Symbol.asyncIterator]()
    const count = 12_000
    // Where jobs run side by side, each travels alone, and has an event of its own.
    await pool.map(square, upTo(count), { chunkSize: 1, concurrency: 2 })
    await pool.close()
    const seen: Array<PoolEvent> = []
    for (let next = await events.next(); next.done !== true; next = await events.next()) seen.push(next.value)
    const [first] = seen
    expect(first?._tag).toBe("EventsDropped")
    expect(first?._tag === "EventsDropped" ? first.count : 0).toBeGreaterThan(1_000)
    expect(seen.length).toBeLessThanOrEqual(10_001)
    expect(seen.at(-1)?._tag).toBe("PoolClosed")
  })
})

describe.each(places)("workers, $isolation", (place) => {
  const pair = sharedIn(place)

  it("are there from the start, in the order of their ids", async () => {
    await using pool = await openIn(place, { workers: 3 })
    expect(pool.workers.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(pool.workers.every(({ state }) => state === "starting" || state === "idle")).toBe(true)
  })

  it("show what they are at", async () => {
    const file = scratchFile()
    const handle = pair().submit(note, { file, n: 1, ms: 60_000 }, {})
    await eventually(() => expect(linesOf(file)).toEqual(["1"]))
    const busy = pair().workers.find(({ state }) => state === "busy")
    expect(busy).toMatchObject({
      pid: place.ownProcess ? expect.any(Number) : process.pid,
      currentJob: { task: "note", index: 0, runningMs: expect.any(Number) },
      restarts: 0
    })
    expect(busy?.memory).toBeGreaterThan(10_000_000)
    const later = (): number => pair().workers.find(({ id }) => id === busy?.id)?.currentJob?.runningMs ?? 0
    await eventually(() => expect(later()).toBeGreaterThan((busy?.currentJob?.runningMs ?? 0) + 20))
    handle.cancel()
  })

  it("are a snapshot: one that was taken does not change", async () => {
    const before = pair().workers
    const done = before.map(({ jobsDone }) => jobsDone)
    await pair().map(
      slowSquare,
      upTo(4).map((n) => ({ n, ms: 1 }))
    )
    expect(before.map(({ jobsDone }) => jobsDone)).toEqual(done)
    expect(pair().workers.reduce((sum, { jobsDone }) => sum + jobsDone, 0)).toBe(done.reduce((a, b) => a + b, 0) + 4)
  })
})
