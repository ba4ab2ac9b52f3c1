/**
 * The tasks behind `push`, `pull`, `scatter` and `gather`: they write and read the store of the worker they run in,
 * which any task sees as `currentTask().local`. Loaded by workers as any module of tasks.
 */
import { type AnyTask, currentTask, Task } from "@holdfast/core"

/** What a worker's store has under a name. */
export interface Kept {
  readonly found: boolean
  readonly value: unknown
}

export const put = Task.fn(import.meta, "put", (entries: ReadonlyArray<readonly [string, unknown]>): void => {
  const { local } = currentTask()
  for (const [name, value] of entries) local.set(name, value)
})

export const take = Task.fn(import.meta, "take", (name: string): Kept => {
  const { local } = currentTask()
  return { found: local.has(name), value: local.get(name) }
})

/** Whether it is one of these: Holdfast's own, and no job of the program's. */
export const isStoreTask = (task: AnyTask): boolean => task === put || task === take
