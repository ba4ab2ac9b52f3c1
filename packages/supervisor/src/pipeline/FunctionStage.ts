/**
 * Stages that run in the program itself: a plain function for each value, grouping, and taking apart. One value at a
 * time, in order. A function that throws fails that input, as a task would.
 */
import { type JobSummary, TaskThrew } from "@holdfast/core"
import { nobody } from "../doors/admission.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import { contextNow } from "../scheduler/callers-context.ts"
import { asyncIteratorOf, iteratorOf, stepOf } from "../scheduler/iterators.ts"
import { untoldOf } from "../scheduler/untold.ts"
import { Breather } from "./Breather.ts"
import { DONE, type RunningStage, type StageIterator } from "./StageIterator.ts"
import type { StageTally } from "./StageTally.ts"
import type { StageEvents } from "./TaskStage.ts"

/** What becomes of one input: values to hand on, or nothing yet. */
export type Step =
  | { readonly _tag: "Each"; readonly of: (input: unknown) => unknown }
  | { readonly _tag: "Keep"; readonly if: (input: unknown) => unknown }
  | { readonly _tag: "Look"; readonly at: (input: unknown) => unknown }
  | { readonly _tag: "Group"; readonly size: number }
  | { readonly _tag: "TakeApart" }

const GIVEN_UP = Symbol("given up")

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

const ITS = "its"

const partsOf = (value: unknown): Iterator<unknown> | AsyncIterator<unknown> => {
  const object = Object(value) as Partial<Iterable<unknown> & AsyncIterable<unknown>>
  if (typeof object[Symbol.asyncIterator] === "function") return asyncIteratorOf(value as AsyncIterable<unknown>, ITS)
  if (typeof object[Symbol.iterator] === "function") return iteratorOf(value as Iterable<unknown>, ITS)
  throw new TypeError(`expected something iterable, received ${value === null ? "null" : typeof value}`)
}

/** What one input is being taken apart into. */
interface Parts {
  readonly input: unknown
  readonly iterator: Iterator<unknown> | AsyncIterator<unknown>
}

export class FunctionStage implements RunningStage {
  readonly #step: Step
  readonly #upstream: StageIterator
  readonly #tally: StageTally
  readonly #events: StageEvents
  readonly #now: () => number
  readonly #within = contextNow()
  readonly #breather: Breather
  #group: Array<unknown> = []
  #parts: Parts | undefined
  #index = -1
  #over = false
  #giveUp: (() => void) | undefined
  #busyMs = 0
  #busySince: number | undefined

  /** `upstream` counts what is read of it. */
  constructor(step: Step, upstream: StageIterator, tally: StageTally, events: StageEvents, now: () => number) {
    this.#step = step
    this.#upstream = upstream
    this.#tally = tally
    this.#events = events
    this.#now = now
    this.#breather = new Breather(now)
    tally.busyMs = () => this.#busyMs + (this.#busySince === undefined ? 0 : now() - this.#busySince)
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      if (this.#over) return DONE
      if (this.#parts !== undefined) {
        // Its parts may be without number. What is read of the stage before has had its turn there.
        const pause = this.#breather.pause()
        if (pause !== undefined) {
          await pause
          continue
        }
        const part = await this.#nextPart(this.#parts)
        if (part !== undefined) return part
        continue
      }
      const next = await this.#upstream.next()
      if (this.#over) return DONE
      if (next.done === true) {
        this.#over = true
        return this.#group.length > 0 ? this.#handOn(this.#group.splice(0)) : DONE
      }
      this.#index++
      const given = await this.#take(next.value)
      if (given !== undefined) return given
    }
  }

  /** What is to be handed on of this input now, if anything. */
  async #take(input: unknown): Promise<IteratorResult<unknown, undefined> | undefined> {
    const step = this.#step
    switch (step._tag) {
      case "Group": {
        this.#group.push(input)
        return this.#group.length < step.size ? undefined : this.#handOn(this.#group.splice(0))
      }
      case "TakeApart": {
        try {
          this.#parts = { input, iterator: partsOf(input) }
        } catch (error) {
          this.#failed(input, error)
        }
        return undefined
      }
      case "Each":
      case "Look":
      case "Keep": {
        try {
          const given = await this.#calling(() =>
            step._tag === "Each" ? step.of(input) : step._tag === "Look" ? step.at(input) : step.if(input)
          )
          if (given === GIVEN_UP) return DONE
          if (step._tag !== "Keep") return this.#handOn(step._tag === "Each" ? given : input)
          if (given) return this.#handOn(input)
          this.#tally.filtered++
          this.#tally.moved()
        } catch (error) {
          this.#failed(input, error)
        }
        return undefined
      }
    }
  }

  async #nextPart({ input, iterator }: Parts): Promise<IteratorResult<unknown, undefined> | undefined> {
    try {
      const next = await this.#calling(() => iterator.next())
      if (next === GIVEN_UP) return DONE
      const { done, value } = stepOf(next as IteratorResult<unknown>, ITS)
      if (done !== true) {
        this.#tally.out++
        return { done: false, value }
      }
      this.#parts = undefined
      this.#tally.through++
      this.#tally.moved()
    } catch (error) {
      this.#parts = undefined
      this.#failed(input, error)
    }
    return undefined
  }

  /** Calls what is the user's. A promise that is given up is no longer waited for. */
  async #calling(call: () => unknown): Promise<unknown> {
    this.#busySince = this.#now()
    try {
      const given = this.#within(call)
      if (!isThenable(given)) return given
      return await new Promise((resolve, reject) => {
        this.#giveUp = () => resolve(GIVEN_UP)
        given.then(resolve, reject)
      })
    } finally {
      this.#giveUp = undefined
      this.#busyMs += this.#now() - this.#busySince
      this.#busySince = undefined
    }
  }

  #handOn(value: unknown): IteratorResult<unknown, undefined> {
    this.#tally.through += this.#step._tag === "Group" ? (value as Array<unknown>).length : 1
    this.#tally.out++
    this.#tally.moved()
    return { done: false, value }
  }

  #failed(input: unknown, thrown: unknown): void {
    this.#tally.failed++
    this.#tally.moved()
    const job: JobSummary = nobody({ name: this.#tally.name, module: "the pipeline's own program" }, input, this.#index)
    const message = `stage ${JSON.stringify(this.#tally.name)} failed at its input ${this.#index}, ${job.inputPreview}: ${wordsOf(thrown)}`
    this.#events.inputFailed(input, new TaskThrew(message, job, { cause: thrown }), job)
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#giveUp?.()
    const iterator = this.#parts?.iterator
    // One that waits closes only after its wait; nobody waits for that.
    if (iterator !== undefined) (async () => iterator.return?.())().catch(untoldOf(`stage "${this.#tally.name}"`))
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.cancel()
    await this.#upstream.return()
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
