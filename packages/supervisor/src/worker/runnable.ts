/**
 * What a worker runs: a task as one function of an input, and what that function throws besides the task's own
 * errors. How it is come by is `loading.ts`, how it is run `chunk-loop.ts`.
 */
import type { SpanPlace } from "../protocol/messages.ts"
import type { JobScope } from "./job-scope.ts"

/** A loaded task. `run` returns the value or a promise of it, and throws as the task does. */
export interface Runnable {
  readonly name: string
  readonly run: (input: unknown, scope: JobScope) => unknown
}

/** A typed failure of the task: `error` is its own, `encoded` where its schema has written it. */
export class TypedFailure {
  readonly error: unknown
  readonly encoded: unknown
  readonly isEncoded: boolean
  constructor(error: unknown, isEncoded: boolean, encoded: unknown) {
    this.error = error
    this.isEncoded = isEncoded
    this.encoded = encoded
  }
}

/** The input or the value does not fit the task's schema. */
export class SchemaMismatch {
  readonly side: "input" | "output"
  readonly error: Error
  constructor(side: "input" | "output", error: Error) {
    this.side = side
    this.error = error
  }
}

/** The running Effect was interrupted. */
export class Interrupted {}

const spans = new WeakMap<object, ReadonlyArray<SpanPlace>>()

/** Remembers which spans an Effect was in that has thrown this. */
export const rememberSpans = (thrown: unknown, places: ReadonlyArray<SpanPlace>): void => {
  if (places.length > 0 && typeof thrown === "object" && thrown !== null) spans.set(thrown, places)
}

/** The spans as fields of a fault; none where no Effect has thrown it. */
export const spansOf = (thrown: unknown): { readonly spans?: ReadonlyArray<SpanPlace> } => {
  const found = typeof thrown === "object" && thrown !== null ? spans.get(thrown) : undefined
  return found === undefined ? {} : { spans: found }
}
