/** What generator tasks yield, as it is streamed, held back, broken off and failed. */
import { Task } from "holdfast"
import { describe, expect, it } from "vitest"
import {
  counts,
  countsSlowly,
  diesAfterTwo,
  endless,
  failsAfterTwo,
  spreads,
  yieldsAFunction
} from "../fixtures/generators.ts"
import { square } from "../fixtures/plain.ts"
import { collectGarbage } from "../fixtures/shared-ends.ts"
import { eventually, failureOf, linesOf, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"

const bare = Task.module<typeof import("../fixtures/generators.ts")>(
  new URL("../fixtures/generators.ts", import.meta.url)
)

describe.each(places)("a generator task, $isolation", (place) => {
  const lone = sharedIn(place, { workers: 1 })

  it("ends for a reader who has dropped its iterator, so that its worker is free", async () => {
    const file = scratchFile()
    const read = async (): Promise<unknown> => lone().partials(endless, file)[Symbol.asyncIterator]().next()
    expect(await read()).toEqual({ done: false, value: 0 })
    await expect
      .poll(async () => {
        await collectGarbage()
        return linesOf(file)
      })
      .toHaveLength(1)
    expect(await lone().run(square, 3)).toBe(9)
  })

  it("streams what it yields, in order; what it returns ends it", async () => {
    expect(await valuesOf(lone().partials(counts, 300))).toEqual(upTo(300))
    const partials = lone().partials(countsSlowly, 2)[Symbol.asyncIterator]()
    expect(await partials.next()).toEqual({ done: false, value: { i: 0, index: 0 } })
    expect(await partials.next()).toEqual({ done: false, value: { i: 1, index: 0 } })
    expect(await partials.next()).toEqual({ done: true, value: 2 })
    expect(await partials.next()).toEqual({ done: true, value: undefined })
  })

  it("may be of several parameters, bound, or of a module that knows nothing of Holdfast", async () => {
    expect(await valuesOf(lone().partials(spreads.with(3), [6]))).toEqual([3, 4, 5])
    expect(await valuesOf(lone().partials(bare.plain, 2))).toEqual([0, 1])
  })

  it("is a job like any other where nobody takes what it yields", async () => {
    expect(await lone().run(counts, 5)).toBe("5 counted")
    expect(await lone().map(counts, [1, 2, 3])).toEqual(["1 counted", "2 counted", "3 counted"])
    expect(await lone().run(countsSlowly, 3)).toBe(3)
    expect(await failureOf(lone().run(failsAfterTwo, 1))).toMatchObject({ _tag: "TaskThrew" })
  })

  it("is never far ahead of its reader, and is closed where the reader stops", async () => {
    const file = scratchFile()
    const taken: Array<number> = []
    for await (const n of lone().partials(endless, file)) {
      taken.push(n)
      if (taken.length === 100) break
    }
    expect(taken).toEqual(upTo(100))
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const [, yielded] = /^closed after (\d+)$/.exec(linesOf(file)[0] ?? "") ?? []
    expect(Number(yielded)).toBeGreaterThanOrEqual(100)
    expect(Number(yielded)).toBeLessThanOrEqual(100 + 64 + 1)
    expect(await lone().run(square, 3)).toBe(9)
    expect(lone().workers[0]?.restarts).toBe(0)
  })

  it("delivers what came before its failure, then fails", async () => {
    const seen: Array<number> = []
    const reading = (async () => {
      for await (const n of lone().partials(failsAfterTwo, 5)) seen.push(n)
    })()
    expect(await failureOf(reading)).toMatchObject({ _tag: "TaskThrew", cause: { message: "no third one" } })
    expect(seen).toEqual([5, 6])
  })

  it("is not tried again: what was yielded can't be taken back", async () => {
    const seen: Array<number> = []
    const reading = (async () => {
      for await (const n of lone().partials(failsAfterTwo, 5, { retry: 3 } as object)) seen.push(n)
    })()
    expect(await failureOf(reading)).toMatchObject({ _tag: "InvalidOptions" })
    expect(seen).toEqual([])
  })

  it("that yields what can't cross fails with its path, and its finally has run", async () => {
    const file = scratchFile()
    expect(await failureOf(valuesOf(lone().partials(yieldsAFunction, file)))).toMatchObject({
      _tag: "NotSerializable",
      side: "output",
      path: "result.parts[0]"
    })
    expect(linesOf(file)).toEqual(["closed"])
  })

  it("can be cancelled, with the reason as the failure's cause", async () => {
    const file = scratchFile()
    const controller = new AbortController()
    const seen: Array<number> = []
    const reading = (async () => {
      for await (const n of lone().partials(endless, file, { signal: controller.signal })) {
        seen.push(n)
        if (seen.length === 10) controller.abort(new Error("enough"))
      }
    })()
    expect(await failureOf(reading)).toMatchObject({ _tag: "JobCancelled", cause: { message: "enough" } })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
  })

  it("starts anew each time it is iterated, and gives nothing for no yields", async () => {
    const partials = lone().partials(counts, 2)
    expect([await valuesOf(partials), await valuesOf(partials)]).toEqual([
      [0, 1],
      [0, 1]
    ])
    expect(await valuesOf(lone().partials(counts, 0))).toEqual([])
    expect(await valuesOf(lone().partials(square as never, 3 as never))).toEqual([])
  })
})

describe("a generator task in a process of its own", () => {
  const lone = sharedIn(places[0] as (typeof places)[number], { workers: 1 })

  it("that dies has delivered what it yielded, and is blamed", async () => {
    const seen: Array<number> = []
    const reading = (async () => {
      for await (const n of lone().partials(diesAfterTwo, 1)) seen.push(n)
    })()
    expect(await failureOf(reading)).toMatchObject({ _tag: "WorkerCrashed", reason: "exit", exitCode: 7 })
    expect(seen).toEqual([1, 2])
    expect(await lone().run(square, 4)).toBe(16)
  })
})
