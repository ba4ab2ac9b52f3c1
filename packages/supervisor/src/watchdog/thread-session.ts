/**
 * A debugger's connection to a worker that is a thread, over an inspector session of its host's. Not when it is wanted:
 * that is `thread-host.ts`.
 */
import { Session } from "node:inspector"
import type { DebugEvents, DebugSession } from "./pause.cts"
import type { ThreadHeap } from "./ThreadHeap.ts"
import { doesAnyEnd, untilItHas, untilNoneEnds } from "./thread-ends.ts"

/** Which thread it is to be. */
export interface Debugged {
  readonly threadId: number
  readonly heap: ThreadHeap
  readonly isEnding?: () => boolean
}

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
export class WorkerSession implements DebugSession {
  readonly #host = new Session()
  readonly #events: DebugEvents
  readonly #heap: ThreadHeap
  readonly #isEnding: () => boolean
  readonly #pending = new Map<number, (result: unknown) => void>()
  readonly #unsent: Array<string> = []
  /** Whether what is unsent waits for the thread's end. */
  #waits = false
  #sessionId: string | undefined
  #lastId = 0
  #closed: Promise<void> | undefined

  constructor({ threadId, heap, isEnding }: Debugged, events: DebugEvents) {
    this.#events = events
    this.#heap = heap
    this.#isEnding = isEnding ?? (() => false)
    const host = this.#host
    host.on("NodeWorker.attachedToWorker", ({ params }) => this.#attached(params as Attached, threadId))
    host.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
      if (params.sessionId === this.#sessionId) this.#receive(JSON.parse(params.message))
    })
    host.on("NodeWorker.detachedFromWorker", ({ params }) => {
      if (params.sessionId !== this.#sessionId) return
      this.#sessionId = undefined
      this.#settle()
    })
    if (!doesAnyEnd()) this.#connect()
    else void untilNoneEnds().then(() => this.#connectLater())
  }

  #connectLater(): void {
    if (this.#closed !== undefined) return
    try {
      this.#connect()
    } catch {
      // As if the thread had gone: nobody waits for an answer in vain.
      this.#settle()
    }
  }

  #connect(): void {
    this.#host.connect()
    this.#host.post("NodeWorker.enable", { waitForDebuggerOnStart: false })
  }

  #attached({ sessionId, workerInfo }: Attached, threadId: number): void {
    // It attaches to every thread, which costs the others nothing; detaching them from here would detach this one too.
    if (!isOf(workerInfo, threadId)) return
    this.#sessionId = sessionId
    this.#flush()
  }

  #send(message: string): void {
    this.#unsent.push(message)
    this.#flush()
  }

  #flush(): void {
    const sessionId = this.#sessionId
    if (sessionId === undefined || this.#waits) return
    if (!this.#isEnding()) return this.#sendAll(sessionId)
    this.#waits = true
    void untilItHas(this.#isEnding).then(() => {
      this.#waits = false
      if (this.#sessionId !== undefined) this.#sendAll(this.#sessionId)
    })
  }

  #sendAll(sessionId: string): void {
    for (const message of this.#unsent.splice(0))
      this.#host.post("NodeWorker.sendMessageToWorker", { sessionId, message })
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

  disconnect(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed
    const isNow = !doesAnyEnd()
    this.#closed = isNow ? Promise.resolve() : untilNoneEnds().then(() => this.#detach())
    if (isNow) this.#detach()
    this.#settle()
    return this.#closed
  }

  #detach(): void {
    try {
      if (this.#sessionId !== undefined) this.#host.post("NodeWorker.detach", { sessionId: this.#sessionId })
      this.#host.disconnect()
    } catch {
      // Closed already, or never connected.
    }
  }
}

interface Paused {
  readonly reason: string
  readonly callFrames: Parameters<DebugEvents["paused"]>[0]
}
