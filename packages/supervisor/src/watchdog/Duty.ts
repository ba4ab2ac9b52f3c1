/**
 * When a worker process has its watchdog: from its first task on, but not while it rests. An isolate takes 7 MB, and one
 * whose main thread runs no code of the user's needs none: it hears of its parent's death itself. Main thread's side;
 * when a worker may rest is told by the parent (`transport/RestClock.ts`) and checked by `worker/alone.ts`.
 */
import type { Worker } from "node:worker_threads"
import { collectGarbage } from "./garbage.ts"
import {
  ASKED,
  type FromThread,
  GONE,
  type Handover,
  IDLE,
  LOOKING,
  ON_DUTY,
  QUIET,
  SPARES,
  type ToThread,
  UNKNOWN,
  WANTED
} from "./handover.ts"
import { startWatchdog, type WatchdogOptions } from "./start.ts"

/** How long an exit may be held up to take the debugger off; it takes 0.5 ms. */
const longestFarewellMs = 200

/** How long the thread may take to begin to look at what is open; it takes 1 ms. */
const longestLookMs = 100

const int32s = (count: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT))

/** Whether a worker may be without a watchdog, which tells whether nothing is open; undefined where it can't. */
export type IsFree = (isQuiet: () => boolean | undefined) => boolean

export class Duty {
  /** Threads started so far. */
  starts = 0
  readonly #options: WatchdogOptions
  #worker: Worker | undefined
  #handover: Handover | undefined
  /** Whether the thread was asked to rest, and perhaps does. */
  #mayRest = false
  /** Whether garbage was collected since the thread has ended. */
  #isTidy = false
  #isFree: IsFree = () => false

  constructor(options: WatchdogOptions) {
    this.#options = options
  }

  /**
   * To be called before code of the user's runs. Returns at once; a thread is at work some 30 ms later.
   * The process ends when the parent closes the channel or dies.
   *
   * @example
   * new Duty({ channelFd: 5, parentPid: configuration.parentPid }).begin()
   */
  begin(): void {
    if (this.#worker === undefined) {
      this.#start([this.#options.channelFd])
      process.on("exit", () => this.#farewell())
    } else if (this.#mayRest) this.#goOn()
  }

  /**
   * Lets the watchdog end if `isFree` says so in a moment, and it has nothing to do itself; the garbage is collected
   * before, so that its end gives back what was freed. The next call, while it is gone, collects once more: V8 keeps the
   * pages of an isolate that has ended until another gives up a page of its own, more than 12 s later (decision 0030).
   */
  rest(isFree: IsFree): void {
    if (this.#handover === undefined) return
    const state = Atomics.load(this.#handover.state, 0)
    if (this.#mayRest && state !== ON_DUTY) {
      if (state === GONE && !this.#isTidy) collectGarbage()
      this.#isTidy = state === GONE
      return
    }
    // One that had something to do has stayed, and is asked again.
    this.#mayRest = false
    this.#isFree = isFree
    // A timer first: only when one fires does Node correct what libuv tells of those that were cleared. Then an answer,
    // whose callback is neither a timer's nor an immediate's.
    setTimeout(() => this.#tell("ready"))
  }

  /** Waits for the thread, which reads libuv's lists meanwhile: they have no lock. */
  #isQuiet(): boolean | undefined {
    const { sight } = this.#handover as Handover
    Atomics.store(sight, 0, WANTED)
    this.#tell("look")
    Atomics.wait(sight, 0, WANTED, longestLookMs)
    // Where it has not begun, it does not any more. Where it has, it takes microseconds, and must not be left to itself.
    if (Atomics.compareExchange(sight, 0, WANTED, IDLE) === WANTED) return false
    while (Atomics.load(sight, 0) === LOOKING) Atomics.wait(sight, 0, LOOKING)
    const found = Atomics.load(sight, 0)
    return found === UNKNOWN ? undefined : found === QUIET
  }

  #hear(message: FromThread): void {
    if (message === "here") {
      if (this.#mayRest || !this.#isFree(() => this.#isQuiet())) return
      this.#mayRest = true
      collectGarbage()
      Atomics.store((this.#handover as Handover).state, 0, ASKED)
      this.#tell("rest")
    } else {
      // The debugger's session ends here after the thread has closed it, and tells the thread: if that is gone by then,
      // Node aborts. What was posted before this message is done once the event loop has turned.
      setImmediate(() => setImmediate(() => this.#tell("leave")))
    }
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message)
  }

  /** Whether the watchdog has been asked to rest; {@link begin} has to be called before code of the user's runs. */
  get mayRest(): boolean {
    return this.#mayRest
  }

  #goOn(): void {
    this.#mayRest = false
    const { state, memory } = this.#handover as Handover
    if (Atomics.compareExchange(state, 0, ASKED, ON_DUTY) !== GONE) return
    this.#start(
      [...state.subarray(1)].filter((descriptor) => descriptor > 0),
      memory
    )
  }

  #start(descriptors: ReadonlyArray<number>, before?: Float64Array): void {
    const memory = new Float64Array(new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT))
    if (before !== undefined) memory.set(before)
    this.#isTidy = false
    const handover = { armed: int32s(1), state: int32s(1 + SPARES), sight: int32s(1), memory }
    this.#handover = handover
    this.starts++
    const worker = startWatchdog(this.#options, descriptors, handover)
    worker.on("message", (message: FromThread) => {
      if (this.#worker === worker) this.#hear(message)
    })
    worker.unref()
    this.#worker = worker
  }

  /** Otherwise Node prints "Waiting for the debugger to disconnect..." as the last line of the task's stderr. */
  #farewell(): void {
    const { armed } = this.#handover ?? {}
    if (armed === undefined || Atomics.load(armed, 0) === 0) return
    this.#tell("leaving")
    Atomics.wait(armed, 0, 1, longestFarewellMs)
  }
}
