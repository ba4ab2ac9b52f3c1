/**
 * The bottom of a terminal, which progress bars share with log records and with what the program itself writes: what
 * stands there is cleared before anything is written above it, and drawn again once the writing pauses. Knows neither
 * bars nor logs.
 */
import { lineAfter } from "./line-end.ts"

/** Something that stands at the bottom of the terminal. */
export interface Footing {
  /** Takes it off the screen, if it is there; it stays off until it is told to draw. */
  clear(): void
  draw(): void
  /** Begins a new line. */
  newLine(): void
}

export class TerminalLine {
  #footing: Footing | undefined
  #redraw: NodeJS.Immediate | undefined
  #isOwn = false
  #last: "unknown" | "open" | "ended" = "unknown"

  /**
   * What the program's last line is. Below an open one, which has no end yet, nothing is drawn: where it ends on the
   * screen can't be told (wide characters, tabs, colours), and a question may wait there for its answer. Unknown is
   * what was written before anybody looked.
   */
  get last(): "unknown" | "open" | "ended" {
    return this.#last
  }

  /** Puts something at the bottom until the returned function is called. One at a time. */
  occupy(footing: Footing): () => void {
    this.#footing = footing
    return () => {
      if (this.#footing !== footing) return
      this.#footing = undefined
      this.#last = "unknown"
      this.#forgetRedraw()
    }
  }

  /** Calls `write`, which writes whole lines to the terminal, with nothing in its way. */
  above(write: () => void): void {
    const footing = this.#footing
    if (footing === undefined) {
      write()
      return
    }
    // Each time, for the footing may have drawn itself meanwhile.
    footing.clear()
    if (this.#last === "open") footing.newLine()
    this.#last = "ended"
    this.#drawLater()
    write()
  }

  /** Calls `write`, by which the program writes this chunk: perhaps part of a line, and perhaps not to be written. */
  program(write: () => boolean, chunk: unknown, encoding: unknown): boolean {
    const footing = this.#footing
    if (footing === undefined || this.#isOwn) return write()
    footing.clear()
    try {
      const more = write()
      this.#last = lineAfter(chunk, encoding) ?? this.#last
      return more
    } finally {
      if (this.#last === "open") this.#forgetRedraw()
      else this.#drawLater()
    }
  }

  /** To be told by a footing that has begun a line of its own. */
  ended(): void {
    this.#last = "ended"
  }

  /** What the footing itself writes: no reason to clear it. */
  own<T>(write: () => T): T {
    const was = this.#isOwn
    this.#isOwn = true
    try {
      return write()
    } finally {
      this.#isOwn = was
    }
  }

  /** Once after many lines: a flood of them would else redraw at each. */
  #drawLater(): void {
    this.#redraw ??= setImmediate(() => {
      this.#redraw = undefined
      this.#footing?.draw()
    })
  }

  #forgetRedraw(): void {
    if (this.#redraw !== undefined) clearImmediate(this.#redraw)
    this.#redraw = undefined
  }
}

/** The terminal behind descriptor 2, if it is one. */
export const stderrLine = new TerminalLine()
