import { describe, expect, it } from "vitest"
import { resolvePoolOptions } from "../../packages/supervisor/src/options/resolve.ts"
import { refusalOf } from "./refusal.ts"

const problemsOf = (options: unknown) => refusalOf(() => resolvePoolOptions(options)).problems

describe("restart", () => {
  const restartOf = (restart: unknown) => resolvePoolOptions({ restart }).restart

  it("fills in what is left out", () => {
    expect(restartOf({ max: 0, backoff: { min: "1 second" } })).toEqual({
      max: 0,
      withinMs: 10_000,
      backoffMinMs: 1000,
      backoffMaxMs: 2000
    })
    expect(restartOf({ within: "1 minute" })).toEqual({
      max: 5,
      withinMs: 60_000,
      backoffMinMs: 50,
      backoffMaxMs: 2000
    })
  })

  it("keeps the shortest wait within the longest when only one is given", () => {
    expect(restartOf({ backoff: { max: 10 } })).toMatchObject({ backoffMinMs: 10, backoffMaxMs: 10 })
    expect(restartOf({ backoff: { min: "1 minute" } })).toMatchObject({ backoffMinMs: 60_000, backoffMaxMs: 60_000 })
  })

  it("names each part that is wrong", () => {
    const restart = { max: -1, within: 0, backof: {}, backoff: { min: "x", maximum: 1 } }
    expect(problemsOf({ restart }).map((problem) => problem.option)).toEqual([
      "restart.max",
      "restart.within",
      "restart.backof",
      "restart.backoff.min",
      "restart.backoff.maximum"
    ])
    expect(problemsOf({ restart: { backoff: { min: 20, max: 10 } } })).toEqual([
      {
        option: "restart.backoff",
        expected: "a min no longer than the max",
        received: "a min of 20 ms and a max of 10 ms"
      }
    ])
    expect(problemsOf({ restart: 5 })).toMatchObject([{ option: "restart", received: "5" }])
  })
})
