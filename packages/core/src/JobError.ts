/**
 * Everything that can go wrong with a job, as plain `Error` subclasses with a `_tag` (so that
 * `Effect.catchTag` and `switch` work on them, and a worker can make them without loading `effect`).
 * Facts are fields; nobody needs to match a message. Not the task's own typed errors: those come unwrapped.
 */

import { jsonOf, jsonOfError } from "./ErrorJson.ts"
import { evidenceOf, explain, type FailedSpan, type SourceExcerpt } from "./Evidence.ts"
import type { Attempt, JobSummary } from "./Job.ts"
import type { Frame, LockHolder, NativeState, Resource } from "./Whereabouts.ts"

/** A worker's death, as `PoolBroken` lists it. */
export interface Death {
  readonly worker: number
  readonly pid: number | undefined
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly description: string
  readonly lastLogs: ReadonlyArray<string>
}

const jobs = new WeakMap<object, JobSummary>()

/** Remembers which job an error belongs to. For executors; users call {@link jobOf}. */
export const attachJob = (error: unknown, job: JobSummary): void => {
  if ((typeof error === "object" && error !== null) || typeof error === "function") jobs.set(error, job)
}

/**
 * The job an error belongs to: of a `JobError`, or of a task's own typed error that is an object.
 * Undefined for primitives and for errors that Holdfast did not deliver.
 *
 * @example
 * try { await pool.run(parse, "a.pdf") } catch (error) { console.log(jobOf(error)?.attempts.length) }
 */
export const jobOf = (error: unknown): JobSummary | undefined =>
  (typeof error === "object" && error !== null) || typeof error === "function" ? jobs.get(error) : undefined

// By its name: core imports no node module.
const INSPECT = Symbol.for("nodejs.util.inspect.custom")
/** The depth that is left at what `console.log` was given; less of it within an array or an object. */
const OUTERMOST = 2

/** V8's own. */
const LIMIT = "stackTraceLimit"

/** What every `JobError` has in common. */
abstract class Failure<Tag extends string> extends Error {
  abstract readonly _tag: Tag
  /** The job this failure belongs to. */
  declare readonly job: JobSummary

  constructor(message: string, job: JobSummary, options?: { readonly cause?: unknown }) {
    // Its stack is made of the worker's frames and the call's; of these here, Node would show one where nobody catches it.
    const limit: unknown = Reflect.get(Error, LIMIT)
    Reflect.set(Error, LIMIT, 0)
    super(message, options)
    Reflect.set(Error, LIMIT, limit)
    // The job is not enumerable: it would drown the message wherever an error is printed.
    Object.defineProperty(this, "job", { value: job, enumerable: false, writable: true, configurable: true })
    attachJob(this, job)
  }

  override get name(): string {
    return this._tag
  }

  /** Where it happened: the user's own frames in the worker, innermost first, mapped to their sources. */
  get frames(): ReadonlyArray<Frame> {
    return evidenceOf(this).frames
  }

  /** The source about the innermost frame, the failing line marked; undefined where it can't be read. */
  get source(): SourceExcerpt | undefined {
    return evidenceOf(this).source
  }

  /** The spans that a failed Effect was in, innermost first. */
  get spans(): ReadonlyArray<FailedSpan> {
    return evidenceOf(this).spans
  }

  /** Where the program asked for the job. */
  get calledFrom(): ReadonlyArray<Frame> {
    return evidenceOf(this).calledFrom
  }

  /** Cause, stack frames, source, spans, facts and job, for logs and reports. Never throws. */
  toJSON(): unknown {
    const evidence = jsonOf(evidenceOf(this)) as object
    return { _tag: this._tag, ...(jsonOfError(this) as object), ...evidence, job: jsonOf(this.job) }
  }

  /** What `console.log` and `util.inspect` print: by itself in full, inside of another value its stack. */
  [INSPECT](depth: number | null, options: { readonly colors?: boolean } | undefined): string {
    if (depth !== null && depth < 0) return `[${this.name}: ${this.message}]`
    if (depth !== null && depth < OUTERMOST) return this.stack ?? `${this.name}: ${this.message}`
    return explain(this, { colours: options?.colors === true })
  }
}

/** The task threw, or died of a defect. `cause` is the thrown value restored. */
export class TaskThrew extends Failure<"TaskThrew"> {
  readonly _tag = "TaskThrew"
}

/** Facts of a {@link WorkerCrashed}. */
export interface CrashFacts {
  /** `ended`: by its pool, for another job that ran beside this one. */
  readonly reason: "exit" | "signal" | "outOfMemory" | "uncaught" | "protocol" | "ended"
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  /**
   * Memory limit in bytes, where one was passed: `maxMemory`, or what the heap may hold, which is its old generation
   * where `--max-old-space-size` gives that.
   */
  readonly limit?: number | undefined
  /** Last memory reading in bytes. */
  readonly lastReading?: number | undefined
}

/** The worker ended while it ran this job. */
export class WorkerCrashed extends Failure<"WorkerCrashed"> implements CrashFacts {
  readonly _tag = "WorkerCrashed"
  readonly reason: CrashFacts["reason"]
  // Declared only: a fact that is not there is no key, here and where it is printed.
  declare readonly exitCode?: number | undefined
  declare readonly signal?: string | undefined
  declare readonly limit?: number | undefined
  declare readonly lastReading?: number | undefined

  constructor(message: string, job: JobSummary, facts: CrashFacts, options?: { readonly cause?: unknown }) {
    super(message, job, options)
    this.reason = facts.reason
    if (facts.exitCode !== undefined) this.exitCode = facts.exitCode
    if (facts.signal !== undefined) this.signal = facts.signal
    if (facts.limit !== undefined) this.limit = facts.limit
    if (facts.lastReading !== undefined) this.lastReading = facts.lastReading
  }
}

/** No worker could be started: the process failed, its context failed, or `startTimeout` passed. */
export class WorkerFailedToStart extends Failure<"WorkerFailedToStart"> {
  readonly _tag = "WorkerFailedToStart"
}

/** A live worker could not load the task's module or export. The worker goes on. */
export class TaskNotLoaded extends Failure<"TaskNotLoaded"> {
  readonly _tag = "TaskNotLoaded"
}

/** Facts of a {@link JobTimedOut}. `limit` is in milliseconds. */
export interface TimeoutFacts {
  readonly limit: number
  readonly which: "timeout" | "heartbeatTimeout" | "queueTimeout"
  /** Where a blocked job was, innermost frame first. */
  readonly hungAt?: ReadonlyArray<Frame> | undefined
  /** What a job that was not blocked waited on. */
  readonly waitingOn?: ReadonlyArray<Resource> | undefined
  /** What a job did that was blocked in native code. */
  readonly native?: NativeState | undefined
}

/** The job took longer than its limit. */
export class JobTimedOut extends Failure<"JobTimedOut"> implements TimeoutFacts {
  readonly _tag = "JobTimedOut"
  readonly limit: number
  readonly which: TimeoutFacts["which"]
  declare readonly hungAt?: ReadonlyArray<Frame> | undefined
  declare readonly waitingOn?: ReadonlyArray<Resource> | undefined
  declare readonly native?: NativeState | undefined

  constructor(message: string, job: JobSummary, facts: TimeoutFacts) {
    super(message, job)
    this.limit = facts.limit
    this.which = facts.which
    if (facts.hungAt !== undefined) this.hungAt = facts.hungAt
    if (facts.waitingOn !== undefined) this.waitingOn = facts.waitingOn
    if (facts.native !== undefined) this.native = facts.native
  }
}

/** The job waits for something that can never happen: its event loop has nothing left that could wake it. */
export class JobStuck extends Failure<"JobStuck"> {
  readonly _tag = "JobStuck"
  readonly waitingOn: ReadonlyArray<Resource>

  constructor(message: string, job: JobSummary, waitingOn: ReadonlyArray<Resource>) {
    super(message, job)
    this.waitingOn = waitingOn
  }
}

/** Cancelled by a signal, a handle, or another job's failure. `cause` is the reason given. */
export class JobCancelled extends Failure<"JobCancelled"> {
  readonly _tag = "JobCancelled"
}

/** A value could not cross the process boundary. `path` names the offending place, as `input.items[3].onClick`. */
export class NotSerializable extends Failure<"NotSerializable"> {
  readonly _tag = "NotSerializable"
  readonly side: "input" | "output"
  readonly path: string

  constructor(
    message: string,
    job: JobSummary,
    facts: { readonly side: "input" | "output"; readonly path: string },
    options?: { readonly cause?: unknown }
  ) {
    super(message, job, options)
    this.side = facts.side
    this.path = facts.path
  }
}

/** The input does not fit the task's input schema; it was never sent. */
export class InvalidInput extends Failure<"InvalidInput"> {
  readonly _tag = "InvalidInput"
}

/** The result does not fit the task's output schema; or the task's own error could be read by its schema in the worker alone. */
export class InvalidOutput extends Failure<"InvalidOutput"> {
  readonly _tag = "InvalidOutput"
}

/** Workers died faster than `restart` allows, so the pool ended. */
export class PoolBroken extends Failure<"PoolBroken"> {
  readonly _tag = "PoolBroken"
  readonly deaths: ReadonlyArray<Death>

  constructor(message: string, job: JobSummary, deaths: ReadonlyArray<Death>) {
    super(message, job)
    this.deaths = deaths
  }
}

/** The pool was closed or terminated before the job could settle. */
export class PoolClosed extends Failure<"PoolClosed"> {
  readonly _tag = "PoolClosed"
}

/** `maxQueue` jobs were already waiting when `submit` or `submitAll` was called. */
export class QueueFull extends Failure<"QueueFull"> {
  readonly _tag = "QueueFull"
}

/** Every way in which a job can fail other than the task's own typed errors. */
export type JobError =
  | TaskThrew
  | WorkerCrashed
  | WorkerFailedToStart
  | TaskNotLoaded
  | JobTimedOut
  | JobStuck
  | JobCancelled
  | NotSerializable
  | InvalidInput
  | InvalidOutput
  | PoolBroken
  | PoolClosed
  | QueueFull

/** True for the failures that Holdfast makes; false for a task's own typed errors. */
export const isJobError = (error: unknown): error is JobError => error instanceof Failure

/** One option that was refused. */
export interface OptionProblem {
  readonly option: string
  readonly expected: string
  readonly received: string
}

/** Options were wrong; nothing was started. The message names each option, what was expected and what came. */
export class InvalidOptions extends Error {
  readonly _tag = "InvalidOptions"
  readonly problems: ReadonlyArray<OptionProblem>

  constructor(where: string, problems: ReadonlyArray<OptionProblem>) {
    const lines = problems.map(
      ({ option, expected, received }) => `  ${option}: expected ${expected}, received ${received}`
    )
    super(
      `${where}: ${problems.length === 1 ? "one option is" : `${problems.length} options are`} wrong\n${lines.join("\n")}`
    )
    this.problems = problems
  }

  override get name(): string {
    return "InvalidOptions"
  }
}

export type { Attempt, Frame, LockHolder, NativeState, Resource }
