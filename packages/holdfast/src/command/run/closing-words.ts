/** What is said at the end of a run: how it came out, and where to go on if it ended early. Writes nothing. */
import { readdirSync, type Stats, statSync } from "node:fs"
import { Report } from "@holdfast/supervisor"
import type { Run } from "./Run.ts"
import type { RunOptions } from "./RunOptions.ts"
import { isDescriptor, resumption, shellWord, tailResumption } from "./resumption.ts"
import { linesText } from "./Tally.ts"

/** The line to go on at, where everything before it is in the output; undefined where no one line says it. */
const resumeLine = ({ intake, leftOut, output, tally }: Run, options: RunOptions): number | undefined => {
  const ordered = !options.unordered
  if (output.failure !== undefined)
    return ordered ? Math.max(output.writtenFrom + 1, intake.lastDone + 1, options.firstLine) : undefined
  const missing = [...tally.unfinishedLines, ...leftOut]
  if (missing.length === 0) return intake.nextLine
  return ordered ? Math.min(...missing) : undefined
}

const notRun = ({ intake }: Run, { firstLine }: RunOptions): string | undefined => {
  if (intake.complete) return undefined
  if (intake.rest !== undefined) return `line ${intake.nextLine} and what follows was not run`
  if (intake.lastLine < firstLine) return "no line of the input was read"
  return `what may follow line ${intake.lastLine} was not run`
}

const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** Whether it can be opened once more: a pipe that has a name, or none, has given what it had. */
const isFile = (path: string | undefined): path is string =>
  path !== undefined && !isDescriptor(path) && statOf(path)?.isFile() === true

/** The command that goes on; undefined where the input has gone by. */
const goingOn = (
  options: RunOptions,
  line: number
): { readonly text: string; readonly resumes: boolean } | undefined => {
  const { input, output, tag, unordered } = options
  if (!isFile(input)) return undefined
  const resumes = isFile(output) && (tag || !unordered)
  return { resumes, text: resumes ? resumption(options, line) : tailResumption(options, line) }
}

/** How many reports are in the directory. */
const keptIn = (directory: string): number => {
  try {
    return readdirSync(directory).filter(Report.isReportName).length
  } catch {
    return 0
  }
}

const count = (number: number): string => number.toLocaleString("en-US")

/** The way to the reports that were made, of which the oldest may have gone; undefined where there is none. */
const wayToReports = (made: number, directory: string | undefined): string | undefined => {
  if (directory === undefined || made === 0) return undefined
  const kept = keptIn(directory)
  // A directory that can't be written was warned of.
  if (kept === 0) return undefined
  const what = made === 1 ? "1 report of a failure" : `${count(made)} reports of failures`
  const fewer = kept < made ? `, of which the newest ${count(kept)} are kept` : ""
  return `${what}${fewer}: holdfast inspect ${shellWord(directory)}`
}

/** The lines to say. */
export const closingWords = (run: Run, options: RunOptions): Array<string> => {
  const { ending, intake, leftOut, results, tally } = run
  const words = [tally.headline]
  const reports = wayToReports(run.reports, options.reports)
  if (reports !== undefined) words.push(reports)
  const isAllRun = intake.complete && tally.unfinishedLines.length === 0 && leftOut.length === 0
  // All may have been run before the output was found to take no more of it.
  if (run.output.failure === undefined && (ending === undefined || isAllRun)) return words
  if (ending !== undefined) words.push(`stopped by ${ending.by}`)
  if (tally.unfinishedLines.length > 0) words.push(`not finished: ${linesText(tally.unfinishedLines)}`)
  if (results.withheld > 0)
    words.push(`results of later lines that were not written, for the output is in order: ${results.withheld}`)
  const line = resumeLine(run, options)
  const rest = notRun(run, options)
  if (rest !== undefined) words.push(rest)
  const where = line === undefined ? "with what is missing" : `at line ${line}`
  const command = goingOn(options, line ?? intake.nextLine)
  if (line !== undefined || command?.resumes === true)
    words.push(`go on ${where}${command === undefined ? "" : `: ${command.text}`}`)
  return words
}
