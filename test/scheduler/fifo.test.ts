import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Fifo } from "../../packages/supervisor/src/scheduler/Fifo.ts"

describe("a first-in first-out queue", () => {
  it("gives what an array would, whatever is added, taken and put back", () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ takeMany: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ putBack: fc.integer({ min: 1, max: 100 }) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const queue = new Fifo<number>()
        const array: Array<number> = []
        let next = 0
        for (const { add = 0, take = 0, takeMany = 0, putBack = 0 } of steps as Array<Record<string, number>>) {
          for (let n = 0; n < add; n++) {
            queue.push(next)
            array.push(next++)
          }
          for (let n = 0; n < take; n++) expect(queue.shift()).toBe(array.shift())
          expect(queue.take(takeMany)).toEqual(array.splice(0, takeMany))
          for (let n = 0; n < putBack; n++) {
            queue.unshift(next)
            array.unshift(next++)
          }
          expect([queue.length, queue.first]).toEqual([array.length, array[0]])
        }
        while (array.length > 0) expect(queue.shift()).toBe(array.shift())
        expect([queue.length, queue.shift()]).toEqual([0, undefined])
      }),
      { numRuns: 30 }
    )
  })

  it("gives and takes back nearly all of a million without moving the rest each time", { timeout: 20_000 }, () => {
    const queue = new Fifo<number>()
    for (let n = 0; n < 1_000_000; n++) queue.push(n)
    for (let n = 0; n < 900_000; n++) queue.shift()
    for (let n = 900_000; n > 0; n--) queue.unshift(n - 1)
    expect([queue.length, queue.shift(), queue.shift()]).toEqual([1_000_000, 0, 1])
  })
})
