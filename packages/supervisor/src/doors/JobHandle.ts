/**
 * The handle of a submitted job, on the Promise door. Not thenable, so that it can be returned and awaited as what it
 * is; a promise is made only for whoever asks, so that a job that nobody asks after rejects nowhere.
 */
import { type InspectOptions, inspect } from "node:util"
import {
  HandleTypeId,
  type JobStatus,
  type JobSummary,
  type LogLine,
  type Outcome,
  type PromiseHandle,
  promiseDoor,
  type Settling
} from "@holdfast/core"
import type { Input as DurationInput } from "effect/Duration"
import { type Listener, PendingJob } from "../collect/PendingJob.ts"
import { keepShape } from "../protocol/kept-shapes.ts"
import { patienceOf } from "./patience.ts"
import { inspectHandle, jsonOfHandle } from "./shown-handle.ts"
import { cancelJob, statusOfJob, summaryOfJob } from "./singles.ts"

export class JobHandle extends PendingJob implements PromiseHandle<unknown, unknown> {
  get [HandleTypeId](): Settling<unknown, unknown> {
    return { door: promiseDoor, onSettled: (listener) => PendingJob.onSettled(this, listener as Listener) }
  }

  result(): Promise<unknown> {
    return PendingJob.resultOf(this)
  }

  poll(): Outcome<unknown, unknown> | undefined {
    return PendingJob.outcomeOf(this)
  }

  get status(): JobStatus {
    return statusOfJob(this)
  }

  wait(duration: DurationInput): Promise<boolean> {
    return new Promise((resolve) => {
      // What it throws is the rejection.
      const ms = patienceOf(duration)
      const giveUp = (): void => {
        stop()
        resolve(false)
      }
      const timer = ms === undefined ? undefined : setTimeout(giveUp, ms)
      const stop = PendingJob.onSettled(this, () => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }

  cancel(reason?: unknown): void {
    cancelJob(this, reason)
  }

  get job(): JobSummary {
    return summaryOfJob(this)
  }

  get logs(): ReadonlyArray<LogLine> {
    return this.job.logs
  }

  toJSON(): unknown {
    return jsonOfHandle(this)
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectHandle("PromiseHandle", this, depth, options)
  }
}

keepShape(new JobHandle(undefined, 0, undefined, undefined))
