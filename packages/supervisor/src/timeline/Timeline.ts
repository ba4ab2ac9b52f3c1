/**
 * Remembers what each worker did when, from the pool's events: bounded in memory, and cheap enough to be always on, so
 * that `pool.report()` can be asked for after the fact. Only a subscriber. Keeps short successes as they are told, a
 * chunk at a time; failures and slow jobs with their details. What is made of it is `RunReport.ts`.
 */
import {
  type Attempt,
  type EventOf,
  JobCancelled,
  type JobSummary,
  PoolClosed,
  type PoolEvent,
  WorkerCrashed
} from "@holdfast/core"
import { Causes, labelOf, messageOf } from "./Causes.ts"
import { Rows } from "./Rows.ts"
import type { AttemptEnd, ReportBar, ReportCall } from "./report-data.ts"
import { Slowest } from "./Slowest.ts"
import type { Bar } from "./Track.ts"

/** What the timeline asks of the pool, while an event goes round: events don't carry what most never need. */
export interface LiveJobs {
  /** Workers that the pool has for its jobs. */
  readonly workers: number
  /** Whether a worker runs the jobs of a call side by side. */
  beside(worker: number, call: number): boolean
  /** Names a job that has just been answered for, and no more of it; undefined where it is not known any more. */
  describe(worker: number, call: number, index: number): Pick<JobSummary, "key" | "inputPreview"> | undefined
  /** Jobs that run now. */
  readonly running: ReadonlyArray<{
    readonly call: number
    readonly beside: boolean
    readonly job: JobSummary
    readonly attempt: Attempt
  }>
  /** Jobs of a call that were let go of while they ran, each once. */
  forsaken(call: number): ReadonlyArray<{ readonly job: JobSummary; readonly attempt: Attempt }>
}

/** Bars kept beside failures, over all workers; and for each worker at least. */
const MOST_BARS = 16_384
const LEAST_BARS = 64
/** Failed attempts that are kept each for itself. */
const MOST_FAILED = 1_000
/** Successes that keep their key and input, from the first on. */
const MOST_DESCRIBED = 2_000
/** Calls that are listed each for itself. */
const MOST_CALLS = 500
/** Results that a worker has put together are sent every 2 ms: in what took longer than this, the last job did. */
const LAST_JOBS_MS = 10

type Call = { -readonly [K in keyof ReportCall]: ReportCall[K] }

const CANCELLED = new Set(["JobCancelled", "PoolClosed", "PoolBroken"])

const outcomeOf = (failure: string, error: unknown): AttemptEnd => {
  if (failure === "JobTimedOut" || failure === "JobStuck") return "timedOut"
  if (error instanceof WorkerCrashed || failure === "WorkerCrashed") return "crashed"
  return CANCELLED.has(failure) ? "cancelled" : "failed"
}

const plain = ({ beside: _beside, pinned: _pinned, ...bar }: Bar): ReportBar => bar

export class Timeline {
  readonly openedAt = Date.now()
  readonly rows = new Rows()
  readonly calls = new Map<number | string, Call>()
  readonly slowest = new Slowest()
  readonly causes = new Causes()
  readonly totals = { succeeded: 0, failed: 0, cancelled: 0, retried: 0, died: 0, killed: 0, jobMs: 0 }
  workers = 0
  firstAt = Number.POSITIVE_INFINITY
  lastAt = Number.NEGATIVE_INFINITY
  /** Successes that were told one by one, and not described. */
  undescribed = 0
  /** Failed attempts that were not kept each for itself. */
  unkept = 0
  readonly live: LiveJobs
  #described = 0
  #failed = 0
  /** Attempts that a `JobRetrying` has told of. */
  readonly #told = new WeakSet<Attempt>()

  constructor(live: LiveJobs) {
    this.live = live
  }

  /** Takes an event in; to be subscribed with. */
  readonly take = (event: PoolEvent): void => {
    switch (event._tag) {
      case "JobsSucceeded":
        return this.#succeeded(event)
      case "JobRetrying":
        return this.#retrying(event)
      case "JobFailed":
        return this.#lost(event)
      case "BatchStarted":
        if (this.calls.size < MOST_CALLS) this.calls.set(event.batch, this.#newCall(event.batch, event.task))
        return
      case "BatchEnded":
        return this.#cancelled(event.batch)
      case "WorkerStarting":
        return this.rows.of(event.worker).lives.starting(event.at, event.pid)
      case "WorkerReady":
        this.workers = Math.max(this.workers, this.live.workers)
        return this.rows.of(event.worker).lives.ready(event.at)
      case "WorkerExited":
        return this.#exited(event)
      default:
    }
  }

  #newCall(call: number | undefined, task: string): Call {
    return {
      call,
      task,
      succeeded: 0,
      failed: 0,
      retried: 0,
      startedAt: Number.POSITIVE_INFINITY,
      endedAt: Number.NEGATIVE_INFINITY,
      jobMs: 0
    }
  }

  #callOf(batch: number, task: string): Call {
    let call = this.calls.get(batch) ?? this.calls.get(task)
    if (call === undefined) {
      call = this.#newCall(undefined, task)
      this.calls.set(task, call)
    }
    return call
  }

  #add(bar: Bar, worker: number): void {
    const row = this.rows.of(worker)
    row.jobs += bar.count
    row.busyMs += bar.busyMs
    this.totals.jobMs += bar.busyMs
    this.firstAt = Math.min(this.firstAt, bar.startedAt)
    this.lastAt = Math.max(this.lastAt, bar.endedAt)
    const call = this.#callOf(bar.call, bar.task)
    call.jobMs += bar.busyMs
    call.startedAt = Math.min(call.startedAt, bar.startedAt)
    call.endedAt = Math.max(call.endedAt, bar.endedAt)
    row.track.add(bar, Math.max(LEAST_BARS, Math.floor(MOST_BARS / this.rows.size)))
  }

  #succeeded({ at, attempt, batch, count, durationMs, from, task, worker }: EventOf<"JobsSucceeded">): void {
    this.totals.succeeded += count
    const bar: Bar = {
      worker,
      task,
      call: batch,
      index: from,
      count,
      attempt,
      outcome: "succeeded",
      startedAt: at - durationMs,
      endedAt: at,
      busyMs: durationMs,
      track: 0,
      beside: this.live.beside(worker, batch),
      pinned: false
    }
    this.#callOf(batch, task).succeeded += count
    const alone = count === 1
    const described = alone && this.#described < MOST_DESCRIBED
    const slow = (alone || durationMs >= LAST_JOBS_MS) && this.slowest.wants(durationMs)
    if (described || slow) {
      const job = this.live.describe(worker, batch, from + count - 1)
      if (job !== undefined) {
        const details = { key: job.key, inputPreview: job.inputPreview }
        if (described) {
          this.#described++
          Object.assign(bar, details)
        }
        if (slow) this.slowest.add({ ...plain(bar), index: from + count - 1, ...details })
      }
    } else if (alone) this.undescribed++
    this.#add(bar, worker)
  }

  #retrying({ attempt, batch, error, job, task }: EventOf<"JobRetrying">): void {
    this.#told.add(attempt)
    this.totals.retried++
    this.#callOf(batch, task).retried++
    this.#attempt(batch, job, attempt, error, "retried")
  }

  /** A job that has failed for good. */
  #lost({ at, batch, error, job, task }: EventOf<"JobFailed">): void {
    const cancelled = error instanceof JobCancelled || error instanceof PoolClosed
    if (cancelled) this.totals.cancelled++
    else {
      this.totals.failed++
      this.#callOf(batch, task).failed++
    }
    const failure = labelOf(error)
    const own = job.attempts.filter((attempt) => !this.#told.has(attempt))
    for (const attempt of own) {
      const outcome = outcomeOf(attempt.failure ?? failure, attempt === own.at(-1) ? error : undefined)
      this.#attempt(batch, job, attempt, error, outcome)
    }
    if (cancelled) {
      this.#cancelled(batch)
      return
    }
    if (own.length > 0) return
    // It never ran, or not again: the failure counts all the same.
    const nowhere = { number: job.attempts.length, worker: undefined, pid: undefined, startedAt: at, durationMs: 0 }
    this.#attempt(batch, job, { ...nowhere, failure }, error, outcomeOf(failure, error))
  }

  /** What ran when its call was given up. `but`: an attempt that has been told of otherwise. */
  #cancelled(batch: number, but?: { readonly index: number; readonly worker: number | undefined }): void {
    for (const { job, attempt } of this.live.forsaken(batch)) {
      if (but !== undefined && job.index === but.index && attempt.worker === but.worker) continue
      this.#keep(batch, job, attempt, "cancelled", "")
    }
  }

  #attempt(batch: number, job: JobSummary, attempt: Attempt, error: unknown, outcome: AttemptEnd): void {
    const bar = this.#keep(batch, job, attempt, outcome, messageOf(error, job))
    if (outcome === "cancelled") return
    // Its worker is still about to be freed of it.
    if (attempt.failure === "JobTimedOut") this.#cancelled(batch, { index: job.index, worker: attempt.worker })
    this.causes.add(error, attempt.failure ?? labelOf(error), job, outcome === "retried", bar)
  }

  #keep(batch: number, job: JobSummary, attempt: Attempt, outcome: AttemptEnd, message: string): ReportBar {
    const { durationMs = 0, failure, number, startedAt = Date.now(), worker } = attempt
    const pinned = worker !== undefined && this.#failed < MOST_FAILED
    if (pinned) this.#failed++
    else if (worker !== undefined) this.unkept++
    const bar: Bar = {
      worker,
      task: job.task,
      call: batch,
      index: job.index,
      count: 1,
      attempt: number,
      outcome,
      startedAt,
      endedAt: startedAt + durationMs,
      busyMs: durationMs,
      track: 0,
      beside: worker !== undefined && this.live.beside(worker, batch),
      pinned
    }
    const own = plain(bar)
    const details = {
      key: job.key,
      inputPreview: job.inputPreview,
      ...(failure === undefined ? {} : { failure }),
      ...(message === "" ? {} : { message })
    }
    if (pinned) Object.assign(bar, details)
    if (worker !== undefined) {
      this.#add(bar, worker)
      if (this.slowest.wants(durationMs)) this.slowest.add({ ...own, ...details })
    }
    return { ...own, ...details }
  }

  #exited(event: EventOf<"WorkerExited">): void {
    const { lives } = this.rows.of(event.worker)
    lives.ended(event)
    const how = lives.all.at(-1)?.how
    if (how === "died") this.totals.died++
    if (how === "killed") this.totals.killed++
  }
}
