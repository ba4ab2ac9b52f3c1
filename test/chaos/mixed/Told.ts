/** What the calls of a mixed program were told: types alone. */
import type { Outcome } from "holdfast"
import type { ReadInputs } from "./sources.ts"

/** What a program has pushed: no job may see less than was there when its call began, nor more than there is. */
export interface Versions {
  started: number
  done: number
}

/** What a call was told. */
export interface Told {
  readonly outcomes: Map<number, Outcome<unknown, unknown>>
  /** Those that were read, in the order in which they came. */
  readonly order: Array<number>
  readonly failed: Map<string, unknown>
  failure: { readonly error: unknown } | undefined
  /** Its reader stopped. */
  left: boolean
  cancelledAt: number | undefined
  answeredAt: number
  readonly versionAtStart: number
  readonly inputs: ReadInputs<unknown>
  /** What was seen at once to be wrong. */
  readonly wrong: Array<string>
}
