/**
 * The port to whatever watches a worker from outside of its event loop: a helper thread in a worker process
 * (`link.ts`), the host of a thread (`thread-host.ts`). Neither decides a deadline or ends a worker.
 */
import type { Frame } from "@holdfast/core"
import type { Capture, MemoryReading } from "./messages.ts"

export interface CaptureOptions {
  /** The promise settles by then. Milliseconds. */
  readonly withinMs: number
  /** The worker's code goes on afterwards; otherwise it stays paused, to be killed or disarmed. */
  readonly resume: boolean
}

/** Where a worker's code was when its memory was seen to grow; `at` by `performance.now()`. */
export interface Growing {
  readonly frames: ReadonlyArray<Frame>
  readonly at: number
}

export interface Watchdog {
  /** What was read of the worker's memory before it was ended for it. */
  readonly overMemory: MemoryReading | undefined
  /** Makes the next capture quick under load; best some 500 ms before a deadline. */
  arm(): void
  /** Takes back `arm`; code that a capture left paused goes on. */
  disarm(): void
  /** Where the worker's code is; undefined when no answer came within `withinMs`, or nobody is there to ask. */
  capture(options: CaptureOptions): Promise<Capture | undefined>
  /** Ends the worker when its memory passes `bytes`, read every `everyMs`. */
  limitMemory(bytes: number, everyMs: number): void
}
