/**
 * Writes whole lines to a file, a pipe or a terminal, as they come and never faster than they are taken. Where a
 * regular file takes only a part of a line (a full disk), that part is taken back.
 */
import { fstat, ftruncate, type Stats, write } from "node:fs"
import type { Writable } from "node:stream"
import { promisify } from "node:util"

const NEWLINE = 10
/** What may wait to be written before whoever writes must wait too, and about what is written at once. */
const HIGH_WATER = 2 ** 20

/** How much of what was to be written is there, and why not the rest. */
export interface Written {
  readonly bytes: number
  readonly failure?: { readonly error: unknown }
}

/** Where bytes go. */
export interface Target {
  write(bytes: Buffer): Promise<Written>
}

const writeFile = promisify(write)
const cut = promisify(ftruncate)
const look: (descriptor: number) => Promise<Stats> = promisify(fstat)

/** A regular file, or whatever else Node writes with a system call of its own. */
export class FileTarget implements Target {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async write(bytes: Buffer): Promise<Written> {
    let written = 0
    try {
      while (written < bytes.length)
        written += (await writeFile(this.#descriptor, bytes, written, bytes.length - written, null)).bytesWritten
      return { bytes: written }
    } catch (error) {
      const whole = written === 0 ? 0 : bytes.lastIndexOf(NEWLINE, written - 1) + 1
      await this.#takeBack(written - whole)
      return { bytes: whole, failure: { error } }
    }
  }

  /** Takes the last bytes off the file again, which a part of a line are. */
  async #takeBack(count: number): Promise<void> {
    if (count === 0) return
    try {
      const stats = await look(this.#descriptor)
      if (stats.isFile()) await cut(this.#descriptor, stats.size - count)
    } catch {
      // The error that is told is the one of the write.
    }
  }
}

/** stdout as a pipe, a socket or a terminal: Node's own stream of it waits for a slow reader without a thread. */
export class StreamTarget implements Target {
  readonly #stream: Writable
  readonly #lead: Buffer

  /** `lead` goes before the lines of each write. */
  constructor(stream: Writable, lead = "") {
    this.#stream = stream
    this.#lead = Buffer.from(lead)
    // Each write is told of its error; the event would end the program.
    stream.on("error", () => undefined)
  }

  write(bytes: Buffer): Promise<Written> {
    return new Promise((resolve) => {
      const all = this.#lead.length === 0 ? bytes : Buffer.concat([this.#lead, bytes])
      this.#stream.write(all, (error) => resolve(error ? { bytes: 0, failure: { error } } : { bytes: bytes.length }))
    })
  }
}

interface Waiting {
  readonly text: string
  readonly line: number
  readonly onWritten: (() => void) | undefined
}

/** How many of these are whole within so many bytes of them. */
const wholeWithin = (waiting: ReadonlyArray<Waiting>, bytes: number): number => {
  let end = 0
  for (let count = 0; count < waiting.length; count++) {
    end += Buffer.byteLength(waiting[count]?.text ?? "") + 1
    if (end > bytes) return count
  }
  return waiting.length
}

export class LineWriter {
  readonly #target: Target
  readonly #onFailure: (error: unknown) => void
  #waiting: Array<Waiting> = []
  #waitingLength = 0
  #writing: Promise<void> | undefined
  /** Set once a write has failed: nothing more is written. */
  failure: { readonly error: unknown } | undefined
  /** How many were written whole. */
  written = 0
  /** The line of input that the last of them belongs to; 0 before the first. */
  writtenFrom = 0

  constructor(target: Target, onFailure: (error: unknown) => void) {
    this.#target = target
    this.#onFailure = onFailure
  }

  /**
   * Adds a line, which belongs to that line of the input. What it gives is to be waited for before the next one.
   * `onWritten` is called on a later turn, and never for a line that could not be written whole.
   */
  add(text: string, line: number, onWritten?: () => void): Promise<void> | undefined {
    if (this.failure !== undefined) return undefined
    this.#waiting.push({ text, line, onWritten })
    this.#waitingLength += text.length
    // On a later turn, so that lines that come together are written together.
    this.#writing ??= Promise.resolve().then(() => this.#write())
    return this.#waitingLength > HIGH_WATER ? this.#writing : undefined
  }

  /** Resolves when all is written, or nothing more can be. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  /**
   * The next lines to be written together: not all that wait, for where many have waited for an earlier one, they may
   * be longer than a string can be.
   */
  #next(): { readonly lines: ReadonlyArray<Waiting>; readonly text: string } {
    let text = ""
    let count = 0
    for (const each of this.#waiting) {
      if (count > 0 && text.length + each.text.length > HIGH_WATER) break
      text += `${each.text}\n`
      count++
    }
    this.#waitingLength -= text.length - count
    return { lines: this.#waiting.splice(0, count), text }
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && this.failure === undefined) {
      const { lines, text } = this.#next()
      const { bytes, failure } = await this.#target.write(Buffer.from(text))
      const whole = failure === undefined ? lines.length : wholeWithin(lines, bytes)
      this.written += whole
      this.writtenFrom = lines[whole - 1]?.line ?? this.writtenFrom
      for (const { onWritten } of lines.slice(0, whole)) onWritten?.()
      if (failure === undefined) continue
      this.failure = failure
      this.#onFailure(failure.error)
    }
    this.#writing = undefined
  }
}
