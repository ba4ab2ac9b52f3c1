/**
 * How output is tagged with the job that wrote it: markers within the very stream, so that they keep their place
 * among the bytes. Encodings for the worker, and the parser that takes them out again for the parent. A marker
 * carries the worker's own nonce, which no output can contain by accident. Not what becomes of the lines.
 */

/** The job that wrote some output. */
export interface Owner {
  readonly chunkId: number
  readonly offset: number
}

/** Who wrote a line: a job, code that belongs to none, or, undefined, whoever ran then (a native printf). */
export type Writer = Owner | "nobody" | undefined

const CLOSE = "\x01\0"
const prefix = (nonce: string): string => `\0\x01hf:${nonce}:`

/** What follows was written by this job or, undefined, by code that belongs to none. */
export const ownerMarker = (nonce: string, owner: Owner | undefined): string =>
  `${prefix(nonce)}${owner === undefined ? "-" : `${owner.chunkId}:${owner.offset}`}${CLOSE}`

/** Nobody has announced what follows: it belongs to whoever runs then. */
export const releaseMarker = (nonce: string): string => `${prefix(nonce)}?${CLOSE}`

/** Everything that was written before this has passed. */
export const syncMarker = (nonce: string, seq: number): string => `${prefix(nonce)}!${seq}${CLOSE}`

/** So many bytes from here on are one record, the newlines within them too. */
export const recordMarker = (nonce: string, bytes: number): string => `${prefix(nonce)}#${bytes}${CLOSE}`

const OPENS_JSON = 0x7b

/**
 * How much of what is written at once is one record of several lines: up to its last newline. 0 for one line, for more
 * than anybody says in one word, and for records of JSON that a logger has gathered.
 */
export const recordBytes = (written: Uint8Array): number => {
  if (written.length > MAX_LINE_BYTES) return 0
  const first = written.indexOf(NEWLINE)
  const last = written.lastIndexOf(NEWLINE)
  if (first === last) return 0
  return written[0] === OPENS_JSON && written[first + 1] === OPENS_JSON ? 0 : last + 1
}

/** Longer lines are delivered in pieces of at most so many bytes. */
export const MAX_LINE_BYTES = 64 * 1024
/** Two integers, a colon. */
const MAX_BODY_BYTES = 40
/** From so many bytes at once on, it pays to look for the last lines first. */
const FLOOD_BYTES = 8 * 1024
const NEWLINE = 10
const RETURN = 13

const same = (one: Writer, other: Writer): boolean =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && one.chunkId === other.chunkId && one.offset === other.offset)

/** What an {@link OutputParser} is made with. */
export interface OutputListener {
  readonly nonce: string
  /** One line without its end; `partial` where the stream ended before the line did. */
  readonly line: (text: string, writer: Writer, partial: boolean) => void
  readonly sync: (seq: number) => void
  /** How many of the last lines suffice for what arrived at once; undefined for all. Makes a flood cheap. */
  readonly suffices?: () => number | undefined
}

/** Splits one stream of a worker into lines with their writers. Holds at most one line of 64 KiB. */
export class OutputParser {
  readonly #listener: OutputListener
  readonly #prefix: Buffer
  #writer: Writer = undefined
  /** The end of the last chunk, where it may be the beginning of a marker. */
  #held: Buffer | undefined
  /** The line that no newline has ended yet, in bytes: a character may be split between chunks. */
  #line = Buffer.allocUnsafe(0)
  #length = 0
  #lineWriter: Writer = undefined
  /** Bytes that still belong to the record of several lines that is being read. */
  #record = 0

  constructor(listener: OutputListener) {
    this.#listener = listener
    this.#prefix = Buffer.from(prefix(listener.nonce), "latin1")
  }

  /** The line that is being written. */
  get unfinished(): { readonly text: string; readonly writer: Writer } | undefined {
    return this.#length === 0
      ? undefined
      : { text: this.#line.toString("utf8", 0, this.#length), writer: this.#lineWriter }
  }

  /** True when the last line has ended. */
  get isBetweenLines(): boolean {
    return this.#length === 0
  }

  /** Takes the next bytes of the stream, in any split. */
  push(chunk: Buffer): void {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = undefined
    let at = 0
    for (;;) {
      const open = bytes.indexOf(this.#prefix, at)
      if (open === -1) {
        const end = bytes.length - this.#beginning(bytes, at)
        this.#text(bytes, at, end)
        this.#hold(bytes, end)
        return
      }
      this.#text(bytes, at, open)
      const body = open + this.#prefix.length
      const length = bytes.subarray(body, body + MAX_BODY_BYTES + CLOSE.length).indexOf(CLOSE, 0, "latin1")
      if (length === -1 && bytes.length < body + MAX_BODY_BYTES + CLOSE.length) {
        this.#hold(bytes, open)
        return
      }
      const isMarker = length !== -1 && this.#obey(bytes.toString("latin1", body, body + length))
      // A marker torn by another process that writes to the same pipe: text like any other.
      if (!isMarker) this.#text(bytes, open, body)
      at = isMarker ? body + length + CLOSE.length : body
    }
  }

  /** The stream is over: delivers what is left of it. */
  end(): void {
    if (this.#held !== undefined) this.#text(this.#held, 0, this.#held.length)
    this.#held = undefined
    if (this.#length > 0) this.#flush(true)
  }

  /** How many bytes at the end may begin a marker. The prefix has one zero byte: its first. */
  #beginning(bytes: Buffer, from: number): number {
    const least = Math.max(from, bytes.length - this.#prefix.length + 1)
    const zero = bytes.lastIndexOf(0)
    if (zero < least) return 0
    const length = bytes.length - zero
    return bytes.compare(this.#prefix, 0, length, zero) === 0 ? length : 0
  }

  #hold(bytes: Buffer, from: number): void {
    // A copy: a view would keep the whole chunk.
    if (from < bytes.length) this.#held = Buffer.from(bytes.subarray(from))
  }

  /** False for what is no marker. */
  #obey(body: string): boolean {
    // A marker within a record: whoever shares the pipe has written into it.
    if (this.#record > 0 && !body.startsWith("!")) this.#endRecord()
    if (body === "?") {
      // Its job is over, and its line with it.
      if (this.#length > 0 && typeof this.#lineWriter === "object") this.#flush(false)
      this.#writer = undefined
    } else if (body === "-") this.#writer = "nobody"
    else {
      const found = /^(?:!(\d+)|#(\d+)|(\d+):(\d+))$/.exec(body)
      if (found === null) return false
      if (found[2] !== undefined) this.#record = Number(found[2])
      else if (found[1] === undefined) this.#writer = { chunkId: Number(found[3]), offset: Number(found[4]) }
      else this.#listener.sync(Number(found[1]))
    }
    return true
  }

  #text(chunk: Buffer, from: number, to: number): void {
    if (from === to) return
    if (this.#length > 0 && !same(this.#lineWriter, this.#writer)) this.#flush(false)
    this.#lineWriter = this.#writer
    // Ends with what is to be read: a search for a newline must not run on into what comes after the next marker.
    const bytes = to === chunk.length ? chunk : chunk.subarray(0, to)
    let at = from
    if (this.#record > 0) {
      at += Math.min(this.#record, to - from)
      this.#record -= at - from
      this.#append(bytes, from, at, false)
      if (this.#record > 0) return
      this.#endRecord()
    }
    at = this.#skip(bytes, at)
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, at)
      if (newline === -1) break
      this.#append(bytes, at, newline, true)
      at = newline + 1
    }
    this.#append(bytes, at, to, false)
  }

  /** Where the last lines begin that the listener wants. */
  #skip(bytes: Buffer, from: number): number {
    if (bytes.length - from < FLOOD_BYTES) return from
    const suffices = this.#listener.suffices?.()
    if (suffices === undefined) return from
    let at = bytes.length
    for (let left = suffices; left >= 0; left--) {
      at = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1)
      if (at < from) return from
    }
    this.#length = 0
    return at + 1
  }

  #endRecord(): void {
    this.#record = 0
    if (this.#length > 0 && this.#line[this.#length - 1] === NEWLINE) this.#length--
    if (this.#length > 0 && this.#line[this.#length - 1] === RETURN) this.#length--
    this.#flush(false)
  }

  #append(bytes: Buffer, from: number, to: number, ends: boolean): void {
    const end = ends && to > from && bytes[to - 1] === RETURN ? to - 1 : to
    if (ends && this.#length === 0 && end - from <= MAX_LINE_BYTES) {
      this.#listener.line(bytes.toString("utf8", from, end), this.#lineWriter, false)
      return
    }
    for (let at = from; at < end; ) {
      if (this.#length === MAX_LINE_BYTES) this.#piece()
      const taken = Math.min(end - at, MAX_LINE_BYTES - this.#length)
      this.#reserve(this.#length + taken)
      bytes.copy(this.#line, this.#length, at, at + taken)
      this.#length += taken
      at += taken
    }
    if (!ends) return
    // The two characters of a line's end may come in two chunks.
    if (to === from && this.#line[this.#length - 1] === RETURN) this.#length--
    this.#flush(false)
  }

  #reserve(bytes: number): void {
    if (this.#line.length >= bytes) return
    const larger = Buffer.allocUnsafeSlow(Math.min(MAX_LINE_BYTES, Math.max(256, bytes * 2)))
    this.#line.copy(larger, 0, 0, this.#length)
    this.#line = larger
  }

  /** Delivers as much of a long line as ends with a whole character. */
  #piece(): void {
    let end = this.#length
    for (let back = 1; back <= 3; back++) {
      const byte = this.#line[this.#length - back] as number
      if (byte >= 0xc0) {
        const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
        if (needs > back) end = this.#length - back
      }
      if ((byte & 0xc0) !== 0x80) break
    }
    this.#listener.line(this.#line.toString("utf8", 0, end), this.#lineWriter, false)
    this.#line.copy(this.#line, 0, end, this.#length)
    this.#length -= end
  }

  #flush(partial: boolean): void {
    const text = this.#line.toString("utf8", 0, this.#length)
    this.#length = 0
    // A line ends where it does; only a record of several has ends within.
    this.#listener.line(text.replaceAll("\r\n", "\n"), this.#lineWriter, partial)
  }
}
