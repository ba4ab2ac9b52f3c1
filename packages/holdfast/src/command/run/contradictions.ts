/** Flags of a run that ask for opposite things: to follow one of them would be to pass over the other. Pure. */
import type { Halt } from "./halt.ts"

interface Given {
  readonly halt: Halt | undefined
  readonly keepGoing: boolean
  readonly reports: string | undefined
  readonly noReports: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** What is wrong with them together, in words; nothing where they agree. */
export const contradictions = (given: Given): Array<string> => {
  const { halt, keepGoing, noReports, quiet, reports, verbose } = given
  const words: Array<string> = []
  if (keepGoing && halt?._tag === "When")
    words.push("--keep-going runs all inputs, and --halt ends the run before: give one of them")
  if (noReports && reports !== undefined)
    words.push("--no-reports keeps no reports, and --reports says where they are kept: give one of them")
  if (quiet && verbose) words.push("--quiet tells less, and --verbose tells more: give one of them")
  return words
}
