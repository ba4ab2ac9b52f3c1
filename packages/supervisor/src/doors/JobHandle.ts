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
import { patienceOf } from "./patience.ts"
import { inspectHandle, jsonOfHandle } from "./shown-handle.ts"
import type { Submitted } from "./singles.ts"

export class JobHandle implements PromiseHandle<unknown, unknown> {
  readonly #submitted: Submitted

  constructor(submitted: Submitted) {
    this.#submitted = submitted
  }

  get [HandleTypeId](): Settling<unknown, unknown> {
    const { job } = this.#submitted
    return {
      door: promiseDoor,
      onSettled: (listener) => job.onSettled(listener as Parameters<typeof job.onSettled>[0])
    }
  }

  result(): Promise<unknown> {
    return this.#submitted.job.result
  }

  poll(): Outcome<unknown, unknown> | undefined {
    return this.#submitted.job.outcome
  }

  get status(): JobStatus {
    return this.#submitted.status()
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
      const stop = this.#submitted.job.onSettled(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }

  cancel(reason?: unknown): void {
    this.#submitted.cancel(reason)
  }

  get job(): JobSummary {
    return this.#submitted.summary()
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
