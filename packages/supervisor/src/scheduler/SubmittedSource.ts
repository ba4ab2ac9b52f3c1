/**
 * Where single jobs wait that were submitted one by one. Not the inputs of a batch: those are in `Source.ts`.
 */
import { Fifo } from "./Fifo.ts"
import type { Source } from "./Source.ts"

/** Single jobs, in the order of their submission. */
export class SubmittedSource implements Source {
  readonly total = undefined
  readonly #inputs = new Fifo<unknown>()
  /** Of those in line, the ones that wait for nothing any more, by how many were taken before them. */
  readonly #settled = new Set<number>()
  #taken = 0
  exhausted = false

  get ready(): boolean {
    return this.#inputs.length > 0
  }

  /** How many are in line. */
  get length(): number {
    return this.#inputs.length
  }

  /** How many of them wait: one that was cancelled keeps its place in the line, and takes nobody's room. */
  get waiting(): number {
    return this.#inputs.length - this.#settled.size
  }

  /** The job so many places behind the next has settled. */
  settled(place: number): void {
    this.#settled.add(this.#taken + place)
  }

  push(input: unknown): void {
    this.#inputs.push(input)
  }

  take(max: number): Array<unknown> {
    const inputs = this.#inputs.take(max)
    if (this.#settled.size > 0) for (const place of inputs.keys()) this.#settled.delete(this.#taken + place)
    this.#taken += inputs.length
    return inputs
  }

  want(): void {}

  close(): void {
    this.#inputs.clear()
    this.#settled.clear()
    this.exhausted = true
  }
}
