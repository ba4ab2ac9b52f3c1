/**
 * Questions put to a worker's event loop that await their answer. One that is blocked gives none.
 */
import type { Resource } from "@holdfast/core"
import type { Waiting } from "../protocol/messages.ts"

export class Inspections {
  readonly #open = new Map<number, (waitingOn: ReadonlyArray<Resource>) => void>()
  #last = 0

  /** Asks, and waits for the answer for at most `withinMs`; undefined when none came. */
  ask(withinMs: number, send: (id: number) => void): Promise<ReadonlyArray<Resource> | undefined> {
    const id = ++this.#last
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#open.delete(id)
        resolve(undefined)
      }, withinMs)
      this.#open.set(id, (waitingOn) => {
        clearTimeout(timer)
        resolve(waitingOn)
      })
      send(id)
    })
  }

  answered({ id, waitingOn }: Waiting): void {
    this.#open.get(id)?.(waitingOn)
    this.#open.delete(id)
  }
}
