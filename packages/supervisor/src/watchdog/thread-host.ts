/**
 * Watches a worker that is a thread from the thread that hosts it: over an inspector session of the host's own,
 * which reaches into its workers also while they spin. The stack is read as the watchdog of a process reads it
 * (`pause.cts`). Not memory: a thread's heap is limited by V8 itself.
 */
import { Session } from "node:inspector"
import { createRequire } from "node:module"
import { isMainThread } from "node:worker_threads"
import type { Mask } from "./mask.cts"
import type { Capture, MemoryReading } from "./messages.ts"
import type { NativeModule } from "./native.cts"
import type { DebugEvents, DebugSession, PauseModule, ThreadDebugger } from "./pause.cts"
import { type Room, type ThreadHeap, unknownAfter } from "./ThreadHeap.ts"
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

interface Attached {
  readonly sessionId: string
  readonly workerInfo: { readonly title: string }
}

/** `[worker 3] WorkerThread`, in earlier versions of Node `Worker 3`; its `workerId` only counts attachments. */
const isOf = ({ title }: Attached["workerInfo"], threadId: number): boolean =>
  /\d+/.exec(title)?.[0] === String(threadId)

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: unknown }
type Told = { readonly id?: undefined; readonly method: string; readonly params: never }

/** What is posted before the thread is attached waits for that. */
class WorkerSession implements DebugSession {
  readonly #host = new Session()
  readonly #events: DebugEvents
  readonly #heap: ThreadHeap
  readonly #pending = new Map<number, (result: unknown) => void>()
  #unsent: Array<string> = []
  #sessionId: string | undefined
  #lastId = 0
  #closed = false

  constructor({ threadId, heap }: WatchedThread, events: DebugEvents) {
    this.#events = events
    this.#heap = heap
    const host = this.#host
    host.connect()
    host.on("NodeWorker.attachedToWorker", ({ params }) => this.#attached(params as Attached, threadId))
    host.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
      if (params.sessionId === this.#sessionId) this.#receive(JSON.parse(params.message))
    })
    host.on("NodeWorker.detachedFromWorker", ({ params }) => {
      if (params.sessionId !== this.#sessionId) return
      this.#sessionId = undefined
      this.#settle()
    })
    host.post("NodeWorker.enable", { waitForDebuggerOnStart: false })
  }

  #attached({ sessionId, workerInfo }: Attached, threadId: number): void {
    // It attaches to every thread, which costs the others nothing; detaching them from here would detach this one too.
    if (!isOf(workerInfo, threadId)) return
    this.#sessionId = sessionId
    for (const message of this.#unsent.splice(0)) this.#send(message)
  }

  #send(message: string): void {
    if (this.#sessionId === undefined) this.#unsent.push(message)
    else this.#host.post("NodeWorker.sendMessageToWorker", { sessionId: this.#sessionId, message })
  }

  #receive(message: Answer | Told): void {
    if (message.id !== undefined) {
      this.#pending.get(message.id)?.(message.error === undefined ? message.result : undefined)
      this.#pending.delete(message.id)
      return
    }
    if (message.method === "Debugger.scriptParsed") this.#events.scriptParsed(message.params)
    else if (message.method === "Debugger.paused") this.#paused(message.params)
    else if (message.method === "Debugger.resumed") this.#events.resumed()
  }

  #paused({ reason, callFrames }: Paused): void {
    if (reason === "OOM") this.#heap.overflow()
    else this.#events.paused(callFrames)
  }

  #settle(): void {
    // What is answered may end this session, and so come here again.
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const answered of pending) answered(undefined)
  }

  post(method: string, params: object, answered: (result: unknown) => void): void {
    const id = ++this.#lastId
    this.#pending.set(id, answered)
    this.#send(JSON.stringify({ id, method, params }))
  }

  /**
   * A thread that is ended while a message of ours waits for it aborts the whole process: V8's inspector finds that
   * its call has failed without an exception ("Check failed: tryCatch.HasCaught()", Node 26.10).
   */
  mustAnswer(): boolean {
    return this.#sessionId !== undefined
  }

  disconnect(): void {
    if (this.#closed) return
    this.#closed = true
    this.#settle()
    try {
      if (this.#sessionId !== undefined) this.#host.post("NodeWorker.detach", { sessionId: this.#sessionId })
      this.#host.disconnect()
    } catch {
      // Closed already.
    }
  }
}

interface Paused {
  readonly reason: string
  readonly callFrames: Parameters<DebugEvents["paused"]>[0]
}

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
