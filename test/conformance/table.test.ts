/** The table itself: it is whole, what it can't promise has its reason, and its sample meets every pair of values. */
import { describe, expect, it } from "vitest"
import { combinationsOf, pairsOf, sampleOf } from "./combinations.ts"
import { executors } from "./Row.ts"
import { rows } from "./table.ts"

describe("the table of rows", () => {
  it("has each row of the promises once", () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 35 }, (_, at) => at + 1))
    expect(new Set(rows.map(({ title }) => title)).size).toBe(35)
  })

  it("plays each row on processes, and says why wherever it does not play one", () => {
    for (const { number, on } of rows) {
      expect(on.process.play, `row ${number} on processes`).toBeDefined()
      for (const executor of executors) {
        const { play, exception } = on[executor]
        if (play === undefined) expect(exception, `row ${number}, ${executor}`).toMatch(/^[A-Z].{20,}\.$/)
      }
    }
  })

  it("says of every row what the promises say of it inline: 4 to 13, 18 to 24 and 30 can't hold", () => {
    const inline = rows.filter(({ on }) => on.inline.play === undefined).map(({ number }) => number)
    expect(inline).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 19, 20, 21, 22, 23, 24, 30, 31, 32])
  })

  it("meets every pair of values in the sample that it meets at all", () => {
    const all = new Set(rows.flatMap((row) => combinationsOf(row).flatMap(pairsOf)))
    const sampled = [...sampleOf(rows).values()].flat()
    const met = new Map<string, number>()
    for (const pair of sampled.flatMap(pairsOf)) met.set(pair, (met.get(pair) ?? 0) + 1)
    expect([...met.keys()].toSorted()).toEqual([...all].toSorted())
    expect(sampled.length).toBeLessThan(90)
  })
})
