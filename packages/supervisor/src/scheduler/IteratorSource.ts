/** The inputs of a batch that come from a synchronous iterator, which is asked when a worker is to be given some. */
import { Closing } from "./Closing.ts"
import { stepAtOnceOf } from "./iterators.ts"
import { expectedOf, InputFailed, type Source } from "./Source.ts"

export class IteratorSource implements Source {
  readonly total = undefined
  readonly #iterator: Iterator<unknown>
  exhausted = false
  closing: Closing | undefined

  readonly #fraction: () => unknown
  readonly #untold: (error: unknown) => void
  #given = 0
  #stepping = false

  constructor(iterator: Iterator<unknown>, fraction: () => unknown, untold: (error: unknown) => void) {
    this.#iterator = iterator
    this.#fraction = fraction
    this.#untold = untold
  }

  get expected(): number | undefined {
    return this.exhausted ? this.#given : expectedOf(this.#given, this.#fraction())
  }

  get ready(): boolean {
    return !this.exhausted
  }

  take(max: number): Array<unknown> {
    // Of its full length at once: as many pushes would leave twice as much behind for the collector.
    const taken = new Array<unknown>(max)
    let count = 0
    while (count < max && !this.exhausted) {
      try {
        this.#stepping = true
        const next = stepAtOnceOf(this.#iterator.next())
        this.#stepping = false
        if (next.done === true) {
          this.exhausted = true
          break
        }
        taken[count++] = next.value
        this.#given++
        if (this.exhausted) this.#letGo()
      } catch (error) {
        this.#stepping = false
        taken.length = count
        const wasClosed = this.exhausted
        this.exhausted = true
        if (!wasClosed) throw new InputFailed(error, taken)
        this.#untold(error)
      }
    }
    taken.length = count
    return taken
  }

  want(): void {}

  close(): void {
    if (this.exhausted) return
    this.exhausted = true
    // A generator that closes itself, by way of the call that reads it, can't be closed before its step is over.
    if (!this.#stepping) this.#letGo()
  }

  #letGo(): void {
    const ended = (async () => void this.#iterator.return?.())()
    this.closing = new Closing(ended, () => false, this.#untold)
  }
}
