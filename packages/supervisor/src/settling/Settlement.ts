/**
 * How jobs settle: each exactly once, with its value, after its last attempt, or because its pool or batch
 * ended. A throw, a crash, a timeout and a typed failure all come in through `attemptFailed`. Not the
 * explaining of failures (`failure/`), nor the moving of jobs.
 */
import {
  type Attempt,
  attachJob,
  InvalidInput,
  isJobError,
  JobCancelled,
  type JobError,
  type JobSummary,
  type LastLogs,
  NotSerializable
} from "@holdfast/core"
import type { Ran } from "../collect/Sink.ts"
import { calledFrom, type Explained } from "../failure/explained.ts"
import { indexOf, summaryOf, summaryOfUnread, withBatch } from "../failure/summary.ts"
import type { Engine } from "../pool/Engine.ts"
import { summaryNow } from "../pool/job-standing.ts"
import type { ValueList } from "../protocol/value-list.ts"
import type { JobLogs } from "../reporting/JobLogs.ts"
import type { Lane } from "../scheduler/Lane.ts"
import { Mismatch, type Unserializable } from "../scheduler/TaskBook.ts"
import type { Passing } from "../slot/SlotOwner.ts"
import { type Answered, afterOutput } from "./after-output.ts"
import { Retries } from "./Retries.ts"

/** One attempt that failed, before it is explained. */
export interface FailedRun {
  readonly index: number
  readonly input: unknown
  readonly attempt: Omit<Attempt, "failure">
  readonly lastLogs: LastLogs
  readonly logs: JobLogs
  /** True when its worker died with it. */
  readonly crash: boolean
  /** How its worker died. */
  readonly passing?: Passing
  explain(job: JobSummary): Explained
}

export class Settlement {
  readonly #engine: Engine
  readonly #retries = new Retries()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Jobs `from` … succeeded. */
  succeeded(
    lane: Lane,
    from: number,
    values: ValueList,
    ran: Ran,
    durationMs: number,
    printed: Pick<Answered, "output" | "sync">
  ): void {
    lane.succeeded += values.length
    // What was done before its batch was stopped is told still, and counted: at its end, not behind it.
    if (lane.ended) return this.#deliver(lane, from, values, ran)
    if (lane.history.size > 0) for (let at = 0; at < values.length; at++) this.#retries.over(keyOf(lane, from + at))
    this.#engine.intensity.jobFinished()
    const { bus } = this.#engine
    if (bus.active) {
      const { task, id: batch } = lane
      bus.publish({
        _tag: "JobsSucceeded",
        at: Date.now(),
        batch,
        task: task.name,
        worker: ran.worker,
        from: indexOf(lane, from),
        count: values.length,
        attempt: ran.chunk.attempt,
        durationMs
      })
    }
    const { output, sync } = printed
    afterOutput({ chunk: ran.chunk, from, count: values.length, output, sync }, () =>
      this.#deliver(lane, from, values, ran)
    )
  }

  #deliver(lane: Lane, from: number, values: ValueList, ran: Ran): void {
    lane.outstanding -= values.length
    if (lane.stopped) return
    // Last: an Effect that waits for it goes on within this call.
    lane.sink.values(from, values, ran)
    if (lane.history.size > 0) for (let at = 0; at < values.length; at++) lane.history.delete(from + at)
    this.endIfComplete(lane)
  }

  /** An attempt failed: the job is tried again, or has failed. */
  attemptFailed(lane: Lane, run: FailedRun): void {
    if (lane.stopped) return
    const { index, input, crash } = run
    const history = lane.historyOf(index, input)
    const attempt: { -readonly [K in keyof Attempt]: Attempt[K] } = { ...run.attempt, failure: undefined }
    history.attempts.push(attempt)
    history.logs.push(run.logs)
    if (crash) history.crashes++
    const [attempts, logs] = [[...history.attempts], [...history.logs]]
    const job = summaryOf(lane, index, input, { attempts, lastLogs: run.lastLogs, logs })
    const { error, label, final } = run.explain(job)
    attempt.failure = label
    const { reporter } = this.#engine
    if (reporter !== undefined) {
      const { lastLogs, passing } = run
      const { resumed } = history
      attempt.report = reporter.failed({ lane, input, error, job, attempt, lastLogs, passing, resumed })
      history.resumed = history.checkpoint
    }
    const { retry, idempotent, maxCrashes } = lane.call
    const spent = crash && (!idempotent || history.crashes >= maxCrashes)
    if (retry === undefined) {
      this.#failed(lane, index, input, error, spent && history.crashes > 1)
      return
    }
    const { bus } = this.#engine
    this.#retries.failed(keyOf(lane, index), { failure: error, final: final || spent }, retry, {
      again: (number) => {
        if (bus.active)
          bus.publish({
            _tag: "JobRetrying",
            at: Date.now(),
            batch: lane.id,
            task: lane.task.name,
            index: indexOf(lane, index),
            attempt,
            error,
            job
          })
        lane.again(index, input, number)
        this.#engine.queueClock.entered(lane, index, 1, number)
        this.#engine.dispatcher.pump()
      },
      giveUp: (failure) => {
        const { crashes } = lane.historyOf(index, input)
        this.#failed(lane, index, input, failure, crashes > 0 && (!idempotent || crashes >= maxCrashes))
      }
    })
  }

  /** The job has failed for good. */
  #failed(lane: Lane, index: number, input: unknown, error: unknown, quarantined: boolean): void {
    if (lane.stopped) return
    lane.outstanding--
    lane.failed++
    const { attempts, logs } = lane.history.get(index) ?? { attempts: [], logs: [] }
    lane.history.delete(index)
    let job = isJobError(error) ? error.job : summaryOf(lane, index, input, { attempts: [...attempts], logs })
    if (!lane.single && lane.call.onFailure === "failFast") {
      const total = Math.max(lane.source.total ?? 0, lane.read)
      const done = lane.succeeded + lane.failed
      job = withBatch(job, { total, done, notRun: total - done })
      if (isJobError(error)) Object.assign(error, { job })
    }
    attachJob(error, job)
    const { bus } = this.#engine
    if (bus.active) {
      const common = { at: Date.now(), batch: lane.id, task: lane.task.name, job }
      bus.publish({ _tag: "JobFailed", ...common, error })
      if (quarantined && isJobError(error)) bus.publish({ _tag: "JobQuarantined", ...common, error })
    }
    lane.sink.failed(index, error, job, input)
    this.endIfComplete(lane)
  }

  /** The input can't be sent, or does not fit its schema: no attempt is made. */
  refused(lane: Lane, index: number, input: unknown, why: Mismatch | Unserializable): void {
    const job = summaryOf(lane, index, input, { attempts: [] })
    const of = `the input of task ${JSON.stringify(job.task)} (job ${job.key})`
    let error: JobError
    if (why instanceof Mismatch) {
      const { bound } = lane.task.parts?.[0] ?? lane.task
      const received = `received ${job.inputPreview}${bound.length > 0 ? ", beside what with has bound" : ""}`
      const message = `${of} does not fit the task's input schema: ${why.error.message} (${received})`
      error = new InvalidInput(message, job, { cause: why.error })
    } else {
      const path = `input${why.path}`
      error = new NotSerializable(`${of} can't be sent to a worker: ${path} ${why.message}`, job, {
        side: "input",
        path
      })
    }
    this.#failed(lane, index, input, calledFrom(error, lane.callSiteOf(index)), false)
  }

  /** What `with` bound can't be sent, so none of the lane's jobs can. */
  refuseAll(lane: Lane, why: Unserializable): void {
    queueMicrotask(() =>
      this.failAll(lane, (job) => {
        const path = `bound${why.path}`
        return new NotSerializable(
          `what .with() bound to task ${JSON.stringify(job.task)} can't be sent to a worker: ${path} ${why.message}`,
          job,
          { side: "input", path }
        )
      })
    )
  }

  /** One job was cancelled while it waited or ran. */
  cancelled(lane: Lane, index: number, input: unknown, reason: unknown): void {
    this.neverStarted(lane, index, input, cancelledFor(reason))
  }

  /** A batch was cancelled from outside: each job that is left fails. */
  cancelAll(lane: Lane, reason: unknown): void {
    this.failAll(lane, cancelledFor(reason))
  }

  /** One job fails without an attempt, and without another. */
  neverStarted(lane: Lane, index: number, input: unknown, make: (job: JobSummary) => JobError): void {
    this.#retries.over(keyOf(lane, index))
    const job = summaryNow(this.#engine, lane, index, input)
    this.#failed(lane, index, input, calledFrom(make(job), lane.callSiteOf(index)), false)
  }

  /** Fails every job the lane has left, and closes it. */
  failAll(lane: Lane, make: (job: JobSummary) => unknown): void {
    // Those have come to their end by themselves, and no worker has them any more.
    for (const settle of [...lane.settling.values()]) settle()
    if (lane.stopped) return
    const left: Array<{ readonly index: number; readonly input: unknown }> = []
    // What is taken in there may finish a chunk, and its worker would be given another of this very lane.
    lane.held = true
    try {
      for (const each of this.#engine.releases.release(lane, new Error("the batch was cancelled"))) left.push(each)
      for (const { base, inputs } of lane.drain())
        for (const [at, input] of inputs.entries()) left.push({ index: base + at, input })
    } finally {
      lane.held = false
    }
    const known = new Set(left.map(({ index }) => index))
    // Jobs that wait for their next attempt are in nobody's hands but p-retry's.
    for (const [index, { input }] of lane.history) {
      if (!known.has(index) && this.#retries.has(keyOf(lane, index))) left.push({ index, input })
      this.#retries.over(keyOf(lane, index))
    }
    left.sort((a, b) => a.index - b.index)
    const errorFor = (job: JobSummary, index: number): unknown => {
      const error = make(job)
      return isJobError(error) ? calledFrom(error, lane.callSiteOf(index)) : error
    }
    const jobAt = (index: number, input: unknown): JobSummary => summaryNow(this.#engine, lane, index, input)
    const [first] = left
    // Before it has failed: of a job that has, nothing is known here any more.
    const cut = first === undefined ? summaryOfUnread(lane) : jobAt(first.index, first.input)
    for (const { index, input } of left) {
      if (lane.sink.done || lane.isDropped(index)) continue
      this.#failed(lane, index, input, errorFor(jobAt(index, input), index), false)
    }
    const unread = !lane.source.exhausted
    if (!lane.single && !lane.sink.done && (unread || left.length > 0)) lane.sink.cut(errorFor(cut, cut.index), unread)
    lane.stopped = !lane.single
    lane.source.close()
    this.endIfComplete(lane)
  }

  /** Ends a lane that has nothing left. */
  endIfComplete(lane: Lane): void {
    const { lanes, bus } = this.#engine
    if (!lane.complete || lane.ended) {
      if (lane.single) this.#engine.quiet(lane)
      return
    }
    lanes.remove(lane)
    lane.ended = true
    for (const index of lane.history.keys()) this.#retries.over(keyOf(lane, index))
    if (bus.active) {
      const { succeeded, failed, read } = lane
      const total = Math.max(lane.source.total ?? 0, read)
      bus.publish({
        _tag: "BatchEnded",
        at: Date.now(),
        batch: lane.id,
        task: lane.task.name,
        succeeded,
        failed,
        notRun: total - succeeded - failed
      })
    }
    lane.end()
    this.#engine.quiet(lane)
    lane.sink.ended()
  }
}

const cancelledFor =
  (reason: unknown) =>
  (job: JobSummary): JobCancelled =>
    new JobCancelled(`task ${JSON.stringify(job.task)} (job ${job.key}) was cancelled`, job, { cause: reason })

const keyOf = (lane: Lane, index: number): string => `${lane.id}:${index}`
