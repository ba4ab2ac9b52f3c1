/** Calls that are made from within: from a completion, a progress callback, an event, the inputs of another call. */
import { describe, expect, it, onTestFinished } from "vitest"
import { slowSquare, square } from "../fixtures/plain.ts"
import { eventually, openIn, places, sharedIn, upTo, valuesOf } from "./places.ts"

describe.each(places)("calls from within others, $isolation", (place) => {
  const pool = sharedIn(place)

  it("go on from each completion, a thousand deep", async () => {
    let left = 1000
    const next = async (n: number): Promise<number> => (--left === 0 ? n : next(await pool().run(square, n % 7)))
    expect(await next(2)).toBeTypeOf("number")
    const handles: Array<number> = []
    await Promise.all(
      upTo(50).map((n) =>
        pool()
          .submit(square, n)
          .result()
          .then((value) => pool().submit(square, value).result())
          .then((value) => handles.push(value))
      )
    )
    expect(handles.toSorted((a, b) => a - b)).toEqual(upTo(50).map((n) => n ** 4))
  })

  it("may come from onProgress and from events, also a close", async () => {
    const own = await openIn(place)
    onTestFinished(() => own.terminate())
    const submitted: Array<Promise<number>> = []
    const onProgress = ({ done }: { done: number }) => {
      if (submitted.length < 20) submitted.push(own.run(square, done))
    }
    const events = (async () => {
      const seen: Array<Promise<number>> = []
      for await (const { _tag } of own.events) {
        if (_tag === "BatchEnded") break
        if (_tag === "JobsSucceeded" && seen.length < 10) seen.push(own.run(square, 5))
      }
      return Promise.all(seen)
    })()
    expect(await own.map(square, upTo(200), { onProgress, chunkSize: 5 })).toEqual(upTo(200).map((n) => n * n))
    expect((await Promise.all(submitted)).length).toBeGreaterThan(0)
    expect(await events).toEqual(expect.arrayContaining([25]))
    let closed: Promise<void> | undefined
    await own.map(square, upTo(20), {
      onProgress: () => {
        closed ??= own.close()
      }
    })
    await closed
  })

  it("may be made by ten users at once, each in his own way", async () => {
    const p = pool()
    const squares = upTo(40).map((n) => n * n)
    const ways: ReadonlyArray<() => Promise<Array<number>>> = [
      () => p.map(square, upTo(40)),
      () => p.map(square, new Set(upTo(40)), { chunkSize: 7 }),
      async () => (await p.settle(square, upTo(40))).map((each) => (each._tag === "Succeeded" ? each.value : -1)),
      () => valuesOf(p.stream(square, upTo(40))),
      async () => (await valuesOf(p.stream(square, upTo(40), { ordered: false }))).toSorted((a, b) => a - b),
      () => Promise.all(upTo(40).map((n) => p.run(square, n))),
      () => Promise.all(p.submitAll(square, upTo(40)).map((handle) => handle.result())),
      () => valuesOf(p.via(square)(upTo(40).values())),
      () => p.lift(square)(upTo(40)),
      () =>
        p.map(
          slowSquare,
          upTo(40).map((n) => ({ n, ms: 1 })),
          { concurrency: 4, priority: 1 }
        )
    ]
    for (const values of await Promise.all(ways.map((way) => way()))) expect(values).toEqual(squares)
  })

  it("end well where workers are replaced after every job, resized and renewed meanwhile", async () => {
    const own = await openIn(place, { workers: 3, maxJobsPerWorker: place.isolated ? 3 : 1000 })
    onTestFinished(() => own.terminate())
    const inputs = upTo(30).map((n) => ({ n, ms: n % 4 }))
    const calls = [
      own.map(slowSquare, inputs, { chunkSize: 4 }),
      own.map(slowSquare, inputs, { concurrency: 2 }),
      valuesOf(own.stream(slowSquare, inputs.values(), { chunkSize: 2 })),
      own.resize(1).then(() => own.resize(4)),
      own.recycle()
    ]
    const results = await Promise.all(calls)
    for (const values of results.slice(0, 3)) expect(values).toEqual(upTo(30).map((n) => n * n))
    await eventually(() => expect(own.workers.length).toBe(4))
  })
})
