/** The task of ends: notes when it starts, and that it came to its end. */
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { Task } from "@holdfast/core"

export interface EndingJob {
  readonly id: string
  readonly ms: number
  readonly file: string
}

export const last = Task.fn(import.meta, "last", async ({ file, id, ms }: EndingJob): Promise<string> => {
  appendFileSync(file, `${id} ${Date.now()} ${process.pid}\n`)
  if (ms > 0) await sleep(ms)
  return id
})
