/** The tasks of errands: they look into their worker's store, take their time, or end their worker. */
import { setTimeout as sleep } from "node:timers/promises"
import { currentTask, Task } from "@holdfast/core"

/** What a worker's store has under a name. */
export interface Peeked {
  readonly worker: number
  readonly found: boolean
  readonly value: unknown
}

export const peek = Task.fn(import.meta, "peek", (name: string): Peeked => {
  const { local, workerId } = currentTask()
  return { worker: workerId, found: local.has(name), value: local.get(name) }
})

export const nap = Task.fn(import.meta, "nap", async (ms: number): Promise<number> => {
  await sleep(ms)
  return ms + 1
})

export const leave = Task.fn(import.meta, "leave", (): never => process.exit(45))
