/**
 * The shapes of a description of what was thrown: plain data that v8 serialises by itself. Not how one is made or
 * undone: that is `error-reading.ts` and `error-restoring.ts`.
 */
/** What every description can be shown by. */
interface Shown {
  readonly name: string
  readonly message: string
}

/** A value as it travels in a description, which v8 writes as a whole: what is no primitive is encoded by itself. */
export type Carried = { readonly value: string | number | boolean | null | undefined } | { readonly bytes: Uint8Array }

/** An own property. */
export type DescribedProperty = Carried & { readonly key: string }

export interface DescribedError extends Shown {
  readonly kind: "error"
  /** The nearest class that exists on both sides. */
  readonly native: string
  readonly stack: string | undefined
  readonly properties: ReadonlyArray<DescribedProperty>
  /** `cause`, and the two of a SuppressedError; all errors have these hidden. */
  readonly nested: ReadonlyArray<readonly [key: string, description: ErrorDescription]>
  /** Of an AggregateError. */
  readonly errors: ReadonlyArray<ErrorDescription> | undefined
}

/** What an object says of itself that is no error. */
interface Worded {
  readonly text?: string
}

/** A thrown value that is no error. */
export type DescribedValue = Shown & Carried & Worded & { readonly kind: "value" }

/** A thrown object of which only some fields can cross. */
export interface DescribedFields extends Shown, Worded {
  readonly kind: "fields"
  readonly properties: ReadonlyArray<DescribedProperty>
}

/** What can't cross at all: restored as `message`. */
export interface DescribedText extends Shown {
  readonly kind: "text"
}

/** The error `up` levels above, which this is once more. */
export interface DescribedAncestor extends Shown {
  readonly kind: "ancestor"
  readonly up: number
}

export type ErrorDescription = DescribedError | DescribedValue | DescribedFields | DescribedText | DescribedAncestor
