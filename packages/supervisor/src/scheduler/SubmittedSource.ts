/**
 * Where single jobs wait that were submitted one by one. Not the inputs of a batch: those are in `Source.ts`.
 */
import type { Source } from "./Source.ts"

/** Single jobs, in the order of their submission. */
export class SubmittedSource implements Source {
  readonly total = undefined
  #inputs: Array<unknown> = []
  #at = 0
  exhausted = false

  get ready(): boolean {
    return this.#at < this.#inputs.length
  }

  get waiting(): number {
    return this.#inputs.length - this.#at
  }

  push(input: unknown): void {
    this.#inputs.push(input)
  }

  take(max: number): Array<unknown> {
    const taken = this.#inputs.slice(this.#at, this.#at + max)
    // What has been taken is let go of at once: it may be large, and the next may come late.
    this.#inputs.fill(undefined, this.#at, this.#at + taken.length)
    this.#at += taken.length
    // Compacted now and then: shifting one by one would cost a copy of the queue for each job.
    if (this.#at > 1024 && this.#at * 2 > this.#inputs.length) {
      this.#inputs = this.#inputs.slice(this.#at)
      this.#at = 0
    }
    return taken
  }

  want(): void {}

  close(): void {
    this.#inputs = []
    this.#at = 0
    this.exhausted = true
  }
}
