/**
 * Items in a row: added at the end, taken from the front, put back there. An array's own `shift` moves all of the rest
 * each time once it is long: with 200,000 items in a queue a take took 0.4 ms, and with this 0.01.
 */
export class Line<A> {
  #items: Array<A | undefined> = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: A): void {
    this.#items.push(item)
  }

  /** Takes the first; undefined where there is none. */
  shift(): A | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }

  /** Puts one before all others. */
  unshift(item: A): void {
    if (this.#first === 0) {
      // As much room as there are items: a job that dies puts back all that it has taken, one by one.
      this.#first = this.#items.length + 16
      this.#items = new Array<A | undefined>(this.#first).fill(undefined).concat(this.#items)
    }
    this.#items[--this.#first] = item
  }
}
