/**
 * When a run ends before its input does: GNU parallel's `--halt`, as a value and a decision. Pure; ends nothing.
 */

export type Halt =
  | { readonly _tag: "Never" }
  | {
      readonly _tag: "When"
      /** Whether what runs is finished first, or cancelled. */
      readonly when: "soon" | "now"
      readonly why: "fail" | "success" | "done"
      /** A number of jobs, or a percentage of those that have ended. */
      readonly count: number
      readonly unit: "jobs" | "percent"
    }

export const NEVER: Halt = { _tag: "Never" }
export const AT_FIRST_FAILURE: Halt = { _tag: "When", when: "now", why: "fail", count: 1, unit: "jobs" }

export const HALT_GRAMMAR = "never, or now|soon,fail|success|done=N or N% such as soon,fail=3 or now,fail=10%"

/** GNU parallel's short forms. */
const SHORT: Readonly<Record<string, string>> = { "0": "never", "1": "soon,fail=1", "2": "now,fail=1" }

/**
 * Reads what stands behind `--halt`; undefined where it means nothing.
 *
 * @example
 * parseHalt("soon,fail=3")   // { _tag: "When", when: "soon", why: "fail", count: 3, unit: "jobs" }
 */
export const parseHalt = (text: string): Halt | undefined => {
  const spec = SHORT[text] ?? text
  if (spec === "never") return NEVER
  const match = /^(now|soon),(fail|success|done)=(\d+)(%?)$/.exec(spec)
  if (match === null) return undefined
  const [, when, why, digits, percent] = match
  const count = Number(digits)
  const isPercent = percent === "%"
  if (count < 1 || (isPercent && count > 100)) return undefined
  return {
    _tag: "When",
    when: when as "now" | "soon",
    why: why as "fail" | "success" | "done",
    count,
    unit: isPercent ? "percent" : "jobs"
  }
}

/** A percentage of fewer jobs says nothing; GNU parallel's number. */
const LEAST_FOR_PERCENT = 3

/** Whether so many jobs that have ended are reason to halt, and how. */
export const mustHalt = (
  halt: Halt,
  ended: { readonly succeeded: number; readonly failed: number }
): "soon" | "now" | undefined => {
  if (halt._tag === "Never") return undefined
  const { succeeded, failed } = ended
  const done = succeeded + failed
  const count = { fail: failed, success: succeeded, done }[halt.why]
  const reached =
    halt.unit === "jobs" ? count >= halt.count : done >= LEAST_FOR_PERCENT && (count / done) * 100 >= halt.count
  return reached ? halt.when : undefined
}
