/**
 * Brings what has failed in a stage to the dead-letter sink that its user gave: a function, an array or a Node stream.
 * One after another; a sink that is slow holds up what the stage takes in.
 */
import { type JobError, type JobSummary, jobOf } from "@holdfast/core"
import { wordsOf } from "../protocol/thrown-words.ts"
import { contextNow } from "../scheduler/callers-context.ts"
import type { StageTally } from "./StageTally.ts"

/** What has failed, and why. */
export interface DeadLetter<I = unknown, E = unknown> {
  readonly pipeline: string
  readonly stage: string
  readonly input: I
  readonly error: E | JobError
  readonly job: JobSummary
}

/** As much of a Node stream as is used. */
interface Written {
  readonly writableObjectMode?: boolean
  readonly errored?: Error | null
  write(chunk: unknown, done: (error?: Error | null) => void): boolean
  on?(event: "error" | "close", listener: (error?: unknown) => void): unknown
  off?(event: "error" | "close", listener: (error?: unknown) => void): unknown
}

/**
 * Takes what has failed: a function, which may be async; an array, or anything with a `push`; or a Node stream, which
 * is given the letters themselves in object mode, else a line of JSON for each. It is not ended.
 */
export type DeadLetterSink<I = unknown, E = unknown> =
  | ((letter: DeadLetter<I, E>) => unknown)
  | { push(letter: DeadLetter<I, E>): unknown }
  | NodeJS.WritableStream

/** Letters that may wait for their sink before the stage takes in no more. */
const MOST_WAITING = 16

/**
 * From so many values on, none is written once more: of a few objects that refer to each other there are more ways
 * through them than can ever be written.
 */
const MOST_VALUES = 2 ** 20

const seen = (): ((key: string, value: unknown) => unknown) => {
  const above: Array<unknown> = []
  const written = new WeakSet<object>()
  let values = 0
  return function (this: unknown, _key, value) {
    if (typeof value === "bigint") return String(value)
    if (typeof value !== "object" || value === null) return value
    if (++values > MOST_VALUES && written.has(value)) return "[seen above]"
    written.add(value)
    while (above.length > 0 && above.at(-1) !== this) above.pop()
    if (above.includes(value)) return "[circular]"
    above.push(value)
    return value
  }
}

const lineOf = (letter: DeadLetter): string => {
  const { error, job } = letter
  const described = error instanceof Error && !("toJSON" in error) ? { ...error, message: error.message } : error
  const said = jobOf(error) === job ? { ...letter, error: described } : { ...letter, error: described, job }
  return `${JSON.stringify(said, seen())}\n`
}

const isWritable = (sink: object): sink is Written => "write" in sink && typeof sink.write === "function"

/** True for what {@link DeadLetterSink} describes. */
export const isDeadLetterSink = (sink: unknown): sink is DeadLetterSink =>
  typeof sink === "function" ||
  (typeof sink === "object" &&
    sink !== null &&
    (isWritable(sink) || ("push" in sink && typeof sink.push === "function")))

/** One listener for what a stream fails with, however many letters, stages and runs there are. */
interface Ear {
  readonly hear: (error?: unknown) => void
  readonly told: Set<(error: unknown) => void>
  holds: number
}

const ears = new WeakMap<Written, Ear>()

const listenTo = (stream: Written): Ear => {
  let ear = ears.get(stream)
  if (ear === undefined) {
    const told: Ear["told"] = new Set()
    const hear = (error: unknown): void => {
      for (const tell of [...told]) tell(error)
    }
    ear = { hear, told, holds: 0 }
    ears.set(stream, ear)
    stream.on?.("error", hear)
  }
  ear.holds++
  return ear
}

const letGoOf = (stream: Written): void => {
  const ear = ears.get(stream)
  if (ear === undefined || --ear.holds > 0) return
  ears.delete(stream)
  stream.off?.("error", ear.hear)
}

const writeTo = (stream: Written, letter: DeadLetter): Promise<void> =>
  new Promise((resolve, reject) => {
    let isSettled = false
    const settled = (error?: Error | null): void => {
      // One that closes may call back behind that.
      if (isSettled) return
      isSettled = true
      stream.off?.("close", closed)
      setImmediate(letGoOf, stream)
      if (error) reject(error)
      else resolve()
    }
    const closed = (): void =>
      settled(stream.errored ?? new Error("the stream was closed before it had taken a letter"))
    // A stream that fails says so twice: to its callback, and by an 'error' that nobody else may listen to.
    listenTo(stream)
    // One that is destroyed need not call back: a PassThrough or a gzip that nobody reads does not.
    stream.on?.("close", closed)
    stream.write(stream.writableObjectMode === true ? letter : lineOf(letter), settled)
  })

const deliver = (sink: DeadLetterSink, letter: DeadLetter): unknown => {
  if (typeof sink === "function") return sink(letter)
  if (isWritable(sink))
    return writeTo(sink, letter)
    // What an array's `push` returns is nothing to wait for.
  ;(sink as { push(letter: DeadLetter): unknown }).push(letter)
  return undefined
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

export class DeadLetters {
  readonly #sink: DeadLetterSink
  readonly #tally: StageTally
  readonly #failed: (error: unknown) => void
  readonly #stream: Written | undefined
  readonly #within = contextNow()
  readonly #queue: Array<DeadLetter> = []
  #delivering = false
  #room: Array<() => void> = []
  #flushed: Array<() => void> = []
  #over = false

  /**
   * `failed` is told what the sink throws, rejects with, or emits as its error before there is any letter, as a file
   * does that can't be opened. What comes after that is not delivered.
   */
  constructor(sink: DeadLetterSink, tally: StageTally, failed: (error: unknown) => void) {
    this.#sink = sink
    this.#tally = tally
    this.#failed = failed
    this.#stream = typeof sink === "object" && isWritable(sink) ? sink : undefined
    if (this.#stream !== undefined) listenTo(this.#stream).told.add(this.#broke)
  }

  put(letter: DeadLetter): void {
    if (this.#over) return
    this.#queue.push(letter)
    if (!this.#delivering) void this.#deliverAll()
  }

  /** Something to wait for before more is taken in; undefined where there is room. */
  room(): Promise<void> | undefined {
    if (this.#queue.length < MOST_WAITING || this.#over) return undefined
    return new Promise((resolve) => this.#room.push(resolve))
  }

  /** At the end of the run: resolves once the sink has taken all, to which nobody listens any more. */
  async flushed(): Promise<void> {
    if (this.#delivering && !this.#over) await new Promise<void>((resolve) => this.#flushed.push(resolve))
    const stream = this.#stream
    if (stream === undefined) return
    ears.get(stream)?.told.delete(this.#broke)
    setImmediate(letGoOf, stream)
  }

  /** Nobody waits for the sink any more. */
  abandon(): void {
    this.#over = true
    this.#queue.length = 0
    this.#release()
  }

  async #deliverAll(): Promise<void> {
    this.#delivering = true
    while (this.#queue.length > 0 && !this.#over) {
      const [letter] = this.#queue
      if (letter === undefined) break
      try {
        const taken = this.#within(() => deliver(this.#sink, letter))
        if (isThenable(taken)) await taken
        this.#tally.deadLettered++
      } catch (error) {
        this.#broke(error)
      }
      this.#queue.shift()
      if (this.#queue.length < MOST_WAITING) for (const go of this.#room.splice(0)) go()
    }
    this.#delivering = false
    this.#release()
  }

  readonly #broke = (error: unknown): void => {
    if (this.#over) return
    this.#over = true
    this.#failed(error)
    this.#release()
  }

  #release(): void {
    for (const go of [...this.#room.splice(0), ...this.#flushed.splice(0)]) go()
  }
}

/** What a run fails with when a sink throws. */
export const sinkFailure = (stage: string, thrown: unknown): Error =>
  new Error(`the dead-letter sink of stage ${JSON.stringify(stage)} failed: ${wordsOf(thrown)}`, { cause: thrown })
