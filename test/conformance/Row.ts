/**
 * One row of the promises as a value: its number, its title, and on which executors it is played. Where an executor
 * can't keep a promise, or keeps a part of it, the row says so and why: differences are declared here and never
 * discovered. Not how a row is played (`conform.ts`), and no row itself (`rows/`).
 */
import type { PoolOptions } from "holdfast"
import type { Stage } from "./Stage.ts"

export const executors = ["process", "thread", "inline"] as const
export type Executor = (typeof executors)[number]

export const doors = ["promise", "effect"] as const
export type Door = (typeof doors)[number]

export const sizes = [1, 2, 4] as const
export const chunkSizes = [1, 16] as const

/** Plays the row: brings the fault about, and holds the pool to what the row promises. */
export type Play = (stage: Stage) => Promise<void>

/** What becomes of a row on one executor. */
export interface Part {
  /** Undefined where the promise can't be kept there at all. */
  readonly play?: Play
  /** What is not promised there, and why. Required where nothing is played. */
  readonly exception?: string
  /** Options that the row needs there, beside those of the row. */
  readonly options?: PoolOptions
}

export interface Row {
  /** As in docs/promises.md. */
  readonly number: number
  /** A sentence, word for word the one that docs/promises.md names. */
  readonly title: string
  /** Whether the two doors differ in it: then it is played through both. */
  readonly doorsDiffer: boolean
  /** What the row needs its pool to be opened with. */
  readonly options?: PoolOptions
  /** Whether a next job can run: a pool that has broken, or was closed by the row, runs none. Default true. */
  readonly goesOn?: boolean
  readonly on: Readonly<Record<Executor, Part>>
}

/** The whole row holds there. */
export const holds = (play: Play, options?: PoolOptions): Part => (options === undefined ? { play } : { play, options })

/** A part of the row holds there; the exception says what does not. */
export const holdsBut = (exception: string, play: Play, options?: PoolOptions): Part => ({
  ...holds(play, options),
  exception
})

/** Nothing of the row can hold there. */
export const cannotHold = (exception: string): Part => ({ exception })

/** Why rows 4 to 13, 17 to 24 and 30 can't hold in the calling process. */
export const NOT_ISOLATED = "A job shares the calling process: what ends, blocks or fills it does so to the program."
