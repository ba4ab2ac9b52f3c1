/**
 * What the main thread and its watchdog share in memory, for either may be blocked when the other has to know: whether
 * the debugger is on, and what one watchdog leaves to the next. Only names; who writes what is in `Duty.ts` and
 * `thread.cts`, which repeats the numbers, since it can import no module.
 */

/** The states of a watchdog. Each side goes on from `ASKED` by compare-and-exchange: one of them alone succeeds. */
export const ON_DUTY = 0
export const ASKED = 1
export const GONE = 2

/**
 * The states of a look at what is open in the main thread, which waits for it; gone on from `WANTED` in the same way.
 * The last three are what it has found: nothing can be told, something is open, nothing is.
 */
export const IDLE = 0
export const WANTED = 1
export const LOOKING = 2
export const UNKNOWN = 3
export const OPEN = 4
export const QUIET = 5

/** How many descriptors are made at once. Each thread that ends closes its own. */
export const SPARES = 8

export interface Handover {
  /** `[0]`: 1 while the debugger is on the main thread. */
  readonly armed: Int32Array
  /** `[0]`: the state. Then, once it is `GONE`, the channel's descriptors that are left; 0 for none. */
  readonly state: Int32Array
  /** `[0]`: the state of a look. */
  readonly sight: Int32Array
  /**
   * The memory limit in bytes, 0 for none; how often it is read, in milliseconds; and the key by which a thread's end is
   * made to give memory back, 0 for none: a process has few.
   */
  readonly memory: Float64Array
}

/**
 * What the main thread tells its watchdog: that it is about to exit, so that the debugger has to go; to make ready for a
 * rest, and answer `here` if it can; to look at what is open, while the main thread waits; to answer `rested` if it may;
 * to end.
 */
export type ToThread = "leaving" | "ready" | "look" | "rest" | "leave"

export type FromThread = "here" | "rested"
