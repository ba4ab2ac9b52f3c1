/**
 * How the functions on handles answer: with promises here; with Effects, and with what is both, as the supervisor
 * provides them, for core loads no `effect`. Not the functions themselves, which are in `Handle.ts`.
 */

/** Handles as their jobs settle. */
export interface Arrivals {
  /** Tells the next handle as soon as there is one; undefined at the end. */
  next(tell: (handle: unknown) => void): void
  /** Whatever else is at hand. */
  ready(): Array<unknown>
  /** Listens to nobody any more. */
  close(): void
}

/** Takes one answer. */
export interface Answer {
  succeed(value: unknown): void
  /** A job's failure. */
  fail(error: unknown): void
  /** A mistake of the caller. */
  die(error: unknown): void
}

/** Makes of callbacks what a door gives to its users. */
export interface HandleDoor {
  /** Waits for one answer. `ask` begins to listen, and returns how to stop. */
  once(ask: (answer: Answer) => () => void): unknown
  /** Gives one handle after the other. `open` throws a mistake of the caller. */
  many(open: () => Arrivals): unknown
}

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined }

type Next = IteratorResult<unknown, undefined>

/** No async generator: closing one that waits for its next handle would wait as well. */
class CompletionIterator implements AsyncIterableIterator<unknown, undefined> {
  readonly #open: () => Arrivals
  #arrivals: Arrivals | undefined
  #over = false

  constructor(open: () => Arrivals) {
    this.#open = open
  }

  next(): Promise<Next> {
    return new Promise((resolve, reject) => {
      if (this.#over) return resolve(DONE)
      try {
        this.#arrivals ??= this.#open()
      } catch (error) {
        this.#over = true
        return reject(error)
      }
      this.#arrivals.next((handle) => resolve(handle === undefined ? DONE : { done: false, value: handle }))
    })
  }

  return(): Promise<Next> {
    this.#over = true
    this.#arrivals?.close()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** Answers with promises and async iterables. */
export const promiseDoor: HandleDoor = {
  once: (ask) =>
    new Promise((resolve, reject) => {
      ask({ succeed: resolve, fail: reject, die: reject })
    }),
  many: (open) => ({ [Symbol.asyncIterator]: () => new CompletionIterator(open) })
}

const slot = Symbol.for("holdfast/eitherDoor")

/** Says how to answer so that it suits both doors. A global, since a process may load two copies of core. */
export const provideEitherDoor = (door: HandleDoor): void => {
  Reflect.set(globalThis, slot, door)
}

/** The answer where no handle says which door is meant. */
export const eitherDoor = (): HandleDoor => (Reflect.get(globalThis, slot) as HandleDoor | undefined) ?? promiseDoor
