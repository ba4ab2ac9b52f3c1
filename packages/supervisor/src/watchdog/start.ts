/**
 * Starts the watchdog's thread from the main thread of a worker process. Not the watchdog, which is `thread.cts`, nor
 * the parent's end of its channel, which is `link.ts`, nor when there is one, which is `Duty.ts`.
 */
import { getHeapStatistics } from "node:v8"
import { Worker } from "node:worker_threads"
import type { Handover } from "./handover.ts"
import type { WatchdogData } from "./thread.cts"

export interface WatchdogOptions {
  /** Descriptor of the inherited socket pair whose other end a `WatchdogLink` in the parent holds. */
  readonly channelFd: number
  /** The parent as the worker was told it: asking the kernel could already name a dead parent's heir. */
  readonly parentPid: number
}

/**
 * Starts the watchdog thread and returns at once; it is at work some 30 ms later, also when the main thread
 * spins meanwhile. It never keeps the process alive, prints nothing and, should it fail, ends nothing.
 * `descriptors` are all of its channel: it takes the first, and keeps the others for its successors.
 *
 * The process ends when the parent closes the channel or dies.
 */
export const startWatchdog = (
  { parentPid }: WatchdogOptions,
  descriptors: ReadonlyArray<number>,
  handover: Handover
): Worker => {
  const extension = import.meta.url.endsWith(".ts") ? "cts" : "cjs"
  // By way of the folder: the path holds from the worker's joined entry as well.
  const worker = new Worker(new URL(`../watchdog/thread.${extension}`, import.meta.url), {
    workerData: {
      parentPid,
      descriptors,
      handover,
      heapLimit: getHeapStatistics().heap_size_limit,
      // Under --permission alone is there anything to ask.
      mayDebug: (process.permission as typeof process.permission | undefined)?.has("inspector") !== false
    } satisfies WatchdogData,
    // Unread streams of its own: piping them would create `process.stdout` on the main thread.
    stdout: true,
    stderr: true,
    // With both empty, nothing is preloaded into the thread, not by NODE_OPTIONS either.
    execArgv: [],
    env: {},
    trackUnmanagedFds: false
  })
  worker.unref()
  worker.on("error", () => {})
  return worker
}
