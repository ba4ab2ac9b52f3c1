import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { editDistance, nearest } from "../../packages/supervisor/src/options/suggestion.ts"

const names = ["workers", "timeout", "retry", "maxQueue", "maxMemory", "env", "key", "killGrace", "onProgress"]

describe("the edit distance", () => {
  it.each([
    ["", "abc", 3],
    ["wrokers", "workers", 1],
    ["worker", "workers", 1],
    ["retries", "retry", 3],
    ["kitten", "sitting", 3]
  ])("from %s to %s is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  it("is 0 for equal names alone, the same both ways, and never longer than the longer name", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b)
        expect(distance === 0).toBe(a === b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      })
    )
  })
})

describe("the nearest name", () => {
  it.each([
    ["wrokers", "workers"],
    ["maxWorkers", "workers"],
    ["retries", "retry"],
    ["Timeout", "timeout"],
    ["maxmemory", "maxMemory"],
    ["maxQueu", "maxQueue"],
    ["keys", "key"]
  ])("to %s is %s", (given, meant) => {
    expect(nearest(given, names)).toBe(meant)
  })

  it("is, of two as near, the one that begins alike, in whichever order they stand", () => {
    expect(nearest("retires", ["reports", "retry"])).toBe("retry")
    expect(nearest("retires", ["retry", "reports"])).toBe("retry")
    expect(nearest("retires", ["retries", "factor", "reports", "retry"])).toBe("retries")
    expect(nearest("reprots", ["retry", "reports"])).toBe("reports")
  })

  it.each(["xyzzy", "x", "", "verbose", "a".repeat(100_000)])("to %s is none", (given) => {
    expect(nearest(given, names)).toBeUndefined()
  })
})
