/**
 * One submitted job until somebody has its value, and after: who waits for it, how it settled. The handles of both doors
 * are such jobs. All it knows is private, and what may be done with it are functions of the class, so that a handle
 * shows nothing of it. Not what its pool makes of it.
 */
import type { Outcome } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import { summaryOfSuccess } from "../failure/summary.ts"
import { keepShape } from "../protocol/kept-shapes.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Ran } from "./Sink.ts"

export type Listener = (outcome: Outcome<unknown, unknown>) => void

type Resolve = (value: unknown) => void

/** Somebody who is told of the outcome; a function among those who wait resolves a promise. */
class Watcher {
  readonly listener: Listener
  constructor(listener: Listener) {
    this.listener = listener
  }
}

type Waiting = Resolve | Watcher | Array<Resolve | Watcher> | undefined

/** Rejects the promise that is resolved with it: a function less for each that waits, and most of them succeed. */
class Rejection {
  readonly #error: unknown
  constructor(error: unknown) {
    this.#error = error
  }
  // biome-ignore lint/suspicious/noThenProperty: for the promise that is resolved with it, and nobody else
  then(_: unknown, reject: (error: unknown) => void): void {
    reject(this.#error)
  }
}

/** Stands where who ran it would: its outcome is all there is. */
const OUTCOME = "outcome"

const nobody: Resolve = () => undefined

// One function for all promises, and no closure for each.
let resolveNew: Resolve = nobody
const executor = (resolve: Resolve): void => {
  resolveNew = resolve
}

/** How jobs of a kind are made. */
export type JobKind<J extends PendingJob> = new (
  lane: Lane | undefined,
  index: number,
  input: unknown,
  callSite: CallSite | undefined
) => J

/**
 * There may be 1,000,000 that wait, and what each of them holds is copied twice by the collector: so there is one object
 * for each, its handle; one who waits takes no array, and an outcome is made when it is looked at.
 */
export class PendingJob {
  readonly #lane: Lane | undefined
  readonly #index: number
  readonly #input: unknown
  readonly #callSite: CallSite | undefined
  /** Undefined while it has not settled, then who ran it, or `OUTCOME`. */
  #ran: Ran | typeof OUTCOME | undefined
  /** Who waits; once it has settled its value, or its outcome. */
  #held: unknown

  /** One that was refused has no lane. */
  constructor(lane: Lane | undefined, index: number, input: unknown, callSite: CallSite | undefined) {
    this.#lane = lane
    this.#index = index
    this.#input = input
    this.#callSite = callSite
    this.#ran = undefined
    this.#held = undefined
  }

  static laneOf(job: PendingJob): Lane | undefined {
    return job.#lane
  }

  static indexOf(job: PendingJob): number {
    return job.#index
  }

  static inputOf(job: PendingJob): unknown {
    return job.#input
  }

  static callSiteOf(job: PendingJob): CallSite | undefined {
    return job.#callSite
  }

  static isSettled(job: PendingJob): boolean {
    return job.#ran !== undefined
  }

  static outcomeOf(job: PendingJob): Outcome<unknown, unknown> | undefined {
    const ran = job.#ran
    if (ran === undefined) return undefined
    if (ran !== OUTCOME) {
      job.#held = { _tag: "Succeeded", value: job.#held, job: summaryOfSuccess(ran, job.#index) }
      job.#ran = OUTCOME
    }
    return job.#held as Outcome<unknown, unknown>
  }

  static succeed(job: PendingJob, value: unknown, ran: Ran): void {
    if (job.#ran !== undefined) return
    const waiting = job.#held as Waiting
    job.#held = value
    job.#ran = ran
    // Of one that was tried before, the earlier attempts are known for this moment only.
    if (ran.chunk.lane.history.size > 0) PendingJob.outcomeOf(job)
    if (typeof waiting === "function") waiting(value)
    else if (waiting !== undefined) PendingJob.#tell(job, waiting)
  }

  static settle(job: PendingJob, outcome: Outcome<unknown, unknown>): void {
    if (job.#ran !== undefined) return
    const waiting = job.#held as Waiting
    job.#held = outcome
    job.#ran = OUTCOME
    if (waiting !== undefined) PendingJob.#tell(job, waiting)
  }

  static #tell(job: PendingJob, waiting: Exclude<Waiting, undefined>): void {
    const outcome = PendingJob.outcomeOf(job) as Outcome<unknown, unknown>
    for (const each of Array.isArray(waiting) ? waiting : [waiting]) {
      if (typeof each !== "function") each.listener(outcome)
      else each(outcome._tag === "Succeeded" ? outcome.value : new Rejection(outcome.error))
    }
  }

  static #wait(job: PendingJob, waiting: Resolve | Watcher): void {
    const others = job.#held as Waiting
    if (others === undefined) job.#held = waiting
    else if (Array.isArray(others)) others.push(waiting)
    else job.#held = [others, waiting]
  }

  /** Its value, or what it failed with. */
  static resultOf(job: PendingJob): Promise<unknown> {
    const ran = job.#ran
    if (ran === undefined) {
      const promise = new Promise(executor)
      PendingJob.#wait(job, resolveNew)
      // Up to Node 24 it knows its promise, and so what the last job gave, however large that is.
      resolveNew = nobody
      return promise
    }
    if (ran !== OUTCOME) return Promise.resolve(job.#held)
    const outcome = job.#held as Outcome<unknown, unknown>
    return outcome._tag === "Succeeded" ? Promise.resolve(outcome.value) : Promise.reject(outcome.error)
  }

  /** Calls `listener` once the job has settled, at once if it has. Returns how to stop listening. */
  static onSettled(job: PendingJob, listener: Listener): () => void {
    const outcome = PendingJob.outcomeOf(job)
    if (outcome !== undefined) {
      listener(outcome)
      return () => undefined
    }
    const watcher = new Watcher(listener)
    PendingJob.#wait(job, watcher)
    return () => {
      if (job.#ran !== undefined) return
      const waiting = job.#held as Waiting
      if (waiting === watcher) job.#held = undefined
      else if (Array.isArray(waiting) && waiting.includes(watcher)) waiting.splice(waiting.indexOf(watcher), 1)
    }
  }
}

keepShape(new PendingJob(undefined, 0, undefined, undefined))
