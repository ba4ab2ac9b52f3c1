/**
 * What the command says to a person, on stderr: written at once, so that it is not lost with the process, and above a
 * progress bar. A reader that has gone is no reason to fail.
 */
import { writeSync } from "node:fs"
import { isatty } from "node:tty"

const STDERR = 2

/** Back to the line's start, and clear what stands from there on. */
const CLEAR_LINE = "\r\u001B[J"

export class Notes {
  /** Whether a progress bar stands on the terminal's last line, which is drawn anew below whatever is written. */
  readonly #overBar: boolean

  constructor(options: { readonly bar: boolean }) {
    this.#overBar = options.bar && isatty(STDERR)
  }

  /** What goes before whole lines on the terminal, so that they do not begin behind the bar. */
  get lead(): string {
    return this.#overBar ? CLEAR_LINE : ""
  }

  /** Writes lines, each beginning with the command's name. */
  say(text: string): void {
    this.#write(`${this.lead}holdfast: ${text}\n`)
  }

  /** Writes a line as it is; whoever calls has seen to the bar. */
  line(text: string): void {
    this.#write(`${text}\n`)
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(STDERR, bytes, at)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      }
    }
  }
}
