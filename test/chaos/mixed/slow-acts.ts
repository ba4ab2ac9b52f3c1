/**
 * The same function in a module that takes its time to be loaded, or can't be: its own URL says how
 * (`slow-acts.ts?how=waits&ms=40&of=3`), and so is another module for each call.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { type ActJob, doing } from "./acts.ts"

const LOADS: Record<string, (ms: number) => unknown> = {
  waits: (ms) => sleep(ms),
  blocks: (ms) => {
    const until = performance.now() + ms
    while (performance.now() < until);
  },
  throws: () => {
    throw new Error("this module can't be loaded")
  }
}

const { searchParams } = new URL(import.meta.url)
await LOADS[searchParams.get("how") ?? ""]?.(Number(searchParams.get("ms")))

export const act = (job: ActJob): unknown => doing(job)
