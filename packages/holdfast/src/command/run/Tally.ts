/** How a run came out, counted as it goes, and the lines that say so at its end. Knows no jobs and writes nothing. */

/** What ended a run before its input did. */
export interface Stop {
  /** In words, behind "stopped": `by Ctrl-C`, `by the first failure`. */
  readonly by: string
}

export class Tally {
  succeeded = 0
  failed = 0
  /** Lines that were begun or taken in and have come to no end. */
  readonly #unfinished: Array<number> = []
  readonly #startedAt = performance.now()

  unfinished(line: number): void {
    this.#unfinished.push(line)
  }

  get unfinishedLines(): ReadonlyArray<number> {
    return this.#unfinished.toSorted((a, b) => a - b)
  }

  /** `998 succeeded, 2 failed, in 3.2 s`. */
  get headline(): string {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const count = (number: number): string => number.toLocaleString("en-US")
    const left = this.#unfinished.length === 0 ? "" : `, ${count(this.#unfinished.length)} not finished`
    const failed = `${count(this.failed)} failed`
    return `${count(this.succeeded)} succeeded, ${failed}${left}, in ${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  }
}

const MOST_LISTED = 10

/** `line 7` or `lines 7, 9 and 12`. */
export const linesText = (lines: ReadonlyArray<number>): string => {
  if (lines.length === 1) return `line ${lines[0]}`
  if (lines.length > MOST_LISTED) return `${lines.length} lines from ${lines[0]} to ${lines.at(-1)}`
  return `lines ${lines.slice(0, -1).join(", ")} and ${lines.at(-1)}`
}
