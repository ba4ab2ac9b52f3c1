/**
 * The output of a worker that is a thread: what it prints is posted to its host at once, with the markers of the job
 * that prints, where Node would keep it until the thread's event loop turns. Not what is written past JavaScript (a
 * native printf, a child that inherits the descriptors): that goes to the program's own output.
 */

import {
  type Owner,
  ownerMarker,
  recordBytes,
  recordMarker,
  releaseMarker,
  syncMarker
} from "../protocol/output-marker.ts"
import { gauge, MOST_UNREAD_BYTES, type Printed } from "../protocol/thread-wire.ts"
import type { OutputTags } from "./output.ts"

/** What posting output needs of the thread. */
export interface ThreadOutputTags extends OutputTags {
  readonly gauge: Int32Array
  readonly post: (printed: Printed, moved: Array<ArrayBuffer>) => void
}

type Stream = Printed["stream"]
const STREAMS = ["stdout", "stderr"] as const
type Written = (error: Error | null, written?: number, data?: unknown) => void

/** How long to sleep, at most, until the host may have read. It wakes the thread before. */
const NAP_MS = 100

export class ThreadOutput {
  readonly #tags: ThreadOutputTags
  /** The job that each stream has announced last; undefined for none. */
  readonly #announced: Record<Stream, Owner | undefined> = { stdout: undefined, stderr: undefined }

  /** Whether anything was printed behind the last sync marker. */
  hasPrinted = false

  constructor(tags: ThreadOutputTags) {
    this.#tags = tags
  }

  /** Takes over all output of this thread. To be called once, before anything is printed. */
  takeOver(): void {
    for (const stream of STREAMS) this.#takeStream(stream)
    this.#takeDescriptors()
  }

  /** Posts text or bytes as the calling code's own. */
  print(stream: Stream, chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.hasPrinted = true
    const { nonce, owner: ownerNow } = this.#tags
    const owner = ownerNow()
    const last = this.#announced[stream]
    const isLast = owner !== undefined && last?.chunkId === owner.chunkId && last.offset === owner.offset
    this.#announced[stream] = owner
    // Code of no job has no end at which its word would be taken back.
    const lines = recordBytes(chunk)
    const before = (isLast ? "" : ownerMarker(nonce, owner)) + (lines === 0 ? "" : recordMarker(nonce, lines))
    const behind = owner === undefined ? releaseMarker(nonce) : ""
    this.#post(stream, Buffer.concat([Buffer.from(before, "latin1"), chunk, Buffer.from(behind, "latin1")]))
  }

  /** The job is over: what comes untagged from here on is not its own. */
  release(chunkId: number, offset: number): void {
    for (const stream of STREAMS) {
      const last = this.#announced[stream]
      if (last?.chunkId !== chunkId || last.offset !== offset) continue
      this.#announced[stream] = undefined
      this.#post(stream, Buffer.from(releaseMarker(this.#tags.nonce), "latin1"))
    }
  }

  /** Posts a sync marker on both streams. */
  sync(seq: number): void {
    this.hasPrinted = false
    for (const stream of STREAMS) this.#post(stream, Buffer.from(syncMarker(this.#tags.nonce, seq), "latin1"))
  }

  #post(stream: Stream, from: Uint8Array): void {
    const words = this.#tags.gauge
    // A flood waits for its reader here, as at a full pipe. Ending the thread ends the wait.
    for (;;) {
      const unread = Atomics.load(words, gauge.unread)
      if (unread < MOST_UNREAD_BYTES) break
      Atomics.wait(words, gauge.unread, unread, NAP_MS)
    }
    // In memory of its own, which is handed over.
    const bytes = new Uint8Array(from)
    Atomics.add(words, gauge.unread, bytes.length)
    this.#tags.post({ _tag: "Printed", stream, bytes }, [bytes.buffer])
  }

  /** Patches on first access: a worker that prints nothing must not load streams. */
  #takeStream(name: Stream): void {
    const original = Object.getOwnPropertyDescriptor(process, name)
    let stream: NodeJS.WriteStream | undefined
    Object.defineProperty(process, name, {
      ...original,
      get: () => {
        if (stream === undefined) {
          stream = original?.get?.call(process) as NodeJS.WriteStream
          this.#patch(stream, name)
        }
        return stream
      }
    })
  }

  #patch(stream: NodeJS.WriteStream, name: Stream): void {
    const write = stream.write.bind(stream) as (chunk: unknown, encoding?: unknown, callback?: unknown) => boolean
    const posted = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
      // What is neither text nor bytes is refused by the stream itself.
      if (!(typeof chunk === "string" || chunk instanceof Uint8Array)) return write(chunk, encoding, callback)
      this.print(name, typeof chunk === "string" ? Buffer.from(chunk, encodingOf(encoding)) : chunk)
      const done = typeof encoding === "function" ? encoding : callback
      if (typeof done === "function") process.nextTick(done as () => void, null)
      return true
    }
    stream.write = posted as typeof stream.write
  }

  /** What goes to the descriptors past the streams: pino's default destination does. */
  #takeDescriptors(): void {
    const fs = process.getBuiltinModule("node:fs")
    const { write, writeSync } = fs
    const syncPosted = (descriptor: number, ...rest: ReadonlyArray<unknown>): number => {
      const stream = streamOf(descriptor)
      const bytes = stream === undefined ? undefined : bytesOf(rest)
      if (stream === undefined || bytes === undefined) return Reflect.apply(writeSync, fs, [descriptor, ...rest])
      this.print(stream, bytes)
      return bytes.length
    }
    const asyncPosted = (descriptor: number, ...rest: ReadonlyArray<unknown>): void => {
      const stream = streamOf(descriptor)
      const bytes = stream === undefined ? undefined : bytesOf(rest)
      const done = rest.at(-1)
      if (stream === undefined || bytes === undefined || typeof done !== "function")
        return Reflect.apply(write, fs, [descriptor, ...rest])
      this.print(stream, bytes)
      process.nextTick(done as Written, null, bytes.length, rest[0])
    }
    // With the originals' own properties: one of them tells util.promisify what to resolve with.
    fs.writeSync = Object.defineProperties(syncPosted, Object.getOwnPropertyDescriptors(writeSync)) as typeof writeSync
    fs.write = Object.defineProperties(asyncPosted, Object.getOwnPropertyDescriptors(write)) as typeof write
    process.getBuiltinModule("node:module").syncBuiltinESMExports()
  }
}

const streamOf = (descriptor: number): Stream | undefined =>
  descriptor === 1 ? "stdout" : descriptor === 2 ? "stderr" : undefined

const encodingOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8"

/** The bytes that `fs.write` would write; undefined for what it would refuse. */
const bytesOf = ([data, second, third]: ReadonlyArray<unknown>): Uint8Array | undefined => {
  if (typeof data === "string") return Buffer.from(data, encodingOf(third))
  if (!ArrayBuffer.isView(data)) return undefined
  const given = typeof second === "object" && second !== null ? (second as { offset?: number; length?: number }) : {}
  const offset = typeof second === "number" ? second : (given.offset ?? 0)
  const length = typeof third === "number" ? third : (given.length ?? data.byteLength - offset)
  const isInside = offset >= 0 && length >= 0 && offset + length <= data.byteLength
  return isInside ? new Uint8Array(data.buffer, data.byteOffset + offset, length) : undefined
}
