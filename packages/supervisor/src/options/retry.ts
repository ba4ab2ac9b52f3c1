/**
 * The check of `retry`: a number, or p-retry's options. Every name and range is checked here, for p-retry itself
 * would complain only after a job has failed. Not the retrying.
 */
import type { Retry, RetryOptions } from "@holdfast/core"
import { type Check, callable, check, fields, finite, flag, refused, whole } from "./Check.ts"
import { received } from "./received.ts"

/** What `retry: {}` means. */
const DEFAULT_RETRIES = 3

const orInfinity = (of: Check<number, number>): Check<number, number, ""> =>
  check(of.type, `${of.expected}, or Infinity`, (value) =>
    value === Number.POSITIVE_INFINITY ? value : of.read(value, "", [])
  )

const milliseconds = check<number, number>("number", "a number of milliseconds, 0 or more", (value) =>
  finite(0).read(value, "", [])
)

const retries = orInfinity(whole(0))
const EXPECTED = `${retries.expected}, or p-retry's options such as { retries: 3, minTimeout: 100 }`

const options = fields("RetryOptions", EXPECTED, {
  retries,
  factor: finite(0),
  minTimeout: milliseconds,
  maxTimeout: orInfinity(milliseconds),
  randomize: flag,
  maxRetryTime: orInfinity(milliseconds),
  shouldRetry: callable<NonNullable<RetryOptions["shouldRetry"]>>("(failure: unknown) => boolean | Promise<boolean>")
})

const unlessNone = (retry: RetryOptions): RetryOptions | undefined =>
  retry.retries === 0 ? undefined : Object.freeze(retry)

/** `retry`, as p-retry takes it; undefined where nothing is to be retried. */
export const retry: Check<Retry, RetryOptions | undefined, ""> = {
  type: "number | RetryOptions",
  expected: EXPECTED,
  suffix: "",
  read: (value, at, problems) => {
    if (typeof value === "object" && value !== null) {
      const given = options.read(value, at, problems)
      if (given === refused) return refused
      const { maxTimeout, minTimeout } = given
      if (minTimeout !== undefined && maxTimeout !== undefined && minTimeout > maxTimeout) {
        const expected = `no more than maxTimeout, which is ${maxTimeout}`
        problems.push({ option: `${at}.minTimeout`, expected, received: received(minTimeout) })
        return refused
      }
      return unlessNone({ retries: DEFAULT_RETRIES, ...given })
    }
    const count = retries.read(value, at, [])
    if (count !== refused) return unlessNone({ retries: count })
    problems.push({ option: at, expected: EXPECTED, received: received(value) })
    return refused
  }
}
