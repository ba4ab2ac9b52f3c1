/**
 * The iterators of a caller's inputs, and of one input that is taken apart, held to the language's contract: what breaks it is refused in his own terms, before
 * it is read as an endless row of undefined. Does not read or close them: each source does.
 */
import { previewOf } from "../protocol/preview.ts"

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (Object(value) as { readonly then?: unknown }).then === "function"

/** Nobody waits for what is refused. */
const forgotten = (promise: PromiseLike<unknown>): void => {
  promise.then(undefined, () => undefined)
}

const INPUTS = "the inputs'"

const checked = <A>(iterator: A, whose: string, method: string, fix: string): A => {
  if (typeof (Object(iterator) as { readonly next?: unknown }).next === "function") return iterator
  const given = `${whose} [${method}]() gave`
  if (!isThenable(iterator))
    throw new TypeError(`${given} ${previewOf(iterator, 60)}, which is no iterator: it has no method next`)
  forgotten(iterator)
  throw new TypeError(`${given} a promise, which is no iterator: ${fix}`)
}

/** Opens an iterable. Throws a `TypeError` where that gives no iterator. */
export const iteratorOf = (inputs: Iterable<unknown>, whose = INPUTS): Iterator<unknown> =>
  checked(
    inputs[Symbol.iterator](),
    whose,
    "Symbol.iterator",
    "if the inputs come later, make it a [Symbol.asyncIterator]() that is not async itself, only its next is"
  )

/** Opens an async iterable. Throws a `TypeError` where that gives no iterator. */
export const asyncIteratorOf = (inputs: AsyncIterable<unknown>, whose = INPUTS): AsyncIterator<unknown> =>
  checked(
    inputs[Symbol.asyncIterator](),
    whose,
    "Symbol.asyncIterator",
    "it must not be async itself, only its next is"
  )

/** What an iterator gave. Throws for what is none: read as an object, a number would be an endless row of undefined. */
export const stepOf = (next: IteratorResult<unknown>, whose = INPUTS): IteratorResult<unknown> => {
  if (Object(next) !== next) throw new TypeError(`${whose} iterator gave ${String(next)}, which is no object`)
  return next
}

/** The same where nobody waits for it: a promise would be such a row, too. */
export const stepAtOnceOf = (next: IteratorResult<unknown>): IteratorResult<unknown> => {
  const step = stepOf(next)
  if (step.done !== undefined || !isThenable(step)) return step
  forgotten(step)
  throw new TypeError(
    "the next of the inputs' [Symbol.iterator]() gave a promise, which is no step: name it [Symbol.asyncIterator](), so that its promises are awaited"
  )
}
