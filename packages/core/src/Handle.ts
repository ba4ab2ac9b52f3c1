/**
 * Handles of submitted jobs, of both doors, and what can be asked of many of them at once. Given handles of the
 * Promise door, the functions give promises and async iterables; given those of the Effect door, Effects and
 * Streams. They wait and cancel nothing: the jobs run on, whatever becomes of the waiting.
 */
import type { Input as DurationInput } from "effect/Duration"
import type { Effect } from "effect/Effect"
import type { Option } from "effect/Option"
import type { Stream } from "effect/Stream"
import { Completions } from "./Completions.ts"
import { type Answer, eitherDoor, type HandleDoor } from "./HandleDoor.ts"
import type { JobStatus, JobSummary, LogLine, Outcome } from "./Job.ts"
import type { InvalidOptions, JobError } from "./JobError.ts"

export const HandleTypeId = "~holdfast/Handle"

/** How a handle tells that its job has settled, and in whose terms. For executors. */
export interface Settling<out A, out E> {
  readonly door: HandleDoor
  /** Calls `listener` once the job has settled, at once if it has. Returns how to stop listening. */
  onSettled(listener: (outcome: Outcome<A, E>) => void): () => void
}

/** What handles of both doors have. */
export interface AnyHandle<out A, out E> {
  readonly [HandleTypeId]: Settling<A, E>
  /** Where the job stands. */
  readonly status: JobStatus
  /** The job as far as it has come: its attempts, its worker, what it printed last. */
  readonly job: JobSummary
  /** What the job has printed so far, as `job.logs`: while it runs, too. */
  readonly logs: ReadonlyArray<LogLine>
}

/** A submitted job (Python's `AsyncResult`), on the Effect door. */
export interface Handle<out A, out E = never> extends AnyHandle<A, E> {
  /** Waits for the job's value. */
  readonly await: Effect<A, E | JobError | InvalidOptions>
  /** The outcome if the job has settled. */
  readonly poll: Effect<Option<Outcome<A, E>>>
  /** Waits at most so long; true when the job has settled by then. */
  wait(duration: DurationInput): Effect<boolean, InvalidOptions>
  /** Fails the job with `JobCancelled`, whose `cause` is the reason, unless it has settled. */
  cancel(reason?: unknown): Effect<void>
}

/** A submitted job, on the Promise door. Not thenable; one that nobody awaits rejects nowhere. */
export interface PromiseHandle<out A, out E = never> extends AnyHandle<A, E> {
  /** Waits for the job's value; rejects with its failure. */
  result(): Promise<A>
  /** The outcome if the job has settled. */
  poll(): Outcome<A, E> | undefined
  /** Waits at most so long; true when the job has settled by then. */
  wait(duration: DurationInput): Promise<boolean>
  /** Fails the job with `JobCancelled`, whose `cause` is the reason, unless it has settled. */
  cancel(reason?: unknown): void
}

type ValueOf<H> = H extends AnyHandle<infer A, infer _E> ? A : never
type ErrorOf<H> = H extends AnyHandle<infer _A, infer E> ? E : never
type ValuesOf<H> = { -readonly [K in keyof H]: ValueOf<H[K]> }

type OfPromises = PromiseHandle<unknown, unknown>
type OfEffects = Handle<unknown, unknown>

interface HandleFunctions {
  /**
   * The handles, each as its job settles: those that have settled first, in the order given. One given twice comes
   * once; none give an empty sequence.
   *
   * @example
   * for await (const handle of Handle.asCompleted(pool.submitAll(square, [1, 2, 3]))) console.log(handle.poll())
   */
  asCompleted<H extends OfPromises>(handles: Iterable<H>): AsyncIterable<H>
  asCompleted<H extends OfEffects>(handles: Iterable<H>): Stream<H>

  /**
   * The handle whose job settles first, well or not. Fails with a `TypeError` where there is none to wait for (on
   * the Effect door a defect).
   *
   * @example
   * const winner = await Handle.first([pool.submit(slow, 1), pool.submit(fast, 1)])
   * console.log(await winner.result())
   */
  first<H extends OfPromises>(handles: Iterable<H>): Promise<H>
  first<H extends OfEffects>(handles: Iterable<H>): Effect<H>

  /**
   * The handle whose job is the first to fail; undefined once all have succeeded, or where there is none.
   *
   * @example
   * const failed = await Handle.firstFailed(handles)
   * if (failed !== undefined) for (const handle of handles) handle.cancel(`${failed.job.key} has failed`)
   */
  firstFailed<H extends OfPromises>(handles: Iterable<H>): Promise<H | undefined>
  firstFailed<H extends OfEffects>(handles: Iterable<H>): Effect<H | undefined>

  /**
   * All values, in the order of the handles. Fails with the first failure, and cancels nothing.
   *
   * @example
   * const [area, name] = await Handle.all([pool.submit(square, 4), pool.submit(upper, "hall")])
   */
  all<const H extends ReadonlyArray<OfPromises>>(handles: H): Promise<ValuesOf<H>>
  all<A, E>(handles: Iterable<PromiseHandle<A, E>>): Promise<Array<A>>
  all<const H extends ReadonlyArray<OfEffects>>(
    handles: H
  ): Effect<ValuesOf<H>, ErrorOf<H[number]> | JobError | InvalidOptions>
  all<A, E>(handles: Iterable<Handle<A, E>>): Effect<Array<A>, E | JobError | InvalidOptions>
}

type Any = AnyHandle<unknown, unknown>

/** True for the handles of both doors, whichever copy of this package made them. */
export const isHandle = (value: unknown): value is AnyHandle<unknown, unknown> =>
  typeof value === "object" && value !== null && HandleTypeId in value

const nameOf = (value: unknown): string => {
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 60))}`
  if (typeof value !== "object" || value === null) return String(value).slice(0, 60)
  return "then" in value ? "a promise (the handle itself is wanted, not its result)" : "an object that is no handle"
}

/** The handles, and the door that all of them came through. Throws the caller's mistake. */
const read = (
  name: string,
  handles: Iterable<Any>
): { readonly list: ReadonlyArray<Any>; readonly door: HandleDoor } => {
  if (typeof Object(handles)[Symbol.iterator] !== "function" || typeof handles === "string") {
    throw new TypeError(`Handle.${name}: expected an iterable of handles, received ${nameOf(handles)}`)
  }
  const list = [...handles]
  let door: HandleDoor | undefined
  for (const [at, each] of list.entries()) {
    if (!isHandle(each)) {
      throw new TypeError(`Handle.${name}: expected handles, as pool.submit gives them; at ${at} came ${nameOf(each)}`)
    }
    door ??= each[HandleTypeId].door
    if (each[HandleTypeId].door !== door) {
      throw new TypeError(
        `Handle.${name}: handles of the Promise door and of the Effect door can't be waited for together; the one at ${at} is of another door than those before it`
      )
    }
  }
  return { list, door: door ?? eitherDoor() }
}

const settlingOf = (handle: Any): Settling<unknown, unknown> => handle[HandleTypeId]

/** Has `ask` look at the handles; a mistake of the caller is the answer of either door. */
const once = (
  name: string,
  handles: Iterable<Any>,
  ask: (list: ReadonlyArray<Any>, answer: Answer, stops: Array<() => void>) => void
): never => {
  let given: ReturnType<typeof read>
  try {
    given = read(name, handles)
  } catch (error) {
    return eitherDoor().once((answer) => {
      answer.die(error)
      return () => undefined
    }) as never
  }
  const { list, door } = given
  return door.once((answer) => {
    const stops: Array<() => void> = []
    const stop = (): void => {
      for (const each of stops.splice(0)) each()
    }
    let answered = false
    // What has settled answers while others are still being listened to.
    const last = (tell: () => void): void => {
      if (answered) return
      answered = true
      stop()
      tell()
    }
    ask(
      list,
      {
        succeed: (value) => last(() => answer.succeed(value)),
        fail: (error) => last(() => answer.fail(error)),
        die: (error) => last(() => answer.die(error))
      },
      stops
    )
    if (answered) stop()
    return stop
  }) as never
}

/** What can be asked of many handles at once, on both doors. */
export const Handle: HandleFunctions = {
  asCompleted: (handles: Iterable<Any>): never => {
    let given: ReturnType<typeof read>
    try {
      given = read("asCompleted", handles)
    } catch (error) {
      return eitherDoor().many(() => {
        throw error
      }) as never
    }
    const { list, door } = given
    return door.many(() => new Completions(list, settlingOf)) as never
  },

  first: (handles: Iterable<Any>): never =>
    once("first", handles, (list, answer, stops) => {
      if (list.length === 0) {
        answer.die(new TypeError("Handle.first: there is no handle to wait for: expected one or more, received none"))
      }
      for (const handle of list) stops.push(settlingOf(handle).onSettled(() => answer.succeed(handle)))
    }),

  firstFailed: (handles: Iterable<Any>): never =>
    once("firstFailed", handles, (list, answer, stops) => {
      let left = list.length
      if (left === 0) answer.succeed(undefined)
      for (const handle of list) {
        const stop = settlingOf(handle).onSettled(({ _tag }) => {
          if (_tag === "Failed") answer.succeed(handle)
          else if (--left === 0) answer.succeed(undefined)
        })
        stops.push(stop)
      }
    }),

  all: (handles: Iterable<Any>): never =>
    once("all", handles, (list, answer, stops) => {
      let left = list.length
      const values = new Array<unknown>(left)
      if (left === 0) answer.succeed(values)
      for (const [at, handle] of list.entries()) {
        const stop = settlingOf(handle).onSettled((outcome) => {
          if (outcome._tag === "Failed") return answer.fail(outcome.error)
          values[at] = outcome.value
          if (--left === 0) answer.succeed(values)
        })
        stops.push(stop)
      }
    })
}
