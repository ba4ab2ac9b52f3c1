/**
 * Whose an error is that a microtask has thrown, where Node does not tell: before Node 24, which keeps the context by
 * itself, an `AsyncLocalStorage` is empty again once `uncaughtException` is told of such an error (seen on 22.19). In the
 * microtask it is not.
 */
import { type JobScope, scopeNow } from "./job-scope.ts"

let thrown: { readonly error: unknown; readonly owner: JobScope | undefined } | undefined

/** Notes from now on in whose microtask an error is thrown. To be called before code of the user's is loaded. */
export const noteMicrotaskOwners = (): void => {
  const { queueMicrotask } = globalThis
  globalThis.queueMicrotask = (callback) => {
    // What is no function is refused by the original.
    if (typeof callback !== "function") return queueMicrotask(callback)
    queueMicrotask(() => {
      try {
        callback()
      } catch (error) {
        thrown = { error, owner: scopeNow() }
        throw error
      }
    })
  }
}

/** In whose microtask this error was just thrown; undefined where it was not, or where Node tells. */
export const microtaskOwnerOf = (error: unknown): JobScope | undefined => {
  const last = thrown
  thrown = undefined
  return last !== undefined && last.error === error ? last.owner : undefined
}
