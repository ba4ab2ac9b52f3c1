/**
 * Starts the watchdog from the main thread of a worker process. Not the watchdog, which is `thread.cts`, nor
 * the parent's end of its channel, which is `link.ts`.
 */
import { getHeapStatistics } from "node:v8"
import { Worker } from "node:worker_threads"
import type { WatchdogData } from "./thread.cts"

export interface WatchdogOptions {
  /** Descriptor of the inherited socket pair whose other end a `WatchdogLink` in the parent holds. */
  readonly channelFd: number
  /** The parent as the worker was told it: asking the kernel could already name a dead parent's heir. */
  readonly parentPid: number
}

/** How long an exit may be held up to take the debugger off; it takes 0.5 ms. */
const longestFarewellMs = 200

/**
 * Starts the watchdog thread and returns at once; it is at work some 30 ms later, also when the main thread
 * spins meanwhile. It never keeps the process alive, prints nothing and, should it fail, ends nothing.
 *
 * The process ends when the parent closes the channel or dies.
 *
 * @example
 * startWatchdog({ channelFd: 5, parentPid: configuration.parentPid })
 */
export const startWatchdog = ({ channelFd, parentPid }: WatchdogOptions): Worker => {
  const extension = import.meta.url.endsWith(".ts") ? "cts" : "cjs"
  const armed = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  // By way of the folder: the path holds from the worker's joined entry as well.
  const worker = new Worker(new URL(`../watchdog/thread.${extension}`, import.meta.url), {
    workerData: { channelFd, parentPid, armed, heapLimit: getHeapStatistics().heap_size_limit } satisfies WatchdogData,
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
  // Otherwise Node prints "Waiting for the debugger to disconnect..." as the last line of the task's stderr.
  process.on("exit", () => {
    if (Atomics.load(armed, 0) === 0) return
    worker.postMessage("leaving")
    Atomics.wait(armed, 0, 1, longestFarewellMs)
  })
  return worker
}
