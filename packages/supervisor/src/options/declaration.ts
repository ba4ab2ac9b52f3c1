/**
 * What declaring an option means: one entry of a table gives its name, where it can be set, its type, its check, its
 * default and its documentation; the types of the options are derived from the entries. Declares none itself.
 */
import type { OptionProblem } from "@holdfast/core"
import { type Check, refused, type Suffix } from "./Check.ts"
import { received } from "./received.ts"

/**
 * Where an option can be set: on a pool, on a task, or on a call (`run`, `submit`; `map`, `settle`; `stream`, `via`;
 * `push`, `pull`).
 */
export type Scope = "pool" | "task" | "job" | "batch" | "stream" | "store"

/** An option. Its name is its key in the table. */
export interface Declaration<In, Out, On extends Scope = Scope, S extends Suffix = Suffix> {
  readonly on: ReadonlyArray<On>
  readonly check: Check<In, Out, S>
  readonly documentation: string
  /** The default as it would be written, or in words where there is nothing to write. */
  readonly defaultText: string
  readonly defaultIsCode: boolean
  /** What it comes to where nobody sets it. */
  readonly fallback: Out
}

interface Entry<In, Out, On extends Scope, S extends Suffix> {
  readonly on: ReadonlyArray<On>
  readonly check: Check<In, Out, S>
  readonly documentation: string
  /** Where `default` doesn't show what the reference should say. */
  readonly defaultText?: string
}

/** Declares an option; without a default it comes to undefined where nobody sets it. */
export const declare: {
  <In, Out, const On extends Scope, S extends Suffix>(
    entry: Entry<In, Out, On, S> & { readonly default: NoInfer<In> }
  ): Declaration<In, Out, On, S>
  <In, Out, const On extends Scope, S extends Suffix>(
    entry: Entry<In, Out, On, S>
  ): Declaration<In, Out | undefined, On, S>
} = <In, Out, On extends Scope, S extends Suffix>(
  entry: Entry<In, Out, On, S> & { readonly default?: In }
): Declaration<In, Out | undefined, On, S> => {
  const { on, check, documentation, default: written } = entry
  const defaultIsCode = written !== undefined
  const defaultText = entry.defaultText ?? (defaultIsCode ? received(written) : "none")
  const declaration = { on, check, documentation, defaultText, defaultIsCode }
  if (!defaultIsCode) return { ...declaration, fallback: undefined }
  const problems: Array<OptionProblem> = []
  const fallback = check.read(written, "default", problems)
  if (fallback === refused) throw new TypeError(`a default that its own check refuses: ${JSON.stringify(problems)}`)
  return { ...declaration, fallback }
}

type NamesOn<T, S extends Scope> = {
  [K in keyof T]: T[K] extends Declaration<infer _In, infer _Out, infer On, infer _Suffix>
    ? S extends On
      ? K
      : never
    : never
}[keyof T]

type Inputs<T> = { readonly [K in keyof T]?: T[K] extends Declaration<infer In, infer _Out> ? In : never }

/** What a user may set on `S`. Going to the definition of one leads to its entry. */
export type Given<T, S extends Scope> = Inputs<Pick<T, NamesOn<T, S>>>

type Outputs<T> = {
  readonly [K in keyof T & string as T[K] extends Declaration<infer _In, infer _Out, infer _On, infer S>
    ? `${K}${S}`
    : never]: T[K] extends Declaration<infer _In, infer Out> ? Out : never
}

/** What it comes to, every field filled in. */
export type Resolved<T, S extends Scope> = Outputs<Pick<T, NamesOn<T, S>>>
