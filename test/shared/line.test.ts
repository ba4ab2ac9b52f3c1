import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Line } from "../../packages/supervisor/src/shared/Line.ts"

describe("a line", () => {
  it("gives what an array would, whatever is added, taken and put back", () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ putBack: fc.integer({ min: 1, max: 100 }) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const line = new Line<number>()
        const array: Array<number> = []
        let next = 0
        for (const { add = 0, take = 0, putBack = 0 } of steps as Array<Record<string, number>>) {
          for (let n = 0; n < add; n++) {
            line.push(next)
            array.push(next++)
          }
          for (let n = 0; n < take; n++) expect(line.shift()).toBe(array.shift())
          for (let n = 0; n < putBack; n++) {
            line.unshift(next)
            array.unshift(next++)
          }
          expect(line.length).toBe(array.length)
        }
        while (array.length > 0) expect(line.shift()).toBe(array.shift())
        expect([line.length, line.shift()]).toEqual([0, undefined])
      }),
      { numRuns: 30 }
    )
  })

  it("gives and takes back nearly all of a million without moving the rest each time", { timeout: 20_000 }, () => {
    const line = new Line<number>()
    for (let n = 0; n < 1_000_000; n++) line.push(n)
    for (let n = 0; n < 900_000; n++) line.shift()
    for (let n = 900_000; n > 0; n--) line.unshift(n - 1)
    expect([line.length, line.shift(), line.shift()]).toEqual([1_000_000, 0, 1])
  })
})
