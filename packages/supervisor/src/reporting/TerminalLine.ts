/**
 * The bottom of a terminal, which progress bars and log records share: what stands there is cleared before anything
 * is written above it, and drawn again once the writing pauses. Knows neither bars nor logs.
 */

/** Something that stands at the bottom of the terminal. */
export interface Footing {
  /** Takes it off the screen, if it is there. */
  clear(): void
  draw(): void
}

export class TerminalLine {
  #footing: Footing | undefined
  #redraw: NodeJS.Immediate | undefined

  /** Puts something at the bottom until the returned function is called. One at a time. */
  occupy(footing: Footing): () => void {
    this.#footing = footing
    return () => {
      if (this.#footing !== footing) return
      this.#footing = undefined
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
    // Once after many lines: a flood of them would else redraw at each.
    this.#redraw ??= setImmediate(() => {
      this.#redraw = undefined
      this.#footing?.draw()
    })
    write()
  }

  #forgetRedraw(): void {
    if (this.#redraw !== undefined) clearImmediate(this.#redraw)
    this.#redraw = undefined
  }
}

/** The terminal behind descriptor 2, if it is one. */
export const stderrLine = new TerminalLine()
