/**
 * Questions put to a worker's event loop that await their answer. One that is blocked gives none.
 */
import type { Waiting } from "../protocol/messages.ts"

export class Inspections {
  readonly #open = new Map<number, (answer: Waiting | undefined) => void>()
  #last = 0

  /** Asks, and waits for the answer for at most `withinMs`; undefined when none came. */
  ask(withinMs: number, send: (id: number) => void): Promise<Waiting | undefined> {
    const id = ++this.#last
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#open.delete(id)
        resolve(undefined)
      }, withinMs)
      this.#open.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      send(id)
    })
  }

  answered(answer: Waiting): void {
    this.#open.get(answer.id)?.(answer)
    this.#open.delete(answer.id)
  }

  /** Its worker has ended: no answer will come. */
  end(): void {
    for (const answered of this.#open.values()) answered(undefined)
    this.#open.clear()
  }
}
