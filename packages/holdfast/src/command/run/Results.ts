/**
 * Puts results in the order of their inputs, or leaves them as they come, and hands them on line by line. Where a
 * job has no result, its place is filled or, where the run ends with it, everything behind it is withheld: line n of
 * the output is always the result of input n. Not the writing.
 */

interface Result {
  readonly text: string
  /** The line of the input that it belongs to. */
  readonly line: number
}

/** Results that may wait for an earlier one, and their characters together: they are in memory meanwhile. */
const MOST_WAITING = 16_384
const MOST_CHARACTERS = 64 * 2 ** 20

const NOTHING = Symbol("no line")
const UNFINISHED = Symbol("no result will come")

export class Results {
  readonly #ordered: boolean
  readonly #emit: (text: string, line: number) => void
  readonly #waiting = new Map<number, Result | typeof NOTHING | typeof UNFINISHED>()
  #characters = 0
  #next = 0

  constructor(ordered: boolean, emit: (text: string, line: number) => void) {
    this.#ordered = ordered
    this.#emit = emit
  }

  /** Whether so many wait for an earlier one, which none may ever come of, that no more are to come. */
  get isFull(): boolean {
    return this.#waiting.size >= MOST_WAITING || this.#characters >= MOST_CHARACTERS
  }

  /** The first place whose result has not been handed on. */
  get next(): number {
    return this.#next
  }

  /** Results that were withheld, since one before them is missing. */
  get withheld(): number {
    let count = 0
    for (const each of this.#waiting.values()) if (typeof each === "object") count++
    return count
  }

  result(place: number, result: Result): void {
    this.#put(place, result)
  }

  /** The input at this place has no line, and leaves no gap. */
  nothing(place: number): void {
    this.#put(place, NOTHING)
  }

  /** The input at this place has come to nothing that could stand in the output: in order, it ends here. */
  unfinished(place: number): void {
    if (this.#ordered) this.#waiting.set(place, UNFINISHED)
  }

  #put(place: number, entry: Result | typeof NOTHING): void {
    if (!this.#ordered) {
      if (entry !== NOTHING) this.#emit(entry.text, entry.line)
      return
    }
    if (place !== this.#next) {
      this.#waiting.set(place, entry)
      if (entry !== NOTHING) this.#characters += entry.text.length
      return
    }
    this.#handOn(entry)
    for (;;) {
      const ready = this.#waiting.get(this.#next)
      if (ready === undefined || ready === UNFINISHED) return
      this.#waiting.delete(this.#next)
      if (ready !== NOTHING) this.#characters -= ready.text.length
      this.#handOn(ready)
    }
  }

  #handOn(entry: Result | typeof NOTHING): void {
    this.#next++
    if (entry !== NOTHING) this.#emit(entry.text, entry.line)
  }
}
