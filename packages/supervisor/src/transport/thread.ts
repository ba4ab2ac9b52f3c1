/**
 * Workers as threads of the calling process, each started by a Piscina of its own, which holds no other and is let go
 * of with it: so nothing is queued there, shared or started again behind our back. Spoken to over a port of our own,
 * with the page in shared memory. What kills or blocks the process natively takes the program along.
 */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from "node:worker_threads"
import type { Piscina } from "piscina"
import { withOwnPayload } from "../protocol/lone-view.ts"
import type { ToWorker } from "../protocol/messages.ts"
import { SharedPage } from "../protocol/shared-page.ts"
import {
  areValues,
  endingNow,
  type FromThread,
  gauge,
  isAboutToGo,
  postToThread,
  type ThreadStart,
  valuesOf
} from "../protocol/thread-wire.ts"
import { ThreadHeap } from "../watchdog/ThreadHeap.ts"
import { watchEnd } from "../watchdog/thread-ends.ts"
import { ThreadWatch } from "../watchdog/thread-host.ts"
import { PollPolicy } from "./PollPolicy.ts"
import type { RawExit, Transport, WorkerLink, WorkerListener, WorkerSpec } from "./Transport.ts"
import { threadFlags, threadLimits } from "./thread-limits.ts"
import { ThreadMappings } from "./thread-mappings.ts"

const fromSource = import.meta.url.endsWith(".ts")
const entry = fileURLToPath(new URL(`../worker/thread-entry.${fromSource ? "ts" : "js"}`, import.meta.url))

/** A thread that has not ended so long after it was told to is blocked in native code: it is left to itself. */
const STRAY_MS = 1000
const MB = 1024 * 1024

/** Loaded when the first thread is started: a pool of processes has no use for it. */
const loadPiscina = (): typeof Piscina => createRequire(import.meta.url)("piscina").Piscina

/** The program's variables with those given; a thread would take an undefined one for the word. */
const variables = (given: NonNullable<WorkerSpec["env"]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...process.env, ...given }).filter((each): each is [string, string] => each[1] !== undefined)
  )

const startPiscina = (spec: WorkerSpec, maxMemory: number | undefined): Piscina => {
  if (!existsSync(entry)) {
    throw new Error(
      `the worker's program ${entry} is not there. Holdfast can't be bundled: mark holdfast and the modules of tasks as external`
    )
  }
  const conditions = ["--conditions=holdfast-worker", ...(fromSource ? ["--conditions=holdfast-source"] : [])]
  const { execArgv, resourceLimits } = threadFlags(spec.execArgv)
  const Pool = loadPiscina()
  return new Pool({
    filename: entry,
    name: "open",
    minThreads: 0,
    maxThreads: 1,
    // Its only task ends at once; the thread stays until it ends itself or is ended.
    idleTimeout: Number.POSITIVE_INFINITY,
    // With them the thread's event loop would stand still between tasks.
    atomics: "disabled",
    recordTiming: false,
    execArgv: [...execArgv, ...conditions],
    resourceLimits: threadLimits(resourceLimits, maxMemory),
    ...(spec.env === undefined ? {} : { env: variables(spec.env) })
  })
}

const outOfMemory = (error: Error | undefined): boolean =>
  error !== undefined && Reflect.get(error, "code") === "ERR_WORKER_OUT_OF_MEMORY"

class ThreadLink implements WorkerLink {
  readonly pid = process.pid
  readonly stdout = new Readable({ read: () => undefined })
  readonly stderr = new Readable({ read: () => undefined })
  readonly watchdog: ThreadWatch
  readonly #listener: WorkerListener
  readonly #piscina: Piscina
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #page = new SharedPage()
  readonly #mappings = new ThreadMappings()
  readonly #gauge = new Int32Array(new SharedArrayBuffer(gauge.bytes))
  /** Of a thread that runs; the heap's limit can't be asked for later. */
  readonly #heapMb: number
  readonly #unsent: Array<ToWorker> = []
  readonly #poll = new PollPolicy()
  /** Nobody needs to know any more that it ends. */
  readonly #endWatched: () => void
  #opened = false
  #gone = false
  #isOverflowed = false
  #error: Error | undefined
  #strayTimer: NodeJS.Timeout | undefined

  constructor(spec: WorkerSpec, listener: WorkerListener, maxMemory: number | undefined) {
    this.#listener = listener
    this.#piscina = startPiscina(spec, maxMemory)
    // Told by the worker itself as well; unheard, it would end the program.
    this.#piscina.on("error", () => undefined)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const start: ThreadStart = {
      port: port2,
      page: this.#page.memory,
      gauge: this.#gauge.buffer as SharedArrayBuffer,
      outputNonce: spec.configure.outputNonce
    }
    // Its types are of an older @types/node, where a list of what is handed over was something else.
    const opening = this.#piscina.run(start, { transferList: [port2] as never })
    const [worker] = this.#piscina.threads
    if (worker === undefined) throw new Error("Piscina has started no thread")
    this.#worker = worker
    this.#heapMb = worker.resourceLimits?.maxOldGenerationSizeMb ?? 0
    opening.then(
      () => {
        this.#opened = true
      },
      (error: Error) => this.#failedToOpen(error)
    )
    worker.on("error", (error: unknown) => {
      this.#error ??= error instanceof Error ? error : new Error(String(error))
    })
    const isEnding = (): boolean => isAboutToGo(Atomics.load(this.#gauge, gauge.ending))
    this.#endWatched = watchEnd(isEnding)
    worker.on("exit", (code) => {
      this.#endWatched()
      this.watchdog.ended()
      this.#ended(code)
      this.#mappings.end()
    })
    port1.on("message", (message: FromThread) => this.#receive(message))
    const { threadId } = worker
    this.watchdog = new ThreadWatch({
      threadId,
      thread: () => this.thread,
      heap: new ThreadHeap(worker, this.#heapMb * MB, () => this.#overflowed()),
      isEnding,
      mask: spec.mask
    })
    this.send(spec.configure)
  }

  #failedToOpen(error: Error): void {
    if (this.#gone) return
    this.#error ??= error
    this.kill()
  }

  /** V8 would have ended it, had the debugger not been on. */
  #overflowed(): void {
    this.#isOverflowed = true
    this.kill()
  }

  #receive(message: FromThread): void {
    if (this.#gone) return
    if (areValues(message)) {
      this.#poll.answered()
      return this.#listener.message(valuesOf(message))
    }
    if ("pointer" in message) return this.#mappings.note(message)
    this.#poll.answered()
    if (message._tag !== "Printed") return this.#listener.message(message)
    Atomics.sub(this.#gauge, gauge.unread, message.bytes.length)
    Atomics.notify(this.#gauge, gauge.unread)
    const { buffer, byteOffset, byteLength } = message.bytes
    this[message.stream].push(Buffer.from(buffer, byteOffset, byteLength))
  }

  send(message: ToWorker): void {
    if (message._tag === "Run") this.#poll.asked()
    this.#unsent.push(withOwnPayload(message))
    if (this.#unsent.length > 1) return
    // What is sent in one turn arrives in one.
    process.nextTick(() => {
      const messages = this.#unsent.splice(0)
      if (!this.#gone) postToThread(this.#port, messages)
    })
  }

  get thread(): number | undefined {
    return this.#gauge[gauge.thread] || undefined
  }

  get awake(): boolean {
    return this.#poll.awake
  }

  mark(): ReturnType<WorkerLink["mark"]> {
    return this.#page.mark()
  }

  leftovers(): ReturnType<WorkerLink["leftovers"]> {
    return this.#page.leftovers()
  }

  note(): string | undefined {
    return this.#page.note()
  }

  limit(limit: Parameters<WorkerLink["limit"]>[0]): void {
    this.#page.limit(limit)
  }

  kill(): void {
    if (this.#gone || this.#strayTimer !== undefined) return
    this.#strayTimer = setTimeout(() => this.#abandon(), STRAY_MS)
    // A thread that is paused would never end, and one that has yet to answer the debugger would take all along.
    void this.watchdog.close().then(() => {
      Atomics.store(this.#gauge, gauge.ending, endingNow())
      return this.#piscina.destroy()
    })
  }

  /** It can't be ended before its native call returns, which may be never: it holds nothing of ours any more. */
  #abandon(): void {
    const worker = this.#worker
    this.#ended(undefined)
    this.#mappings.forget()
    this.#endWatched()
    worker.unref()
  }

  #ended(code: number | undefined): void {
    if (this.#gone) return
    clearTimeout(this.#strayTimer)
    // What it had posted before it ended.
    for (let last = receiveMessageOnPort(this.#port); last !== undefined; last = receiveMessageOnPort(this.#port))
      this.#receive(last.message)
    this.#gone = true
    this.#port.close()
    void this.watchdog.close()
    const error = this.#error
    const exit: RawExit = {
      exitCode: code,
      signal: undefined,
      spawnError: this.#opened ? undefined : (error ?? new Error(`the thread ended with code ${code} before it began`)),
      violation: undefined,
      note: this.#page.note(),
      heapLimit: this.#isOverflowed || outOfMemory(error) ? this.#heapMb * MB : undefined
    }
    let open = 2
    const closed = (): void => {
      if (--open === 0) this.#listener.exited(exit)
    }
    for (const stream of [this.stdout, this.stderr]) {
      stream.once("close", closed)
      stream.push(null)
      // Where nobody reads, it ends all the same.
      if (stream.listenerCount("data") === 0) stream.resume()
    }
  }

  keepAlive(keep: boolean): void {
    if (this.#gone) return
    for (const holder of [this.#worker, this.#port]) {
      if (keep) holder.ref()
      else holder.unref()
    }
  }
}

/** Runs jobs on threads, the heap of each limited to `maxMemory` bytes. */
export const threadTransport = ({ maxMemory }: { readonly maxMemory: number | undefined }): Transport => ({
  start: (spec, listener) => new ThreadLink(spec, listener, maxMemory)
})
