/**
 * Splits a stream of bytes into numbered lines, reading no further than it is asked. A line that is no UTF-8 or too
 * long to be one comes as a broken one; what stands behind it is read on. Knows nothing of what lines mean.
 */
import { isUtf8 } from "node:buffer"
import type { Readable } from "node:stream"

export type Line =
  | { readonly _tag: "Text"; readonly number: number; readonly text: string }
  | { readonly _tag: "Broken"; readonly number: number; readonly problem: string }

const NEWLINE = 10
const BOM = "\uFEFF"

/** A line that long is a file without line breaks; V8's longest string is 512 MB. */
const LONGEST = 256 * 2 ** 20

export class LineReader {
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Buffer>
  readonly #longest: number
  #ready: Array<Line> = []
  #at = 0
  /** The beginning of a line whose end has not come. */
  #started: Array<Buffer> = []
  #startedBytes = 0
  /** The number of the first line. */
  readonly first: number
  /** Of the line that was read last. */
  #number: number
  #ended = false
  #stopped = false
  readonly #size: number | undefined
  /** Whether lines were left when it was stopped; undefined where only reading on would tell. */
  #rest: "some" | "none" | undefined
  /** Bytes read, and how many of them came with the last piece of the stream. */
  #bytes = 0
  #pieceBytes = 0

  /** `first`: the number of its first line. `size`: bytes that the stream has, where that is known. */
  constructor(
    stream: Readable,
    {
      first = 1,
      longest = LONGEST,
      size
    }: { readonly first?: number; readonly longest?: number; readonly size?: number | undefined } = {}
  ) {
    this.first = first
    this.#number = first - 1
    this.#stream = stream
    this.#longest = longest
    this.#size = size
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  /**
   * How much of the stream has been given out as lines, from 0 to 1; undefined where its size is not known. What is at
   * hand counts by its number of lines: that costs nothing for each of them.
   */
  get fraction(): number | undefined {
    if (this.#size === undefined || this.#size === 0) return undefined
    const given = this.#ready.length === 0 ? 0 : Math.min(1, this.#at / this.#ready.length)
    const out = this.#bytes - this.#startedBytes - (this.#pieceBytes - this.#startedBytes) * (1 - given)
    return Math.min(1, Math.max(0, out / this.#size))
  }

  /** Whether there are lines that it has not given out. */
  get rest(): "some" | "none" | undefined {
    if (this.#stopped) return this.#rest
    if (this.#at < this.#ready.length || this.#startedBytes > 0) return "some"
    if (this.#size !== undefined && this.#bytes < this.#size) return "some"
    return this.#ended || this.#size !== undefined ? "none" : undefined
  }

  /** A line that is at hand, without waiting for one. */
  take(): Line | undefined {
    return this.#ready[this.#at++]
  }

  /** The next line; undefined at the end. Rejects where the stream can't be read. */
  async next(): Promise<Line | undefined> {
    while (this.#at >= this.#ready.length) {
      if (this.#ended) return undefined
      this.#ready = []
      this.#at = 0
      await this.#read()
    }
    return this.take()
  }

  /** Reads nothing more: a `next` that waits comes to the end. */
  stop(): void {
    this.#rest = this.rest
    this.#stopped = true
    this.#ended = true
    this.#ready = []
    this.#stream.destroy()
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#chunks.next()
      if (this.#stopped) return
      if (done === true) {
        this.#ended = true
        if (this.#startedBytes > 0) this.#lines(this.#joined(Buffer.alloc(0)))
        return
      }
      this.#bytes += value.length
      this.#pieceBytes = value.length
      this.#split(value)
    } catch (error) {
      this.#ended = true
      if (!this.#stopped) throw error
    }
  }

  #split(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE)
    if (end === -1) {
      this.#keep(chunk)
      return
    }
    const first = chunk.indexOf(NEWLINE)
    // What was begun is joined with its end alone: a chunk of many lines is not copied for it.
    if (this.#startedBytes > 0) {
      this.#lines(this.#joined(chunk.subarray(0, first)))
      if (first < end) this.#lines(chunk.subarray(first + 1, end))
    } else this.#lines(chunk.subarray(0, end))
    if (end + 1 < chunk.length) this.#keep(chunk.subarray(end + 1))
  }

  #keep(part: Buffer): void {
    this.#startedBytes += part.length
    if (this.#startedBytes <= this.#longest) this.#started.push(part)
    else this.#started = []
  }

  #joined(end: Buffer): Buffer | "too long" {
    this.#keep(end)
    const whole = this.#startedBytes > this.#longest ? "too long" : Buffer.concat(this.#started)
    this.#started = []
    this.#startedBytes = 0
    return whole
  }

  /** Adds the lines of a region, whose last line break has been taken off. */
  #lines(region: Buffer | "too long"): void {
    if (region === "too long") {
      const problem = `it is longer than ${this.#longest} bytes`
      this.#ready.push({ _tag: "Broken", number: ++this.#number, problem })
    } else if (isUtf8(region)) {
      for (const text of region.toString("utf8").split("\n")) this.#add(text)
    } else {
      // No byte of a longer character is a line break: each line can be looked at by itself.
      for (let at = 0; at <= region.length; ) {
        const found = region.indexOf(NEWLINE, at)
        const end = found === -1 ? region.length : found
        const line = region.subarray(at, end)
        if (isUtf8(line)) this.#add(line.toString("utf8"))
        else this.#ready.push({ _tag: "Broken", number: ++this.#number, problem: "it is not valid UTF-8" })
        at = end + 1
      }
    }
  }

  #add(raw: string): void {
    const number = ++this.#number
    const start = number === this.first && raw.startsWith(BOM) ? 1 : 0
    const text = raw.slice(start, raw.endsWith("\r") ? -1 : undefined)
    this.#ready.push({ _tag: "Text", number, text })
  }
}
