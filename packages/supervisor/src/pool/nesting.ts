/**
 * Refuses a pool where it would be a fork bomb: in a worker, whose task module made a pool when it was
 * imported.
 */

const WORKER = Symbol.for("holdfast/worker")

/** Throws unless a pool may be made here. */
export const refuseNesting = (allowNested: boolean, where: string): void => {
  if (allowNested || Reflect.get(globalThis, WORKER) === undefined) return
  throw new Error(
    `${where} was called inside a worker. If the task's module makes the pool when it is imported, every worker would do so too: ` +
      "guard it with `if (import.meta.main) { … }`, or move the tasks to a module of their own. " +
      `A pool that a task makes on purpose needs ${where}({ allowNested: true })`
  )
}
