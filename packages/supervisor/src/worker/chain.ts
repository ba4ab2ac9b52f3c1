/**
 * Tasks run back to back as one: each gets the value of the one before it, as it is. Stays synchronous as long as its
 * parts do.
 */
import type { JobScope } from "./job-scope.ts"
import { finish, isGenerator } from "./partial-results.ts"
import { Interrupted, type Runnable, rememberSpans, spansOf, TypedFailure } from "./runnable.ts"

/** A typed error says which part's schema has written it. */
const ofPart = (thrown: unknown, part: number): unknown => {
  if (!(thrown instanceof TypedFailure && thrown.isEncoded)) return thrown
  const failure = new TypedFailure(thrown.error, true, { part, error: thrown.encoded })
  rememberSpans(failure, spansOf(thrown).spans ?? [])
  return failure
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  typeof (value as { then?: unknown }).then === "function"

const runFrom = (parts: ReadonlyArray<Runnable>, first: number, input: unknown, scope: JobScope): unknown => {
  let value = input
  for (const [offset, part] of parts.slice(first).entries()) {
    const at = first + offset
    if (scope.cancelled) throw new Interrupted()
    try {
      const { run: task } = part
      value = task(value, scope)
    } catch (thrown) {
      throw ofPart(thrown, at)
    }
    if (isGenerator(value)) value = finish(value, scope, undefined)
    if (isThenable(value)) {
      return value.then(
        (settled) => runFrom(parts, at + 1, settled, scope),
        (thrown) => {
          throw ofPart(thrown, at)
        }
      )
    }
  }
  return value
}

export const chainOf = (name: string, parts: ReadonlyArray<Runnable>): Runnable => ({
  name,
  run: (input, scope) => runFrom(parts, 0, input, scope)
})
