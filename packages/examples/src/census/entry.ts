/**
 * The lines of the census: what became of each path. Joins what the walk met, what workers reported, and what
 * the pool says of files that no worker could report on. Not their sums, which are `summary.ts`.
 */
import type { JobError, Outcome } from "holdfast"
import type { Report } from "./task.ts"
import type { Found } from "./walk.ts"

/** No report came: each worker that took the file died, or the run itself failed. */
export interface Lost {
  readonly _tag: "Lost"
  readonly reason: string
}

export type Entry = { readonly path: string } & (Report | Lost)

/** A file that took more than one attempt, and how those that failed ended. */
export interface Retried {
  readonly path: string
  readonly failures: ReadonlyArray<string>
}

export interface Entries {
  /** Sorted by path. */
  readonly entries: ReadonlyArray<Entry>
  readonly retried: ReadonlyArray<Retried>
  /** Files that were left out, since the census was stopped before. */
  readonly notExamined: number
}

const reasonOf = (error: JobError): string => {
  if (error._tag !== "WorkerCrashed") return error.message.split("\n", 1).join()
  const { exitCode, job, reason, signal } = error
  const how = signal ?? (exitCode === undefined ? reason : `exit code ${exitCode}`)
  return `killed its worker in each of ${job.attempts.length} attempts (${how})`
}

/** Undefined for a file that was not examined. */
const entryOf = (path: string, outcome: Outcome<Report> | undefined): Entry | undefined => {
  if (outcome === undefined) return undefined
  if (outcome._tag === "Succeeded") return { path, ...outcome.value }
  const { error } = outcome
  if (error._tag === "JobCancelled" || error._tag === "PoolClosed") return undefined
  return { path, _tag: "Lost", reason: reasonOf(error) }
}

/** One entry for whatever the walk found; `outcomes` are those of its files, as far as there are any. */
export const entriesOf = (found: ReadonlyArray<Found>, outcomes: ReadonlyArray<Outcome<Report>>): Entries => {
  const entries: Array<Entry> = []
  const retried: Array<Retried> = []
  let files = 0
  for (const each of found) {
    if (each._tag === "Closed") {
      entries.push({ path: each.path, _tag: "Unreadable", reason: each.reason })
      continue
    }
    const outcome = outcomes[files++]
    const entry = entryOf(each.path, outcome)
    if (entry !== undefined) entries.push(entry)
    if (outcome !== undefined && outcome.job.attempts.length > 1) {
      retried.push({ path: each.path, failures: outcome.job.attempts.flatMap(({ failure }) => failure ?? []) })
    }
  }
  return { entries, retried, notExamined: found.length - entries.length }
}
