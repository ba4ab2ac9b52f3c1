/**
 * The mark of an error after which a job is not tried again. Kept beside the error, not on it: it may be frozen,
 * or a primitive.
 */

const aborted = new WeakSet<object>()

/** Carries a primitive error given to {@link abort}. */
export class Aborted {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

/**
 * Marks an error as final: thrown, or failed with, inside a task, the job is not tried again.
 *
 * @example
 * if (response.status === 404) throw Task.abort(new Error(`no such page: ${url}`))
 */
export const abort = <E>(error: E): E => {
  if ((typeof error === "object" && error !== null) || typeof error === "function") {
    aborted.add(error)
    return error
  }
  return new Aborted(error) as E
}

/** What {@link abort} was given, and that it was. For workers. */
export const unwrapAbort = (error: unknown): { readonly error: unknown; readonly final: boolean } => {
  if (error instanceof Aborted) return { error: error.error, final: true }
  const canBeMarked = (typeof error === "object" && error !== null) || typeof error === "function"
  return { error, final: canBeMarked && aborted.has(error) }
}
