/** Shrinks images, and keeps every one of them in memory: a leak. */
import { setTimeout as sleep } from "node:timers/promises"
import { Task } from "holdfast"

const cache = new Map<number, Uint8Array>()

export const shrink = Task.fn(import.meta, "shrink", async (id: number) => {
  cache.set(id, new Uint8Array(40_000_000).fill(id))
  await sleep(50)
  return cache.size
})
