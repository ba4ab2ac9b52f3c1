/** How a program of jobs side by side calls its pools, and what came back. What of it is right is `verdict.ts`. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Outcome, PromiseHandle, PromisePool } from "holdfast"
import type { BesideJob, BesideValue } from "./doing.ts"
import { blocks } from "./modules/blocks.ts"
import { exits } from "./modules/exits.ts"
import { never } from "./modules/never.ts"
import { plain } from "./modules/plain.ts"
import { slow } from "./modules/slow.ts"
import { spins } from "./modules/spins.ts"
import { throws } from "./modules/throws.ts"
import type { PlannedCall } from "./plan.ts"

export const TASKS = { plain, slow, blocks, throws, exits, never, spins } as const

/** What is known of a job from outside. */
export interface ToldJob {
  readonly outcome: Outcome<BesideValue, unknown>
  /** By the clock that its worker has, too. */
  readonly settledAt: number
  readonly submittedAt: number
  readonly cancelledAt: number | undefined
}

export interface ToldCall {
  readonly jobs: ReadonlyMap<number, ToldJob>
  /** What the whole call failed with, where it tells no more of its jobs. */
  readonly failure: unknown
  readonly endedAt: number
  readonly cancelledAt: number | undefined
  readonly left: boolean
  /** What came in another order than it must. */
  readonly wrong: ReadonlyArray<string>
  /** How many values had been pushed before it. */
  readonly version: number
}

/** What has been pushed so far. */
export interface Versions {
  started: number
  done: number
}

const asOutcome = (value: BesideValue): ToldJob["outcome"] => ({
  _tag: "Succeeded",
  value,
  job: undefined as never
})

export class Calling {
  readonly #pool: PromisePool
  readonly #call: PlannedCall
  readonly #jobs: ReadonlyArray<BesideJob>
  readonly #told = new Map<number, ToldJob>()
  readonly #wrong: Array<string> = []
  readonly #aborting = new AbortController()
  #submittedAt = 0
  #cancelledAt: number | undefined
  #left = false

  constructor(pool: PromisePool, call: PlannedCall, jobs: ReadonlyArray<BesideJob>) {
    this.#pool = pool
    this.#call = call
    this.#jobs = jobs
  }

  async play(version: number): Promise<ToldCall> {
    const { cancelAfterMs, kind } = this.#call
    const byHandle = kind === "submit" || kind === "submitAll"
    const cancelling =
      cancelAfterMs === undefined || byHandle ? undefined : setTimeout(() => this.#cancel(), cancelAfterMs)
    this.#submittedAt = Date.now()
    let failure: unknown
    try {
      if (byHandle) await this.#byHandle()
      else await this.#together()
    } catch (error) {
      failure = error
    }
    clearTimeout(cancelling)
    return {
      jobs: this.#told,
      failure,
      endedAt: Date.now(),
      cancelledAt: this.#cancelledAt,
      left: this.#left,
      wrong: this.#wrong,
      version
    }
  }

  #cancel(): void {
    this.#cancelledAt ??= Date.now()
    this.#aborting.abort(new Error("not wanted"))
  }

  get #options() {
    const { concurrency, priority, queueTimeoutMs, retries, timeoutMs } = this.#call
    return {
      concurrency,
      priority,
      retry: { retries, minTimeout: 1, maxTimeout: 20 },
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      ...(queueTimeoutMs === undefined ? {} : { queueTimeout: queueTimeoutMs })
    }
  }

  async #byHandle(): Promise<void> {
    const { gapMs, kind, loading } = this.#call
    // How many run at once is a batch's own, or the pool's.
    const { concurrency: _, ...options } = this.#options
    if (kind === "submitAll") {
      const handles = this.#pool.submitAll(TASKS[loading], this.#jobs, { ...options, key: ({ id }) => id })
      const submittedAt = Date.now()
      await Promise.all(handles.map((handle, at) => this.#watch(handle, at, submittedAt)))
      return
    }
    const watched: Array<Promise<void>> = []
    for (const [at, job] of this.#jobs.entries()) {
      const handle = this.#pool.submit(TASKS[loading], job, { ...options, key: job.id })
      watched.push(this.#watch(handle, at, Date.now()))
      if (gapMs > 0) await sleep(gapMs)
    }
    await Promise.all(watched)
  }

  async #watch(handle: PromiseHandle<BesideValue, unknown>, at: number, submittedAt: number): Promise<void> {
    const { cancelAfterMs, cancelEvery } = this.#call
    let cancelledAt: number | undefined
    const cancel = (): void => {
      cancelledAt = Date.now()
      handle.cancel(new Error("not wanted"))
    }
    const isCancelled = cancelAfterMs !== undefined && at % cancelEvery === 0
    const cancelling = isCancelled ? setTimeout(cancel, cancelAfterMs) : undefined
    await handle.result().catch(() => undefined)
    clearTimeout(cancelling)
    const outcome = handle.poll()
    if (outcome === undefined) this.#wrong.push(`job ${at} has settled, and has no outcome`)
    else this.#told.set(at, { outcome, settledAt: Date.now(), submittedAt, cancelledAt })
  }

  #tell(at: number, outcome: ToldJob["outcome"]): void {
    const who = `job ${at}`
    if (this.#told.has(at)) this.#wrong.push(`${who} was told of twice`)
    const { kind, ordered } = this.#call
    const last = [...this.#told.keys()].at(-1) ?? -1
    const isInOrder = kind === "map" || kind === "settle" || ordered
    if (isInOrder && at <= last) this.#wrong.push(`${who} came after job ${last}`)
    const [settledAt, submittedAt] = [Date.now(), this.#submittedAt]
    this.#told.set(at, { outcome, settledAt, submittedAt, cancelledAt: this.#cancelledAt })
  }

  async #together(): Promise<void> {
    const { chunkSize, kind, leaveAfter, loading, lookAhead, onFailure, ordered } = this.#call
    const task = TASKS[loading]
    const batch = {
      ...this.#options,
      chunkSize,
      onFailure,
      signal: this.#aborting.signal,
      key: ({ id }: BesideJob) => id,
      ...(lookAhead === undefined ? {} : { lookAhead })
    }
    if (kind === "map")
      for (const [at, value] of (await this.#pool.map(task, this.#jobs, batch)).entries())
        this.#tell(at, asOutcome(value))
    else if (kind === "settle")
      for (const [at, outcome] of (await this.#pool.settle(task, this.#jobs, batch)).entries()) this.#tell(at, outcome)
    else {
      const read =
        kind === "outcomes"
          ? this.#pool.outcomes(task, this.#jobs.values(), { ...batch, ordered })
          : this.#pool.stream(task, this.#jobs.values(), { ...batch, ordered })
      for await (const each of read) {
        if ("_tag" in each) this.#tell(each.job.index, each)
        else
          this.#tell(
            this.#jobs.findIndex(({ id }) => id === each.id),
            asOutcome(each)
          )
        if (this.#told.size !== leaveAfter) continue
        this.#left = true
        break
      }
    }
  }
}
