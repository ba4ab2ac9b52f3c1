/**
 * Watches a worker that is a thread from the thread that hosts it: over an inspector session of the host's own,
 * which reaches into its workers also while they spin. The stack is read as the watchdog of a process reads it
 * (`pause.cts`). Not memory: a thread's heap is limited by V8 itself.
 */
import { createRequire } from "node:module"
import { isMainThread } from "node:worker_threads"
import type { Mask } from "./mask.cts"
import type { Capture, MemoryReading } from "./messages.ts"
import type { NativeModule } from "./native.cts"
import type { DebugEvents, DebugSession, PauseModule, ThreadDebugger } from "./pause.cts"
import { type Room, type ThreadHeap, unknownAfter } from "./ThreadHeap.ts"
import { WorkerSession } from "./thread-session.ts"
import { veiled } from "./veil.ts"
import type { CaptureOptions, Watchdog } from "./Watchdog.ts"

/** How much of a stack is asked for. */
const BOUNDS = { maxFrames: 64, maxLocals: 32, maxValue: 200 } as const

/**
 * Only the main thread's inspector knows the program's threads. By way of it a pool in another thread could look into
 * its own, but a program that ends such a thread while it does hangs (Node 22.19 and 26.10).
 */
const IN_REACH = isMainThread

/** Of the time that a capture has, for the thread to say whether it has room for a debugger. */
const ROOM_SHARE = 0.6

const fromSource = import.meta.url.endsWith(".ts")

/** By way of the folder: the path holds where this file is joined with others, too. */
const load = (name: "pause" | "native"): unknown =>
  createRequire(import.meta.url)(`../watchdog/${name}.${fromSource ? "cts" : "cjs"}`)

const debuggerOf = (watched: WatchedThread, opened: (session: WorkerSession) => void): ThreadDebugger => {
  const { debugThread } = load("pause") as PauseModule
  const connect = (events: DebugEvents): DebugSession => {
    const session = new WorkerSession(watched, events)
    opened(session)
    return session
  }
  return debugThread({ thread: watched.thread, connect })
}

/** What a {@link ThreadWatch} watches. */
export interface WatchedThread {
  readonly threadId: number
  /** The kernel's number of the thread; undefined while that is not known. */
  readonly thread: () => number | undefined
  readonly heap: ThreadHeap
  /** That its end has begun; the debugger is not to be put on or taken off then. */
  readonly isEnding?: () => boolean
  /** Whose values are hidden. */
  readonly mask?: Mask | undefined
}

/**
 * The watchdog of one thread. Until it is armed it costs nothing.
 *
 * @example
 * const heap = new ThreadHeap(worker, 64 * 1024 * 1024, () => worker.terminate())
 * const watch = new ThreadWatch({ threadId: worker.threadId, thread: () => undefined, heap })
 * const capture = await watch.capture({ withinMs: 200, resume: true })
 */
export class ThreadWatch implements Watchdog {
  readonly #watched: WatchedThread
  #debugger: ThreadDebugger | undefined
  /** The newest. */
  #session: WorkerSession | undefined
  /** That the debugger is wanted: whether there is room for it. And whether it is on. */
  #arming: Promise<Room> | undefined
  #armed = false
  #closed = false

  constructor(watched: WatchedThread) {
    this.#watched = watched
  }

  get overMemory(): MemoryReading | undefined {
    return undefined
  }

  limitMemory(): void {}

  #ready(): ThreadDebugger {
    this.#debugger ??= debuggerOf(this.#watched, (session) => {
      this.#session = session
    })
    return this.#debugger
  }

  arm(): void {
    if (this.#closed || this.#arming !== undefined || !IN_REACH) return
    const arming = this.#watched.heap.room()
    this.#arming = arming
    void arming.then((room) => {
      if (this.#arming !== arming || this.#closed) return
      if (room !== "enough") {
        // There may be room by the time that somebody wants to look.
        this.#arming = undefined
        return
      }
      this.#armed = true
      this.#ready().arm()
    })
  }

  disarm(): void {
    this.#arming = undefined
    this.#armed = false
    void this.#debugger?.disarm()
  }

  /** Whether there is room for a debugger: what has been asked already is not asked again. */
  #room(withinMs: number): Promise<Room> {
    const { heap } = this.#watched
    return this.#arming === undefined ? heap.room(withinMs) : Promise.race([this.#arming, unknownAfter(withinMs)])
  }

  async capture({ withinMs, resume }: CaptureOptions): ReturnType<Watchdog["capture"]> {
    if (this.#closed) return undefined
    const { mask } = this.#watched
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => setImmediate(resolve, undefined), withinMs)
    })
    const capture = await Promise.race([this.#capture(withinMs, resume), late])
    clearTimeout(timer)
    return veiled(capture, mask)
  }

  async #capture(withinMs: number, resume: boolean): Promise<Capture | undefined> {
    const began = performance.now()
    if (!IN_REACH) return this.#fromAfar(withinMs)
    if (!this.#armed) {
      const native = (load("native") as NativeModule).watchNative(this.#watched.thread())
      const room = await this.#room(withinMs * ROOM_SHARE)
      if (room === "none") return { state: "failed", frames: [] }
      // Whoever does not answer this would not stop for a debugger either.
      if (room === "unknown") return { state: "native", frames: [], native: native() }
      if (this.#closed) return undefined
    }
    const left = Math.max(1, withinMs - (performance.now() - began))
    const mask = this.#watched.mask?.rules
    return this.#ready().capture({ t: "capture", id: 0, resume, withinMs: left, ...BOUNDS, mask })
  }

  /** Without a debugger, code that is busy may as well be the task's own: only a system call is known. */
  async #fromAfar(withinMs: number): Promise<Capture> {
    const native = (load("native") as NativeModule).watchNative(this.#watched.thread())
    await this.#room(withinMs * ROOM_SHARE)
    const found = native()
    return !found.busy ? { state: "native", frames: [], native: found } : { state: "failed", frames: [] }
  }

  /** Takes the debugger off for good: a thread that is ended while it is paused would never end. */
  close(): Promise<void> {
    this.#closed = true
    return this.#debugger?.disarm() ?? Promise.resolve()
  }

  /** The thread has ended: no answer is waited for, since a session that stays attaches to every later thread too. */
  ended(): void {
    void this.close()
    this.#session?.disconnect()
  }
}
