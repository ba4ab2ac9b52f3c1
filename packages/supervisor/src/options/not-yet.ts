/**
 * Options that are declared, and checked, but that nothing acts on yet. Given a value of its own, such an option
 * is refused: accepting it would promise what does not happen. Each line goes with the feature it names.
 */
import type { OptionProblem } from "@holdfast/core"
import { received } from "./received.ts"

const POOL_OPTIONS: Readonly<Record<string, unknown>> = {
  schedule: "balanced",
  reports: undefined
}

const problemsIn = (given: unknown, table: Readonly<Record<string, unknown>>): Array<OptionProblem> => {
  if (typeof given !== "object" || given === null) return []
  const values = given as Readonly<Record<string, unknown>>
  return Object.keys(table)
    .filter((name) => values[name] !== undefined && values[name] !== table[name])
    .map((name) => ({
      option: name,
      expected: "nothing: this option is not acted on yet",
      received: received(values[name])
    }))
}

/** The options of a pool that this version can't keep. */
export const notYetInPool = (given: unknown): Array<OptionProblem> => problemsIn(given, POOL_OPTIONS)
