/**
 * How long a handle's `wait` waits, checked. Not the options of calls, which have their tables.
 */
import { InvalidOptions, type OptionProblem } from "@holdfast/core"
import { refused } from "../options/Check.ts"
import { patience } from "../options/quantities.ts"

/** Node's timers go up to 24 days, and fire at once beyond. */
const LONGEST_MS = 2 ** 31 - 1

/** Milliseconds; undefined for as long as it takes. Throws `InvalidOptions`, naming what came. */
export const patienceOf = (duration: unknown): number | undefined => {
  const problems: Array<OptionProblem> = []
  const ms = patience.read(duration, "duration", problems)
  if (ms === refused) throw new InvalidOptions("handle.wait", problems)
  return ms > LONGEST_MS ? undefined : ms
}
