/**
 * The options of a call, each declared once; those that can be set on a task or on the pool as well say so. What is
 * set on a pool alone is in `pool-table.ts`.
 */
import type { Progress } from "@holdfast/core"
import { callable, check, either, finite, flag, oneOf, refused, text, whole } from "./Check.ts"
import { declare } from "./declaration.ts"
import { limit } from "./quantities.ts"
import { retry } from "./retry.ts"

const CALLS = ["job", "batch", "stream"] as const
/** Those of calls to the workers' stores too. */
const ALL_CALLS = [...CALLS, "store"] as const
const BATCHES = ["batch", "stream"] as const

/** Has what Holdfast uses of it, so that a signal of another realm will do. */
const isSignal = (value: unknown): value is AbortSignal =>
  typeof value === "object" &&
  value !== null &&
  "aborted" in value &&
  "addEventListener" in value &&
  typeof value.addEventListener === "function"

const signal = check<AbortSignal>("AbortSignal", "an AbortSignal", (value) => (isSignal(value) ? value : refused))

const progress = check<boolean | string, true | string | undefined>(
  "boolean | string",
  "true, false or the label of the progress bar",
  (value) => {
    if (typeof value === "boolean") return value || undefined
    return typeof value === "string" && value !== "" ? value : refused
  }
)

export const callTable = {
  signal: declare({
    on: ALL_CALLS,
    check: signal,
    documentation: "Cancels the jobs of the call when it is aborted; its reason is the `cause` of their `JobCancelled`."
  }),
  key: declare({
    on: ["job"],
    check: text("a string that is not empty"),
    defaultText: "the index",
    documentation: "What the job is called in failures, logs and reports."
  }),
  priority: declare({
    on: CALLS,
    check: finite(),
    default: 0,
    documentation: "Jobs of a higher priority leave the queue first."
  }),
  timeout: declare({
    on: ["pool", "task", ...ALL_CALLS],
    check: limit,
    documentation: "The longest one attempt may take. The clock starts when the job starts."
  }),
  heartbeatTimeout: declare({
    on: ["pool", "task", ...CALLS],
    check: limit,
    documentation: "The longest a job may go without calling `heartbeat()`."
  }),
  queueTimeout: declare({
    on: ["pool", ...ALL_CALLS],
    check: limit,
    documentation: "The longest a job may wait before it starts."
  }),
  retry: declare({
    on: ["pool", "task", ...CALLS],
    check: retry,
    default: 0,
    documentation:
      "Further attempts of a job that failed, timed out or lost its worker: how many, or p-retry's options. `{}` means 3."
  }),
  maxCrashes: declare({
    on: ["pool", "task", ...CALLS],
    check: whole(1),
    default: 3,
    documentation: "A job that has killed so many workers is not tried again, whatever `retry` says."
  }),
  idempotent: declare({
    on: ["task"],
    check: flag,
    default: true,
    documentation:
      "With false, a job is never run again after a worker died with it or it passed a time limit, whatever `retry` says."
  }),
  onFailure: declare({
    on: ["pool", ...BATCHES],
    check: oneOf("failFast", "collect"),
    default: "failFast",
    documentation:
      "Whether the first failure cancels what is left, or all jobs are finished first. `settle` always collects."
  }),
  chunkSize: declare({
    on: ["pool", ...BATCHES],
    check: either(whole(1), oneOf("auto")),
    default: "auto",
    documentation:
      "Jobs that travel to a worker together; auto goes by how long they take. Of jobs below 0.05 ms, several chunks may share a message."
  }),
  lookAhead: declare({
    on: ["pool", ...BATCHES],
    check: whole(1),
    defaultText: "2 for each job that can run at once, at most 16,384 jobs",
    documentation: "Chunks of inputs read before their results are taken. An array given to `map` is not bounded by it."
  }),
  concurrency: declare({
    on: ["pool", ...BATCHES],
    check: whole(1),
    default: 1,
    documentation:
      "Jobs that one worker runs at once. More than one suits jobs that wait; they go down together if it dies."
  }),
  progress: declare({
    on: ["pool", ...BATCHES],
    check: progress,
    default: false,
    documentation: "Shows a progress bar on stderr; a string is its label."
  }),
  onProgress: declare({
    on: BATCHES,
    check: callable<(progress: Progress) => void>("(progress: Progress) => void"),
    documentation: "Called with `{ done, failed, total }` as jobs settle."
  }),
  ordered: declare({
    on: ["stream"],
    check: flag,
    default: true,
    documentation: "Whether values come in the order of the inputs, or as they are done."
  })
}

/** What is named alike for one job and for many, and is not the same. */
export const batchTable = {
  key: declare({
    on: BATCHES,
    check: callable<(input: never, index: number) => string, (input: unknown, index: number) => string>(
      "(input, index: number) => string"
    ),
    defaultText: "the index",
    documentation: "What each job is called in failures, logs and reports."
  })
}
