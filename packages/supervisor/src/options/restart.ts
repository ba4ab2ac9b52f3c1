/**
 * The check of `restart`: how many deaths that no job is charged with a pool bears, and how long it waits before
 * it starts a worker again. Not the counting, which is the slots' `RestartIntensity`.
 */
import type { Input as DurationInput } from "effect/Duration"
import type { RestartLimits } from "../slot/RestartIntensity.ts"
import { type Check, fields, type Refused, refused, whole } from "./Check.ts"
import { duration, grace } from "./quantities.ts"

/** How a pool bears the deaths of its workers. */
export interface Restart {
  /** Deaths within `within` that the pool survives. */
  readonly max?: number
  readonly within?: DurationInput
  /** The wait before a start after such a death: doubles from `min` to `max`, until a job has finished. */
  readonly backoff?: { readonly min?: DurationInput; readonly max?: DurationInput }
}

const TYPE = "{ max?, within?, backoff?: { min?, max? } }"

const given = fields(TYPE, `an object such as { max: 5, within: "10 seconds", backoff: { min: 50, max: 2000 } }`, {
  max: whole(0),
  within: duration,
  backoff: fields("{ min?, max? }", `an object such as { min: 50, max: "2 seconds" }`, { min: grace, max: grace })
})

/** What holds for whatever is left out. */
const DEFAULTS: RestartLimits = { max: 5, withinMs: 10_000, backoffMinMs: 50, backoffMaxMs: 2000 }

/** The defaults as they would be written. */
export const DEFAULT_RESTART = `{ max: ${DEFAULTS.max}, within: ${DEFAULTS.withinMs}, backoff: { min: ${DEFAULTS.backoffMinMs}, max: ${DEFAULTS.backoffMaxMs} } }`

/** Milliseconds from the shortest wait to the longest; one given alone moves the other where they would cross. */
const waits = (min: number | undefined, max: number | undefined): readonly [number, number] => {
  const shortest = min ?? Math.min(DEFAULTS.backoffMinMs, max ?? DEFAULTS.backoffMinMs)
  return [shortest, max ?? Math.max(DEFAULTS.backoffMaxMs, shortest)]
}

/** `restart`, filled in. */
export const restart: Check<Restart, RestartLimits, ""> = {
  type: TYPE,
  expected: given.expected,
  suffix: "",
  read: (value, at, problems): RestartLimits | Refused => {
    const out = given.read(value, at, problems)
    if (out === refused) return refused
    const [backoffMinMs, backoffMaxMs] = waits(out.backoff?.min, out.backoff?.max)
    if (backoffMinMs > backoffMaxMs) {
      const received = `a min of ${backoffMinMs} ms and a max of ${backoffMaxMs} ms`
      problems.push({ option: `${at}.backoff`, expected: "a min no longer than the max", received })
      return refused
    }
    const { max = DEFAULTS.max, within: withinMs = DEFAULTS.withinMs } = out
    return Object.freeze({ max, withinMs, backoffMinMs, backoffMaxMs })
  }
}
