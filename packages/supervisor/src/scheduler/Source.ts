/**
 * Where a batch's inputs come from: an array, a synchronous or asynchronous iterator read only as far as is asked for.
 * Not single jobs (`SubmittedSource.ts`), nor the look-ahead's size, which the lane decides.
 */
import type { Inputs } from "@holdfast/core"
import { ownPartOf, packed, type ValueList } from "../protocol/value-list.ts"
import { Closing, destroyerOf, returnsAtOnce } from "./Closing.ts"
import { untoldOf } from "./untold.ts"

/**
 * Inputs that know how much of them has been read, though not how many there are, say so by a property of this name:
 * a number from 0 to 1, or undefined. A progress bar then has a percentage and a time to go.
 *
 * @example
 * const lines = Object.assign(readLines(file), { get [fractionRead]() { return file.bytesRead / size } })
 */
export const fractionRead: unique symbol = Symbol.for("holdfast/fractionRead")

export interface Source {
  /** Number of inputs, where it is known beforehand. */
  readonly total: number | undefined
  /** How many there will be, as far as can be told by now; undefined where nothing tells. */
  readonly expected?: number | undefined
  /** True when no further input will come. */
  readonly exhausted: boolean
  /** True when `take` would give something. */
  readonly ready: boolean
  /** What the iterable threw, as soon as it has; `take` throws it after the inputs that came before it. */
  readonly failure?: { readonly error: unknown } | undefined
  /** At most `max` inputs that are at hand. Throws what the iterable throws. */
  take(max: number): ValueList
  /** Says how many inputs are wanted at hand. */
  want(count: number): void
  /** Lets go of the iterator. */
  close(): void
  /** How that went; undefined where there was nothing to let go of. */
  readonly closing?: Closing | undefined
}

/** How many there will be, where so many are this fraction of them. */
const expectedOf = (given: number, fraction: unknown): number | undefined =>
  typeof fraction === "number" && fraction > 0 && fraction <= 1 && given > 0 ? Math.round(given / fraction) : undefined

/** What an iterator gave. Throws for what is none: read as an object, a number would be an endless row of undefined. */
const stepOf = (next: IteratorResult<unknown>): IteratorResult<unknown> => {
  if (Object(next) !== next) throw new TypeError(`the inputs' iterator gave ${String(next)}, which is no object`)
  return next
}

class ArraySource implements Source {
  readonly total: number
  #items: ValueList
  #at = 0

  /** Takes over what nobody else changes: the caller may change his own array while its jobs wait. */
  constructor(own: ValueList) {
    this.#items = own
    this.total = own.length
  }

  get exhausted(): boolean {
    return this.#at >= this.total
  }

  get ready(): boolean {
    return !this.exhausted
  }

  take(max: number): ValueList {
    const taken = ownPartOf(this.#items, this.#at, Math.min(this.total, this.#at + max))
    this.#at += taken.length
    if (this.exhausted) this.#items = []
    return taken
  }

  want(): void {}

  close(): void {
    this.#at = this.total
    this.#items = []
  }
}

class IteratorSource implements Source {
  readonly total = undefined
  readonly #iterator: Iterator<unknown>
  exhausted = false
  closing: Closing | undefined

  readonly #fraction: () => unknown
  readonly #untold: (error: unknown) => void
  #given = 0
  #stepping = false

  constructor(iterator: Iterator<unknown>, fraction: () => unknown, untold: (error: unknown) => void) {
    this.#iterator = iterator
    this.#fraction = fraction
    this.#untold = untold
  }

  get expected(): number | undefined {
    return this.exhausted ? this.#given : expectedOf(this.#given, this.#fraction())
  }

  get ready(): boolean {
    return !this.exhausted
  }

  take(max: number): Array<unknown> {
    // Of its full length at once: as many pushes would leave twice as much behind for the collector.
    const taken = new Array<unknown>(max)
    let count = 0
    while (count < max && !this.exhausted) {
      try {
        this.#stepping = true
        const next = stepOf(this.#iterator.next())
        this.#stepping = false
        if (next.done === true) {
          this.exhausted = true
          break
        }
        taken[count++] = next.value
        this.#given++
        if (this.exhausted) this.#letGo()
      } catch (error) {
        this.#stepping = false
        taken.length = count
        const wasClosed = this.exhausted
        this.exhausted = true
        if (!wasClosed) throw new InputFailed(error, taken)
        this.#untold(error)
      }
    }
    taken.length = count
    return taken
  }

  want(): void {}

  close(): void {
    if (this.exhausted) return
    this.exhausted = true
    // A generator that closes itself, by way of the call that reads it, can't be closed before its step is over.
    if (!this.#stepping) this.#letGo()
  }

  #letGo(): void {
    const ended = (async () => void this.#iterator.return?.())()
    this.closing = new Closing(ended, () => false, this.#untold)
  }
}

class AsyncSource implements Source {
  readonly total = undefined
  readonly #fraction: () => unknown
  #given = 0
  readonly #iterator: AsyncIterator<unknown>
  readonly #onReady: () => void
  readonly #buffer: Array<unknown> = []
  #wanted = 0
  #reading = false
  #ended = false
  failure: { readonly error: unknown } | undefined
  closing: Closing | undefined
  readonly #destroy: (() => void) | undefined
  readonly #untold: (error: unknown) => void

  constructor(
    iterator: AsyncIterator<unknown>,
    onReady: () => void,
    destroy: (() => void) | undefined,
    fraction: () => unknown,
    untold: (error: unknown) => void
  ) {
    this.#fraction = fraction
    this.#iterator = iterator
    this.#onReady = onReady
    this.#destroy = destroy
    this.#untold = untold
  }

  get expected(): number | undefined {
    return this.#ended ? this.#given : expectedOf(this.#given, this.#fraction())
  }

  get exhausted(): boolean {
    return this.#ended && this.#buffer.length === 0 && this.failure === undefined
  }

  get ready(): boolean {
    return this.#buffer.length > 0 || this.failure !== undefined
  }

  take(max: number): Array<unknown> {
    const taken = this.#buffer.splice(0, max)
    if (this.#buffer.length === 0 && this.failure !== undefined) {
      const { error } = this.failure
      this.failure = undefined
      throw new InputFailed(error, taken)
    }
    return taken
  }

  want(count: number): void {
    this.#wanted = count
    if (!this.#reading && !this.#ended && this.#buffer.length < count) void this.#read()
  }

  async #read(): Promise<void> {
    this.#reading = true
    try {
      while (!this.#ended && this.#buffer.length < this.#wanted) {
        const next = stepOf(await this.#iterator.next())
        if (this.#ended) return
        if (next.done === true) this.#ended = true
        else {
          this.#given++
          this.#buffer.push(next.value)
        }
        this.#onReady()
      }
    } catch (error) {
      if (this.#ended) return void this.closing?.stepFailed(error)
      this.#ended = true
      this.failure = { error }
      this.#onReady()
    } finally {
      this.#reading = false
    }
  }

  close(): void {
    this.#buffer.length = 0
    this.failure = undefined
    if (this.#ended) return
    this.#ended = true
    // A generator that waits closes only after its wait, which may have no end.
    const isStuck = (): boolean => this.#reading && Reflect.get(Object(this.#iterator), returnsAtOnce) !== true
    this.closing = new Closing(this.#letGo(), isStuck, this.#untold)
  }

  async #letGo(): Promise<void> {
    try {
      this.#destroy?.()
    } finally {
      await this.#iterator.return?.()
    }
  }
}

/** The iterable threw `error`, after having given `taken`. */
export class InputFailed {
  readonly error: unknown
  readonly taken: Array<unknown>
  constructor(error: unknown, taken: Array<unknown>) {
    this.error = error
    this.taken = taken
  }
}

/** What came in place of inputs; of what is often meant, with what to do. */
const cameInstead = (inputs: unknown): string => {
  if (typeof inputs === "string") return `the string ${JSON.stringify(inputs).slice(0, 60)}`
  if (typeof inputs === "function") return "a function: call it, and give what it returns"
  if (inputs instanceof Promise) return "a promise, which is not iterable: await it first"
  if (typeof inputs === "object" && inputs !== null) return "an object that is not iterable"
  return inputs === undefined || inputs === null ? String(inputs) : `${typeof inputs} ${String(inputs).slice(0, 60)}`
}

/** Opens what a caller gave as inputs. Throws a `TypeError` that names what came, if it can't be read. */
export const sourceOf = (
  inputs: Inputs<unknown>,
  where: string,
  onReady: () => void,
  untold: (error: unknown) => void = untoldOf(where)
): Source => {
  if (Array.isArray(inputs)) return new ArraySource(packed(inputs) ?? inputs.slice())
  if (ArrayBuffer.isView(inputs) && !(inputs instanceof DataView)) {
    const items = inputs as unknown as ArrayLike<unknown>
    return new ArraySource(packed(items) ?? Array.from(items))
  }
  const object = Object(inputs) as Partial<Iterable<unknown> & AsyncIterable<unknown>>
  if (typeof object[Symbol.asyncIterator] === "function")
    return new AsyncSource(
      (inputs as AsyncIterable<unknown>)[Symbol.asyncIterator](),
      onReady,
      destroyerOf(inputs),
      () => Reflect.get(object, fractionRead),
      untold
    )
  if (typeof inputs !== "string" && typeof object[Symbol.iterator] === "function")
    return new IteratorSource(
      (inputs as Iterable<unknown>)[Symbol.iterator](),
      () => Reflect.get(object, fractionRead),
      untold
    )
  throw new TypeError(
    `${where}: expected the inputs as an array, an iterable or an async iterable, received ${cameInstead(inputs)}`
  )
}
