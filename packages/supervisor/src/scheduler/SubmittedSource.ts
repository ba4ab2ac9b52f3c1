/**
 * Where single jobs wait that were submitted one by one. Not the inputs of a batch: those are in `Source.ts`.
 */
import { Fifo } from "./Fifo.ts"
import type { Source } from "./Source.ts"

/** Single jobs, in the order of their submission. */
export class SubmittedSource implements Source {
  readonly total = undefined
  readonly #inputs = new Fifo<unknown>()
  exhausted = false

  get ready(): boolean {
    return this.#inputs.length > 0
  }

  get waiting(): number {
    return this.#inputs.length
  }

  push(input: unknown): void {
    this.#inputs.push(input)
  }

  take(max: number): Array<unknown> {
    return this.#inputs.take(max)
  }

  want(): void {}

  close(): void {
    this.#inputs.clear()
    this.exhausted = true
  }
}
