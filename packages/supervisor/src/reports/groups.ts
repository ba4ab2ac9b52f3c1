/**
 * Failures by cause: reports whose attempts failed with the same error at the same place, whatever their input. Pure.
 */
import type { ErrorRecord, FailureReport } from "./FailureReport.ts"
import type { ReadReport } from "./reading.ts"

/** Failures of one cause, the newest first. */
export interface CauseGroup {
  readonly title: string
  readonly reports: ReadonlyArray<ReadReport>
  /** How many jobs they are of: one that was tried three times failed thrice. */
  readonly jobs: number
  readonly tasks: ReadonlyArray<string>
  readonly firstAt: string
  readonly lastAt: string
}

/** What a task threw is the failure itself. */
const subjectOf = (error: ErrorRecord): ErrorRecord =>
  error.tag === "TaskThrew" && error.cause !== undefined ? error.cause : error

/** Numbers and quoted parts differ from job to job, where the cause is the same. */
const shapeOf = (message: string): string =>
  (message.split("\n", 1)[0] ?? "").replaceAll(/"[^"]*"|'[^']*'|\d+(?:\.\d+)?/g, "…").slice(0, 200)

const fact = ({ fields }: ErrorRecord, key: string): string => {
  const value = fields[key]
  return value === undefined ? "" : `${key}=${String(value)}`
}

const MOST_FRAMES = 5

const keyOf = ({ error, job }: FailureReport): string => {
  const subject = subjectOf(error)
  const frames = (subject.frames.length > 0 ? subject : error).frames
  const place =
    frames.length > 0
      ? frames.slice(0, MOST_FRAMES).map((frame) => `${frame.function} ${frame.file}:${frame.line}`)
      : [job.task, shapeOf(subject.message)]
  const facts = ["reason", "exitCode", "signal", "which", "code", "path"].map((key) => fact(subject, key))
  return JSON.stringify([error.tag ?? error.name, subject.name, facts, place])
}

const titleOf = ({ error }: FailureReport): string => {
  const subject = subjectOf(error)
  return `${subject.name}: ${subject.message.split("\n", 1)[0]}`
}

/** The groups, the largest first. `reports` are newest first, and so they are in each. */
export const groupByCause = (reports: ReadonlyArray<ReadReport>): Array<CauseGroup> => {
  const groups = new Map<string, Array<ReadReport>>()
  for (const each of reports) {
    const key = keyOf(each.report)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
    else group.push(each)
  }
  const jobOf = ({ job, run }: FailureReport): string =>
    JSON.stringify([run.id, job.module, job.task, job.index, job.key])
  return [...groups.values()]
    .map((group) => {
      const [newest] = group as [ReadReport, ...Array<ReadReport>]
      return {
        title: titleOf(newest.report),
        reports: group,
        jobs: new Set(group.map(({ report }) => jobOf(report))).size,
        tasks: [...new Set(group.map(({ report }) => report.job.task))],
        firstAt: group.at(-1)?.report.at ?? newest.report.at,
        lastAt: newest.report.at
      }
    })
    .sort((a, b) => b.reports.length - a.reports.length || b.lastAt.localeCompare(a.lastAt))
}

/** Those of the newest run, and how many there are of others. */
export const ofLastRun = (
  reports: ReadonlyArray<ReadReport>
): { readonly reports: ReadonlyArray<ReadReport>; readonly others: number } => {
  const last = reports[0]?.report.run.id
  const own = reports.filter(({ report }) => report.run.id === last)
  return { reports: own, others: reports.length - own.length }
}
