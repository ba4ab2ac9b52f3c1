/**
 * Further attempts of failed jobs: p-retry decides when, and when no more. It is loaded, and costs anything,
 * only once a job that may be retried has failed. Never the first attempt, which belongs to the Dispatcher.
 */
import type { RetryOptions } from "@holdfast/core"

/** Wraps a failure for p-retry, which never retries a plain `TypeError` and wants an `Error`. */
class AttemptFailed extends Error {
  readonly failure: unknown
  readonly final: boolean
  constructor(failure: unknown, final: boolean) {
    super("attempt failed")
    this.failure = failure
    this.final = final
  }
}

/** A failed attempt: what it failed with, and whether that forbids another. */
export interface FailedAttempt {
  readonly failure: unknown
  readonly final: boolean
}

/** What is done with p-retry's decisions. */
export interface RetryActs {
  /** Attempt number `attempt` is due. */
  again(attempt: number): void
  /** There will be none; `failure` is the last. */
  giveUp(failure: unknown): void
}

/** One job in p-retry's hands. */
interface Trial {
  readonly ended: AbortController
  attempt: { resolve(): void; reject(error: unknown): void } | undefined
  /** Those of the last attempt that failed: they tell of it. */
  acts: RetryActs
}

export class Retries {
  readonly #trials = new Map<string, Trial>()

  /** True while this job waits for, or makes, a further attempt. */
  has(job: string): boolean {
    return this.#trials.has(job)
  }

  /** A job's attempt failed. The first time, p-retry takes it over; then it decides what comes next. */
  failed(job: string, attempt: FailedAttempt, options: RetryOptions, acts: RetryActs): void {
    const error = new AttemptFailed(attempt.failure, attempt.final)
    const trial = this.#trials.get(job)
    if (trial === undefined) void this.#begin(job, error, options, acts)
    else {
      trial.acts = acts
      trial.attempt?.reject(error)
    }
  }

  /** The job settled: no more attempts. */
  over(job: string): void {
    const trial = this.#trials.get(job)
    if (trial === undefined) return
    this.#trials.delete(job)
    trial.ended.abort()
    trial.attempt?.resolve()
  }

  async #begin(job: string, first: AttemptFailed, options: RetryOptions, acts: RetryActs): Promise<void> {
    const trial: Trial = { ended: new AbortController(), attempt: undefined, acts }
    this.#trials.set(job, trial)
    const { shouldRetry, ...timing } = options
    try {
      const { default: pRetry } = await import("p-retry")
      await pRetry(
        (attempt) => {
          // The first attempt has been made, and has failed.
          if (attempt === 1) throw first
          return new Promise<void>((resolve, reject) => {
            trial.attempt = { resolve, reject }
            trial.acts.again(attempt)
          })
        },
        {
          ...timing,
          retries: options.retries ?? 3,
          signal: trial.ended.signal,
          shouldRetry: ({ error }) =>
            error instanceof AttemptFailed && !error.final && (shouldRetry?.(error.failure) ?? true)
        }
      )
      this.#trials.delete(job)
    } catch (error) {
      if (trial.ended.signal.aborted) return
      this.#trials.delete(job)
      // `shouldRetry` is the user's: what it throws ends the job as well.
      trial.acts.giveUp(error instanceof AttemptFailed ? error.failure : error)
    }
  }
}
