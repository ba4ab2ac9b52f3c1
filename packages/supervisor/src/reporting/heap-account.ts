/**
 * Keeps together what V8 prints of a full heap before it ends the process: its last collections, its fatal error, some
 * twenty frames of its own. No word of the job's that ran. What it says is read by `failure/heap-words.ts`. And finds
 * out whose Node's account of an abort is: results of the jobs before may not have been read yet.
 */

/** A line, or several that belong together. */
export interface Said<Owner> {
  readonly text: string
  readonly owner: Owner | undefined
  /** Whether V8 has said it. */
  readonly byV8: boolean
}

const HEAD = "<--- Last few GCs --->"
/** It may stand behind a line that was not finished. */
const ABORT = /----- Native stack trace -----$/
/** Lines of it: collections, headings, the error, frames, and what Node writes on the way. */
const PART = /^$|^<---|\bms: |^FATAL ERROR: |^-----|^\s*\d+: |^#|^(?:Writing|Wrote|Node\.js report)\b/
/** V8 prints fewer. */
const MOST_LINES = 100

/** Of one worker's stderr. `Owner` is the job that ran. */
export class HeapAccount<Owner> {
  readonly #say: (said: Said<Owner>) => void
  #owner: Owner | undefined
  /** The job that ran as the process aborted, while its account lasts. */
  #aborted: Owner | undefined
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

  /** `running` is asked for the job that runs at this moment, where nobody has announced the line. */
  take(text: string, said: Owner | undefined, running?: () => Owner | undefined): void {
    if (running === undefined || !PART.test(text)) this.#aborted = undefined
    if (running !== undefined && (text === HEAD || ABORT.test(text))) this.#aborted = running()
    const owner = this.#aborted ?? said
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
