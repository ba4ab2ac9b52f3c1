/** The inputs of a batch that are an array, or as good as one: all of them are there. */
import { ownPartOf, type ValueList } from "../protocol/value-list.ts"
import type { Source } from "./Source.ts"

export class ArraySource implements Source {
  readonly total: number
  #items: ValueList
  #at = 0

  /** Takes over what nobody else changes: the caller may change his own array while its jobs wait. */
  constructor(own: ValueList) {
    this.#items = own
    this.total = own.length
  }

  get exhausted(): boolean {
    return this.#at >= this.total
  }

  get ready(): boolean {
    return !this.exhausted
  }

  take(max: number): ValueList {
    const taken = ownPartOf(this.#items, this.#at, Math.min(this.total, this.#at + max))
    this.#at += taken.length
    if (this.exhausted) this.#items = []
    return taken
  }

  want(): void {}

  close(): void {
    this.#at = this.total
    this.#items = []
  }
}
