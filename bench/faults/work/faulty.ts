/**
 * What the workers of every pool run: one fault in each function, and a few that do nothing wrong. Imports nothing of
 * any pool, and nothing here decides what a pool ought to make of it: that is `faults.ts`.
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { threadId } from "node:worker_threads"

/** Notes outside of the worker that a job has started, so that starts can be counted however the worker ends. */
const note = (label: string): void => {
  const { FAULTS_FOLDER: folder = "." } = process.env
  appendFileSync(join(folder, "started"), `${label}\n`)
}

export const nap = async ({ ms, label }: { readonly ms: number; readonly label: string }): Promise<string> => {
  note(label)
  await sleep(ms)
  return label
}

export const double = (n: number): number => n * 2

export const identify = (): { readonly pid: number; readonly threadId: number } => ({ pid: process.pid, threadId })

export const throws = (): never => {
  note("faulty")
  throw Object.assign(new RangeError("boom 7"), { code: "E_BOOM" })
}

export const throwsUndefined = (): never => {
  note("faulty")
  throw undefined
}

class OrderError extends Error {
  override readonly name = "OrderError"
  readonly orderId = 4711
  readonly parts = [{ sku: "sku-12" }]
}

export const rejects = async (): Promise<never> => {
  note("faulty")
  throw new OrderError("order refused", { cause: new RangeError("inner cause") })
}

export const exits = (code: number): never => {
  note("faulty")
  process.exit(code)
}

export const aborts = (): never => {
  note("faulty")
  process.abort()
}

export const signalsItself = async (signal: number): Promise<void> => {
  note("faulty")
  process.kill(process.pid, signal)
  await sleep(60_000)
}

/** Small objects in a chain: one large allocation would be unfair to threads, whose heap limit it passes by. */
export const overflowsHeap = (): unknown => {
  note("faulty")
  let head: unknown
  for (;;) head = { head, filling: [head] }
}

export const spins = (): never => {
  note("faulty")
  for (;;) {
    // Nothing ends it.
  }
}

export const neverSettles = async (): Promise<void> => {
  note("faulty")
  await new Promise(() => undefined)
}

export const rejectsBeside = async (): Promise<string> => {
  note("faulty")
  void Promise.reject(new Error("rejected beside"))
  await sleep(400)
  return "finished"
}

export const throwsLater = (ms: number): string => {
  note("faulty")
  setTimeout(() => {
    throw new Error("thrown too late")
  }, ms)
  return "finished"
}

export const takes = (input: { readonly callback?: unknown }): string => {
  note("faulty")
  return `received a callback that is ${typeof input.callback}`
}

export const givesFunction = (): object => {
  note("faulty")
  return { callback: () => 1 }
}

export const floods = (lines: number): never => {
  note("faulty")
  for (let line = 1; line <= lines; line++) console.log(`flood ${line} ${".".repeat(60)}`)
  process.exit(3)
}

export const squareUnlessPoison = async (n: number): Promise<number> => {
  note(`batch ${n}`)
  await sleep(10)
  if (n === 7) process.exit(3)
  return n * n
}
