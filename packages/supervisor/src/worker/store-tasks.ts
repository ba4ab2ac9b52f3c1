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

/** A value for a store, and of which call it is: the number grows from call to call. */
export type Entry = readonly [name: string, value: unknown, call: number]

/** Of which call each store's values are. */
const latest = new WeakMap<object, Map<string, number>>()

/** An older value changes nothing: its job may have been given back or tried again, and come behind a newer one's. */
export const put = Task.fn(import.meta, "put", (entries: ReadonlyArray<Entry>): void => {
  const { local } = currentTask()
  const calls = latest.get(local) ?? new Map<string, number>()
  latest.set(local, calls)
  for (const [name, value, call] of entries) {
    if (call < (calls.get(name) ?? 0)) continue
    calls.set(name, call)
    local.set(name, value)
  }
})

export const take = Task.fn(import.meta, "take", (name: string): Kept => {
  const { local } = currentTask()
  return { found: local.has(name), value: local.get(name) }
})

/** Whether it is one of these: Holdfast's own, and no job of the program's. */
export const isStoreTask = (task: AnyTask): boolean => task === put || task === take
