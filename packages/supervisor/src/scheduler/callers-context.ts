/**
 * Has what is the caller's own called as if he did it himself: with the `AsyncLocalStorage` of his call, not of whatever
 * answer of a worker happens to come in. Knows nothing of what it calls.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import type { Source } from "./Source.ts"

/** Calls a function in the context that was there when this was asked for. */
export type InContext = <A>(call: () => A) => A

export const contextNow = (): InContext => AsyncLocalStorage.snapshot()

/** The same source, read in the context that is there now. */
export const readInContext = (source: Source): Source => {
  // Nothing of the caller's runs where an array is read.
  if (source.total !== undefined) return source
  const within = contextNow()
  const take = source.take.bind(source)
  const want = source.want.bind(source)
  const close = source.close.bind(source)
  return Object.assign(source, {
    take: (max: number) => within(() => take(max)),
    want: (count: number) => within(() => want(count)),
    close: () => within(close)
  })
}
