/** Failures by cause: reports whose attempts failed alike, whatever their input. Pure. What is alike: `failure/cause.ts`. */
import { causeKey, type FailureFacts, isOwn, titleOf } from "../failure/cause.ts"
import type { FailureReport } from "./FailureReport.ts"
import type { ReadReport } from "./reading.ts"

/** Failures of one cause, the newest first. */
export interface CauseGroup {
  /** What happened in the first of them. */
  readonly title: string
  readonly reports: ReadonlyArray<ReadReport>
  /** How many jobs they are of: one that was tried three times failed thrice. */
  readonly jobs: number
  readonly tasks: ReadonlyArray<string>
  readonly firstAt: string
  readonly lastAt: string
}

const factsOf = ({ error, input, job }: FailureReport): FailureFacts => {
  const { fields, message } = error
  const failure = error.tag ?? error.name
  const subject = failure === "TaskThrew" && error.cause !== undefined ? error.cause : error
  const isError = subject.stack.length > 0
  // Of what is none, the message says all.
  const isThrown = isOwn(failure) ? subject !== error && isError : true
  const { hungAt } = fields
  return {
    failure,
    message,
    job: { task: job.task, module: job.module, key: job.key, inputPreview: input.preview },
    thrown: isThrown ? { name: subject.tag ?? (isError ? subject.name : ""), message: subject.message } : undefined,
    at: error.frames[0] ?? subject.frames[0] ?? error.source ?? subject.source,
    fact: (name) => fields[name] ?? subject.fields[name],
    hung: Array.isArray(hungAt) && hungAt.length > 0
  }
}

/** With the name of what happened, where what was thrown has none to say. */
const nameOf = (facts: FailureFacts): string =>
  facts.thrown !== undefined || facts.failure === "TaskThrew" ? titleOf(facts) : `${facts.failure}: ${titleOf(facts)}`

/** The groups, the largest first. `reports` are newest first, and so they are in each. */
export const groupByCause = (reports: ReadonlyArray<ReadReport>): Array<CauseGroup> => {
  const groups = new Map<string, Array<ReadReport>>()
  for (const each of reports) {
    const key = causeKey(factsOf(each.report))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
    else group.push(each)
  }
  // Index and key are of one call: jobs of others have the same. All attempts tell of the first.
  const jobOf = ({ attempts, job, run }: FailureReport): string =>
    JSON.stringify([run.id, job.module, job.task, job.index, job.key, attempts[0]?.worker, attempts[0]?.startedAt])
  return [...groups.values()]
    .map((group) => {
      const newest = group[0] as ReadReport
      const first = group.at(-1) as ReadReport
      return {
        title: nameOf(factsOf(first.report)),
        reports: group,
        jobs: new Set(group.map(({ report }) => jobOf(report))).size,
        tasks: [...new Set(group.map(({ report }) => report.job.task))],
        firstAt: first.report.at,
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
