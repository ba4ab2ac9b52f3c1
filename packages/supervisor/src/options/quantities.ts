/**
 * Checks of durations and sizes, as Effect writes them (`"30 seconds"`, `"512 MiB"`), that come to milliseconds and
 * bytes. Of Effect it loads `Duration` and `ByteSize` alone, and (as built) not
 * before one is given as text or as an object, for they cost 15 ms.
 */
import type { Input as ByteSizeInput } from "effect/ByteSize"
import * as ByteSize from "effect/ByteSize"
import type { Input as DurationInput } from "effect/Duration"
import * as Duration from "effect/Duration"
import { type Check, check, isRecord, type Refused, refused } from "./Check.ts"

/** Node's timers wait 24.8 days at most: with more, they fire at once. */
const LONGEST_MS = 24 * 86_400_000

const UNITS = new Set(["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"])

/** Effect takes an object of any shape for a duration, and what it doesn't know in it for nothing. */
const isDurationObject = (value: object): boolean => {
  if (Duration.isDuration(value)) return true
  const given = Object.entries(value)
  // Temporal.Duration has no fields of its own.
  if (given.length === 0) return Object.getPrototypeOf(value) !== Object.prototype
  return given.every(([unit, count]) => UNITS.has(unit) && typeof count === "number" && !Number.isNaN(count))
}

/** Milliseconds of a `Duration.Input`; Infinity included, NaN and what is none refused. */
const millisOf = (value: unknown): number | Refused => {
  if (typeof value === "number") return Number.isNaN(value) ? refused : value
  if (typeof value === "object" && isRecord(value) && !isDurationObject(value)) return refused
  if (Array.isArray(value) && !value.every((part) => typeof part === "number" && !Number.isNaN(part))) return refused
  try {
    return Duration.toMillis(Duration.fromInputUnsafe(value as DurationInput))
  } catch {
    return refused
  }
}

const EXAMPLE = `such as "30 seconds", "50 millis" or 30_000 (milliseconds)`

const waitable = (ms: number | Refused): ms is number => ms !== refused && ms >= 0 && ms <= LONGEST_MS

const inMilliseconds = <Out>(
  expected: string,
  read: (ms: number | Refused) => Out | Refused
): Check<DurationInput, Out, "Ms"> => ({
  ...check<DurationInput, Out>("Duration.Input", expected, (value) => read(millisOf(value))),
  suffix: "Ms"
})

/** A duration that ends, and is more than nothing. */
export const duration: Check<DurationInput, number, "Ms"> = inMilliseconds(
  `a duration over 0 and up to 24 days, ${EXAMPLE}`,
  (ms) => (waitable(ms) && ms > 0 ? ms : refused)
)

/** How long a caller waits: as long as he likes. */
export const patience: Check<DurationInput, number, "Ms"> = inMilliseconds(
  `a duration of 0 or more, ${EXAMPLE}`,
  (ms) => (ms !== refused && ms >= 0 ? ms : refused)
)

/** A duration that may be 0, which means at once. */
export const grace: Check<DurationInput, number, "Ms"> = inMilliseconds(
  `a duration from 0 up to 24 days, ${EXAMPLE}`,
  (ms) => (waitable(ms) ? ms : refused)
)

/** A limit that can be lifted: Infinity comes to undefined. */
export const limit: Check<DurationInput, number | undefined, "Ms"> = inMilliseconds(
  `a duration over 0 and up to 24 days, ${EXAMPLE}, or Infinity for none`,
  (ms) => {
    if (ms === Number.POSITIVE_INFINITY) return undefined
    return waitable(ms) && ms > 0 ? ms : refused
  }
)

const MEBIBYTE = 2 ** 20

/** Bytes of memory. Less than 1 MiB, which no worker can live in, is a number whose unit was forgotten. */
export const memory: Check<ByteSizeInput, number, ""> = check(
  "ByteSize.Input",
  `a size of 1 MiB or more, such as "512 MiB" or 536_870_912 (bytes)`,
  (value) => {
    try {
      const bytes = Number(ByteSize.fromInputUnsafe(value as ByteSizeInput))
      return bytes >= MEBIBYTE && Number.isSafeInteger(bytes) ? bytes : refused
    } catch {
      return refused
    }
  }
)
