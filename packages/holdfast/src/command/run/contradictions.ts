/** Flags of a run that ask for opposite things, or for what the others leave no way to. Pure. */
import { resolve } from "node:path"
import type { Halt } from "./halt.ts"

interface Given {
  readonly halt: Halt | undefined
  readonly keepGoing: boolean
  readonly reports: string | undefined
  readonly noReports: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly resume: boolean
  readonly output: string | undefined
  readonly failures: string | undefined
  readonly unordered: boolean
  readonly tag: boolean
}

/** What is wrong with them together, in words; nothing where they agree. */
export const contradictions = (given: Given): Array<string> => {
  const { failures, halt, keepGoing, noReports, output, quiet, reports, resume, tag, unordered, verbose } = given
  const words: Array<string> = []
  if (keepGoing && halt?._tag === "When")
    words.push("--keep-going runs all inputs, and --halt ends the run before: give one of them")
  if (noReports && reports !== undefined)
    words.push("--no-reports keeps no reports, and --reports says where they are kept: give one of them")
  if (quiet && verbose) words.push("--quiet tells less, and --verbose tells more: give one of them")
  if (failures === "-")
    words.push(
      "--failures needs a FILE, received -: standard output has the results. Without it failures stand on stderr"
    )
  // Two names of one file are seen when both are open, and the output is made by then.
  if (failures !== undefined && failures !== "-" && output !== undefined && resolve(failures) === resolve(output))
    words.push(`--failures ${JSON.stringify(failures)} is the same file as --output: give it one of its own`)
  if (resume && (output === undefined || output === "-"))
    words.push("--resume needs --output FILE: it reads there what is done")
  if (resume && unordered && !tag)
    words.push("--resume can't tell which lines are done where results are --unordered: write them with --tag")
  return words
}
