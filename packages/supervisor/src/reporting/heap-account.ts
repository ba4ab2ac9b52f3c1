/**
 * Keeps together what V8 prints of a full heap before it ends the process: its last collections, its fatal error, some
 * twenty frames of its own. No word of the job's that ran. What it says is read by `failure/heap-words.ts`.
 */

/** A line, or several that belong together. */
export interface Said<Owner> {
  readonly text: string
  readonly owner: Owner | undefined
  /** Whether V8 has said it. */
  readonly byV8: boolean
}

const HEAD = "<--- Last few GCs --->"
/** Lines of it: collections, headings, the error, frames, and what Node writes on the way. */
const PART = /^$|^<---|\bms: |^FATAL ERROR: |^-----|^\s*\d+: |^#|^(?:Writing|Wrote|Node\.js report)\b/
/** V8 prints fewer. */
const MOST_LINES = 100

/** Of one worker's stderr. `Owner` is the job that ran. */
export class HeapAccount<Owner> {
  readonly #say: (said: Said<Owner>) => void
  #owner: Owner | undefined
  #lines: Array<string> = []
  /** An empty line comes before, in the same write. */
  #isBlank = false

  /** `say` is given each line, or all of an account. */
  constructor(say: (said: Said<Owner>) => void) {
    this.#say = say
  }

  /** The account as far as it has come. */
  get lines(): ReadonlyArray<string> {
    return this.#lines
  }

  take(text: string, owner: Owner | undefined): void {
    if (this.#lines.length > 0) {
      if (PART.test(text) && this.#lines.length < MOST_LINES) {
        this.#lines.push(text)
        return
      }
      this.end()
    }
    if (text === HEAD) {
      this.#isBlank = false
      this.#owner = owner
      this.#lines.push(text)
      return
    }
    this.endWrite()
    this.#owner = owner
    if (text === "") this.#isBlank = true
    else this.#say({ text, owner, byV8: false })
  }

  /** What was written at once has been read. */
  endWrite(): void {
    if (!this.#isBlank) return
    this.#isBlank = false
    this.#say({ text: "", owner: this.#owner, byV8: false })
  }

  /** The stream has ended, or something else was written. */
  end(): void {
    this.endWrite()
    if (this.#lines.length === 0) return
    const text = this.#lines.join("\n").trimEnd()
    this.#lines = []
    this.#say({ text, owner: this.#owner, byV8: true })
  }
}
