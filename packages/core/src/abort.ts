/**
 * The mark of an error after which a job is not tried again. Kept beside the error, not on it: it may be frozen,
 * or a primitive. One for all copies of this package: a worker has another than the task's module may import.
 */

const REGISTRY = Symbol.for("holdfast/aborted")
const BRAND = "~holdfast/Aborted"

const registry = (): WeakSet<object> => {
  const found = Reflect.get(globalThis, REGISTRY) as WeakSet<object> | undefined
  if (found !== undefined) return found
  const made = new WeakSet<object>()
  Reflect.set(globalThis, REGISTRY, made)
  return made
}

const aborted = registry()

/** Carries a primitive error given to {@link abort}. */
export class Aborted {
  readonly [BRAND] = true
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
  const canBeMarked = (typeof error === "object" && error !== null) || typeof error === "function"
  if (canBeMarked && BRAND in error) return { error: (error as Aborted).error, final: true }
  return { error, final: canBeMarked && aborted.has(error) }
}
