/**
 * The parent's end of a watchdog's channel. A worker's own code can write to that channel, close it or freeze,
 * so nothing that arrives is trusted, every wait has an end, and nothing here throws. It decides no deadline
 * and ends no process.
 */
import type { Duplex } from "node:stream"
import type { Mask } from "./mask.cts"
import {
  type Capture,
  type FromWatchdog,
  MAX_LINE_BYTES,
  type MemoryReading,
  readFromWatchdog,
  type ToWatchdog
} from "./messages.ts"
import { veiled } from "./veil.ts"
import type { CaptureOptions, Growing, Watchdog } from "./Watchdog.ts"

/** How much of a stack is asked for. */
const maxFrames = 64
const maxLocals = 32
const maxValue = 200

/** A worker that reads nothing is frozen; what it is told would only pile up. */
const maxUnsentBytes = 1 << 16

const newline = 10

/**
 * Speaks to the watchdog at the other end of a socket pair. Closing the link, or the stream, ends the worker
 * process.
 *
 * @example
 * const link = new WatchdogLink(child.stdio[5])
 * link.arm()                                                        // 500 ms before the deadline
 * const capture = await link.capture({ withinMs: 200, resume: false })
 */
export class WatchdogLink implements Watchdog {
  readonly #stream: Duplex
  readonly #mask: Mask | undefined
  readonly #captures = new Map<number, (capture: Capture | undefined) => void>()
  readonly #memoryListeners = new Set<(reading: MemoryReading) => void>()
  #lastId = 0
  #unread: Array<Buffer> = []
  #unreadBytes = 0
  #state: "open" | "broken" | "closed" = "open"
  #ready = false
  #overMemory: MemoryReading | undefined
  /** Where its code was when its memory was last seen to grow. */
  growing: Growing | undefined

  constructor(stream: Duplex, mask?: Mask) {
    this.#stream = stream
    this.#mask = mask
    // A dead worker gives ECONNRESET or EPIPE; `close` follows.
    stream.on("error", () => {})
    stream.on("close", () => this.#settle("closed"))
    stream.on("end", () => this.#settle("closed"))
    stream.on("data", (chunk: Buffer | string) => this.#receive(typeof chunk === "string" ? Buffer.from(chunk) : chunk))
  }

  /** `broken`: something else than the watchdog wrote to it. It stays connected, for closing would end the worker. */
  get state(): "open" | "broken" | "closed" {
    return this.#state
  }

  /** True once the watchdog has said that it is at work, and while it does not rest. */
  get ready(): boolean {
    return this.#ready
  }

  /** What the watchdog read before it ended the process for its memory. */
  get overMemory(): MemoryReading | undefined {
    return this.#overMemory
  }

  /** Makes the next capture quick under load; best some 500 ms before a deadline. Costs the worker nothing. */
  arm(): void {
    this.#send({ t: "arm" })
  }

  /** Takes back {@link arm}; a main thread that a capture left paused goes on. */
  disarm(): void {
    this.#send({ t: "disarm" })
  }

  /** Where the worker's main thread is; undefined when no answer came within `withinMs` or the link is gone. */
  capture({ withinMs, resume }: CaptureOptions): Promise<Capture | undefined> {
    if (this.#state !== "open") return Promise.resolve(undefined)
    const id = ++this.#lastId
    return new Promise((resolve) => {
      // An answer that came while this process was busy itself is read before an immediate runs, and counts.
      const timer = setTimeout(() => setImmediate(() => settle(undefined)), withinMs)
      const settle = (capture: Capture | undefined): void => {
        clearTimeout(timer)
        this.#captures.delete(id)
        resolve(veiled(capture, this.#mask))
      }
      this.#captures.set(id, settle)
      const mask = this.#mask?.rules
      if (!this.#send({ t: "capture", id, resume, withinMs, maxFrames, maxLocals, maxValue, mask })) settle(undefined)
    })
  }

  /** Ends the process when its resident memory passes `bytes`, read every `everyMs` (20 ms overshoot by some 10 %). */
  limitMemory(bytes: number, everyMs: number): void {
    this.#send({ t: "memory", limitBytes: bytes, everyMs })
  }

  /** Calls the listener when the watchdog ends the process for its memory; returns how to stop listening. */
  onOverMemory(listener: (reading: MemoryReading) => void): () => void {
    this.#memoryListeners.add(listener)
    return () => this.#memoryListeners.delete(listener)
  }

  /** Lets go of the channel; a worker that still runs ends itself. Pending captures settle with undefined. */
  close(): void {
    this.#settle("closed")
    this.#stream.destroy()
  }

  #send(message: ToWatchdog): boolean {
    if (this.#state === "closed" || this.#stream.destroyed || !this.#stream.writable) return false
    if (this.#stream.writableLength > maxUnsentBytes) return false
    this.#stream.write(`${JSON.stringify(message)}\n`)
    return true
  }

  #receive(chunk: Buffer): void {
    let rest = chunk
    // Once broken it is still read, for a full socket would block whoever writes.
    while (this.#state === "open" && rest.length > 0) {
      const end = rest.indexOf(newline)
      const part = end === -1 ? rest : rest.subarray(0, end)
      if (this.#unreadBytes + part.length > MAX_LINE_BYTES) {
        this.#settle("broken")
        return
      }
      this.#unread.push(part)
      this.#unreadBytes += part.length
      if (end === -1) return
      const line = Buffer.concat(this.#unread).toString("utf8")
      this.#unread = []
      this.#unreadBytes = 0
      rest = rest.subarray(end + 1)
      const message = readFromWatchdog(line)
      if (message === undefined) this.#settle("broken")
      else this.#handle(message)
    }
  }

  #handle(message: FromWatchdog): void {
    switch (message.t) {
      case "ready":
        this.#ready = true
        return
      case "resting":
        this.#ready = false
        return
      case "captured": {
        const { state, frames, native } = message
        this.#captures.get(message.id)?.({ state, frames, ...(native === undefined ? {} : { native }) })
        return
      }
      case "growing":
        this.growing = { frames: message.frames, at: performance.now() }
        return
      case "overMemory": {
        const reading = { rss: message.rss, limit: message.limit }
        this.#overMemory = reading
        for (const listener of this.#memoryListeners) listener(reading)
      }
    }
  }

  #settle(state: "broken" | "closed"): void {
    if (this.#state === "closed") return
    this.#state = state
    this.#unread = []
    this.#unreadBytes = 0
    for (const settle of [...this.#captures.values()]) settle(undefined)
  }
}
