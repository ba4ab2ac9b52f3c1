import { describe, expect, it } from "vitest"
import { resolvePoolOptions } from "../../packages/supervisor/src/options/resolve.ts"
import { refusalOf } from "./refusal.ts"

const problemsOf = (options: unknown) => refusalOf(() => resolvePoolOptions(options)).problems

describe("retry", () => {
  const retryOf = (retry: unknown) => resolvePoolOptions({ retry }).retry

  it("means that many further attempts, or none at all", () => {
    expect(retryOf(2)).toEqual({ retries: 2 })
    expect(retryOf(0)).toBeUndefined()
    expect(retryOf({ retries: 0, minTimeout: 10 })).toBeUndefined()
    expect(retryOf(Number.POSITIVE_INFINITY)).toEqual({ retries: Number.POSITIVE_INFINITY })
  })

  it("means 3 where the number is left out", () => {
    expect(retryOf({})).toEqual({ retries: 3 })
    expect(retryOf({ minTimeout: 10, retries: undefined })).toEqual({ retries: 3, minTimeout: 10 })
  })

  it("passes p-retry's options on", () => {
    const shouldRetry = () => true
    const retry = {
      retries: 5,
      factor: 1.5,
      minTimeout: 0,
      maxTimeout: 100,
      randomize: true,
      maxRetryTime: 1000,
      shouldRetry
    }
    expect(retryOf(retry)).toEqual(retry)
  })

  it("names each part that is wrong", () => {
    const retry = {
      retires: 1,
      factor: "2",
      retries: -1,
      minTimeout: "1 second",
      shouldRetry: true,
      maxTimeout: Number.NaN
    }
    expect(problemsOf({ retry }).map(({ option, received }) => `${option} ${received}`)).toEqual([
      "retry.retires 1",
      'retry.factor "2"',
      "retry.retries -1",
      'retry.minTimeout "1 second"',
      "retry.shouldRetry true",
      "retry.maxTimeout NaN"
    ])
    expect(problemsOf({ retry: { minTimeout: "1 second" } })[0]?.expected).toBe("a number of milliseconds, 0 or more")
    expect(problemsOf({ retry: { retires: 1 } })[0]?.expected).toContain("did you mean retries?")
  })

  it("refuses a shortest pause that is longer than the longest, where both are given", () => {
    expect(problemsOf({ retry: { minTimeout: 10, maxTimeout: 3 } })).toEqual([
      { option: "retry.minTimeout", expected: "no more than maxTimeout, which is 3", received: "10" }
    ])
    for (const retry of [{ maxTimeout: 3 }, { minTimeout: 3, maxTimeout: 3 }])
      expect(retryOf(retry)).toEqual({ retries: 3, ...retry })
  })

  it.each([-1, 1.5, "3", true, Number.NaN, null, []])("refuses %j", (retry) => {
    expect(problemsOf({ retry })).toMatchObject([{ option: expect.stringMatching(/^retry/) }])
  })
})
