/** Values that wait for their reader: their order, how many come at once, and that none is lost or told twice. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { valuesOf, WaitingValues } from "../../packages/supervisor/src/collect/WaitingValues.ts"

const takeAll = (waiting: WaitingValues, most = Number.POSITIVE_INFINITY): Array<unknown> => {
  const taken: Array<unknown> = []
  for (let run = waiting.take(most); run !== undefined; run = waiting.take(most)) taken.push(...valuesOf(run))
  return taken
}

describe("values that wait in order", () => {
  it("are not handed on before those of the jobs before them", () => {
    const waiting = new WaitingValues(true)
    waiting.put(2, ["c", "d"])
    expect(waiting.ready).toBe(0)
    expect(waiting.take(10)).toBeUndefined()
    waiting.put(0, ["a", "b"])
    expect(waiting.ready).toBe(4)
    expect(takeAll(waiting)).toEqual(["a", "b", "c", "d"])
  })

  it("count a failed job that is left out, and hand on nothing in its place", () => {
    const waiting = new WaitingValues(true)
    waiting.put(1, ["b"])
    waiting.leaveOut(0)
    const run = waiting.take(10)
    expect(run?.jobs).toBe(2)
    expect(run && valuesOf(run)).toEqual(["b"])
  })

  it("come out in the order of their jobs, whatever order they came in and however many are asked for", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(lengths, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 300 }), (sizes, order, most) => {
        let next = 0
        const runs = sizes.map((size, nth) => {
          const from = next
          next += size
          return { from, values: nth % 7 === 3 && size === 1 ? [] : Array.from({ length: size }, (_, at) => from + at) }
        })
        const expected = runs.flatMap(({ values }) => values)
        const waiting = new WaitingValues(true)
        const taken: Array<unknown> = []
        for (const [pick] of [...runs].map(() => [order.next().value ?? 0])) {
          const [run] = runs.splice((pick as number) % runs.length, 1)
          if (run === undefined) break
          if (run.values.length === 0) waiting.leaveOut(run.from)
          else waiting.put(run.from, run.values)
          const some = waiting.take(most)
          if (some === undefined) continue
          expect(some.jobs).toBeLessThanOrEqual(most)
          taken.push(...valuesOf(some))
        }
        expect([...taken, ...takeAll(waiting, most)]).toEqual(expected)
        expect(waiting.ready).toBe(0)
      }),
      { numRuns: 200 }
    )
  })
})

describe("values that wait as they came", () => {
  it("are handed on in that order, short runs of them together", () => {
    const waiting = new WaitingValues(false)
    waiting.put(5, ["f"])
    waiting.put(0, ["a"])
    const run = waiting.take(10)
    expect(run && valuesOf(run)).toEqual(["f", "a"])
  })

  it("are neither copied nor changed where a run is long", () => {
    const waiting = new WaitingValues(false)
    const values = Array.from({ length: 1000 }, (_, at) => at)
    waiting.put(0, values)
    const [first, second] = [waiting.take(500), waiting.take(500)]
    expect(first?.values).toBe(values)
    expect(second?.values).toBe(values)
    expect([first?.at, first?.end, second?.at, second?.end]).toEqual([0, 500, 500, 1000])
  })

  it("are held no longer by an array of which others still wait", () => {
    const waiting = new WaitingValues(false)
    const values = ["a", "b", "c"]
    waiting.put(0, values)
    const run = waiting.take(2)
    expect(run && valuesOf(run)).toEqual(["a", "b"])
    expect(values).toEqual([undefined, undefined, "c"])
    expect(takeAll(waiting)).toEqual(["c"])
  })

  it("are gone once they are let go of", () => {
    const waiting = new WaitingValues(false)
    waiting.put(0, [1, 2])
    waiting.clear()
    expect(waiting.ready).toBe(0)
    expect(waiting.take(1)).toBeUndefined()
  })
})
