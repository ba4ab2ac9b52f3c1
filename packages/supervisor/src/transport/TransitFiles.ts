/**
 * The transit files of one worker process as its parent holds them: one to it, one from it, opened before it starts
 * and inherited by it. Sees to it that neither keeps memory that is not needed: its worker has no timer for that, since
 * a timer there could be a job's. Where no file is to be had, all goes over the job channel. Not what they are for:
 * `protocol/transit.ts`.
 */
import { closeSync } from "node:fs"
import type { Beside, Taking } from "../protocol/encoding.ts"
import { ProtocolViolation } from "../protocol/frames.ts"
import { openNamelessFile } from "../protocol/nameless-file.ts"
import { HEAD_BYTES, type Place, type Telling, TransitWriter } from "../protocol/transit.ts"
import { TransitReader } from "../protocol/transit-reader.ts"

/** What was not needed for so long is given back. */
const TRIM_MS = 1000
/** The first time, a writer learns what it has needed up to then; the second, what it has not needed since. */
const TRIMS = 2

/** What they ask of the channel to their worker. */
export interface TransitChannel {
  /** Has the worker trim its own. */
  askToTrim(): void
  /** Sends a frame in this very moment, if that can be. */
  sendNow(frame: Buffer): void
}

export class TransitFiles implements Beside, Taking {
  /** For the worker to inherit: to it, and from it. */
  readonly stdio: ReadonlyArray<number | "ignore">
  readonly #channel: TransitChannel
  readonly #descriptors: Array<number> = []
  #writer: TransitWriter | undefined
  #reader: TransitReader | undefined
  #timer: NodeJS.Timeout | undefined
  /** How often each is to be trimmed yet. */
  #trims = 0

  constructor(channel: TransitChannel) {
    this.#channel = channel
    let stdio: ReadonlyArray<number | "ignore"> = ["ignore", "ignore"]
    try {
      const to = openNamelessFile(HEAD_BYTES)
      this.#descriptors.push(to)
      const from = openNamelessFile(HEAD_BYTES)
      this.#descriptors.push(from)
      this.#writer = new TransitWriter(to)
      this.#reader = new TransitReader(from)
      stdio = [to, from]
    } catch {
      // No descriptors left, or no place for a file.
      this.close()
    }
    this.stdio = stdio
  }

  sendNow(frame: Buffer): void {
    this.#channel.sendNow(frame)
  }

  put(bytes: Uint8Array, tell?: Telling): Place | undefined {
    const place = this.#writer?.put(bytes, tell)
    if (place !== undefined) this.#used()
    return place
  }

  take(place: Place): Buffer {
    return this.#read(place, (reader) => reader.take(place))
  }

  /** Reads what is there of a payload that is still being written. Throws `ProtocolViolation`, as `take` does. */
  ahead(place: Place, written: number): void {
    this.#read(place, (reader) => reader.ahead(place, written))
  }

  drop(): void {
    this.#reader?.drop()
  }

  #read<A>(place: Place, by: (reader: TransitReader) => A): A {
    if (this.#reader === undefined) throw new ProtocolViolation("a payload in a file, where there is none")
    this.#used()
    try {
      return by(this.#reader)
    } catch (error) {
      if (error instanceof ProtocolViolation) throw error
      // No memory for it, or a file that can't be read: its worker ends, and never its parent.
      throw new ProtocolViolation(`a payload of ${place.length} bytes that can't be read: ${String(error)}`)
    }
  }

  #used(): void {
    this.#trims = TRIMS
    this.#timer ??= setTimeout(() => this.#trim(), TRIM_MS).unref()
  }

  #trim(): void {
    this.#timer = undefined
    this.#writer?.trim()
    if (this.#trims > 0) {
      this.#trims--
      this.#channel.askToTrim()
    }
    // A worker that is busy takes what was put for it later.
    if (this.#trims > 0 || this.#writer?.holds) this.#timer = setTimeout(() => this.#trim(), TRIM_MS).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#writer = undefined
    this.#reader = undefined
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor)
  }
}
