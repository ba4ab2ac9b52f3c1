/**
 * What may become of a job of chaos: its value, or a failure that its behaviour, or what was done to it from outside,
 * explains. Says in words what is wrong with an outcome; nothing here runs anything.
 */
import { isJobError, jobOf, type Outcome } from "holdfast"
import { type ChaosJob, valueOf } from "./behaviours.ts"
import type { ChaosCall, ChaosCrowd, ChaosProgram } from "./program.ts"

/** A job as it was sent, and how often it was executed, counted from outside. */
export interface Traced {
  readonly job: ChaosJob
  readonly call: ChaosCall
  readonly executions: number
}

const isWell = ({ does }: ChaosJob): boolean =>
  ["returns", "computes", "sleeps", "floods", "returnsMuch", "rejectsLate", "throwsOnce"].includes(does)

const isValueOf = (job: ChaosJob, value: unknown): boolean =>
  (job.does === "returnsMuch" ? (value as { value?: unknown } | undefined)?.value : value) === valueOf(job)

interface Explained {
  readonly tag: string
  /** What else must be true of the error. */
  readonly fits?: (error: Readonly<Record<string, unknown>>) => boolean
}

const causeSays = (text: string) => (error: Readonly<Record<string, unknown>>) =>
  String((error.cause as Error | undefined)?.message).includes(text)

/** The failures that a job's own behaviour explains. */
const own = ({ id, does }: ChaosJob, { isolation }: ChaosProgram): ReadonlyArray<Explained> => {
  switch (does) {
    case "throws":
      return [{ tag: "TaskThrew", fits: causeSays(`thrown by ${id}`) }]
    case "throwsOddly":
      return [{ tag: "TaskThrew" }]
    case "throwsOnce":
      return [{ tag: "TaskThrew", fits: causeSays(`first attempt of ${id}`) }]
    case "exits":
      return [{ tag: "WorkerCrashed", fits: ({ reason, exitCode }) => reason === "exit" && exitCode === 41 }]
    case "exitsWithZero":
      return [{ tag: "WorkerCrashed", fits: ({ reason, exitCode }) => reason === "exit" && exitCode === 0 }]
    case "aborts":
      return isolation === "thread"
        ? [{ tag: "TaskThrew" }]
        : [{ tag: "WorkerCrashed", fits: ({ signal }) => signal === "SIGABRT" }]
    case "killsItself":
      return [{ tag: "WorkerCrashed", fits: ({ signal }) => signal === "SIGKILL" }]
    case "allocates":
      // On a slow machine its time is up before its memory.
      return [{ tag: "WorkerCrashed", fits: ({ reason }) => reason === "outOfMemory" }, { tag: "JobTimedOut" }]
    case "loops":
      return [{ tag: "JobTimedOut" }]
    case "rejectsLate":
      // Where the rejection comes before the job's own end has been told.
      return [{ tag: "TaskThrew", fits: causeSays(`late from ${id}`) }]
    case "returnsAFunction":
      return [{ tag: "NotSerializable", fits: ({ side }) => side === "output" }]
    case "neverSettles":
      // Another job beside it may keep the event loop open.
      return [{ tag: "JobStuck" }, { tag: "JobTimedOut" }]
    case "waitsForItsSignal":
      return [{ tag: "JobTimedOut" }]
    case "floods":
      // Its output waits for the parent to read it, and on a slow machine its time is up first.
      return [{ tag: "JobTimedOut" }]
    default:
      return []
  }
}

/** Those that come from outside, for jobs that may be cancelled or not. */
const imposed = (program: ChaosProgram, mayBeCancelled: boolean): ReadonlyArray<Explained> => {
  const signals = program.signals.map(({ signal }) => signal)
  return [
    ...signals
      .filter((signal) => signal !== "SIGSTOP")
      .map((sent) => ({ tag: "WorkerCrashed", fits: ({ signal }: { signal?: unknown }) => signal === sent })),
    ...(mayBeCancelled ? [{ tag: "JobCancelled" }] : []),
    ...(program.end.afterMs !== undefined ? [{ tag: "PoolClosed" }] : []),
    // A worker that was stopped lets the time of its job pass; side by side, a loop takes the others' time.
    ...(signals.includes("SIGSTOP") || program.concurrency > 1 ? [{ tag: "JobTimedOut" }] : []),
    // Side by side, all that run in a worker go down with it, but for one that one of them exits: that of a thread which
    // was ended is 1.
    ...(program.concurrency > 1
      ? [{ tag: "WorkerCrashed", fits: ({ exitCode }: { exitCode?: unknown }) => exitCode !== 41 && exitCode !== 0 }]
      : [])
  ]
}

const isExplained = (error: object, by: ReadonlyArray<Explained>, { timeoutMs }: ChaosProgram): boolean => {
  const facts = error as Readonly<Record<string, unknown>>
  return by.some(
    ({ tag, fits }) =>
      tag === facts._tag && (tag !== "JobTimedOut" || timeoutMs !== undefined) && (fits === undefined || fits(facts))
  )
}

/** What is wrong with how a job of a crowd settled, or all of it; undefined where nothing is. */
export const objectionToCrowd = (
  outcome: Outcome<unknown, unknown>,
  expected: number | undefined,
  crowd: ChaosCrowd,
  program: ChaosProgram
): string | undefined => {
  const who = `a job of the crowd (${crowd.kind})`
  if (outcome._tag === "Succeeded")
    return outcome.value === expected ? undefined : `${who} came to ${String(outcome.value)}, not ${expected}`
  const { error } = outcome
  if (!isJobError(error)) return `${who} failed with what is no JobError: ${String(error)}`
  if (isExplained(error, imposed(program, crowd.cancelAfterMs !== undefined), program)) return undefined
  return `${who} failed with ${error._tag}, which nothing explains: ${error.message}`
}

/** What is wrong with how a job settled; undefined where nothing is. */
export const objectionTo = (
  outcome: Outcome<unknown, unknown>,
  { job, call, executions }: Traced,
  program: ChaosProgram
): string | undefined => {
  const who = `${job.does} (${job.id})`
  const most = 1 + call.retries
  if (executions > most) return `${who} was executed ${executions} times, with ${call.retries} retries`
  if (outcome._tag === "Succeeded") {
    if (!isWell(job)) return `${who} succeeded with ${String(outcome.value)}`
    if (executions === 0) return `${who} succeeded, and was never executed`
    return isValueOf(job, outcome.value) ? undefined : `${who} came to ${JSON.stringify(outcome.value).slice(0, 200)}`
  }
  const { error } = outcome
  if (!isJobError(error)) return `${who} failed with what is no JobError: ${String(error)}`
  if (jobOf(error)?.inputPreview.includes(job.id) !== true) return `${who} was told of ${jobOf(error)?.inputPreview}`
  const failsFast = call.onFailure === "failFast" && call.kind !== "settle" && call.kind !== "submitAll"
  const explained = [...own(job, program), ...imposed(program, call.cancelAfterMs !== undefined || failsFast)]
  if (!isExplained(error, explained, program))
    return `${who} failed with ${error._tag}, which nothing explains: ${error.message}`
  const ranOf = ["TaskThrew", "NotSerializable", "JobStuck"]
  if (ranOf.includes(error._tag) && executions === 0) return `${who} failed with ${error._tag}, and was never executed`
  return undefined
}
