/**
 * What the inputs of jobs are to a lane: something that is read only as far as is asked for. Each kind of them has a file
 * of its own, and `source-of.ts` chooses; the look-ahead's size is the lane's to decide.
 */
import type { ValueList } from "../protocol/value-list.ts"
import type { Closing } from "./Closing.ts"

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
export const expectedOf = (given: number, fraction: unknown): number | undefined =>
  typeof fraction === "number" && fraction > 0 && fraction <= 1 && given > 0 ? Math.round(given / fraction) : undefined

/** The iterable threw `error`, after having given `taken`. */
export class InputFailed {
  readonly error: unknown
  readonly taken: Array<unknown>
  constructor(error: unknown, taken: Array<unknown>) {
    this.error = error
    this.taken = taken
  }
}
