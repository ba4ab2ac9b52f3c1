/**
 * What is known of a thread's heap from outside of it: whether there is room for a debugger, and that it has been full.
 * Putting a debugger on allocates there; where V8 finds no room for that, it aborts the whole process. Ends nothing.
 */
import type { HeapInfo } from "node:v8"

/** Whether a debugger may be put on; `unknown` where the thread did not answer: it runs no JavaScript. */
export type Room = "enough" | "none" | "unknown"

/** A heap this full may be at its limit by the time that the debugger comes. */
const FULL = 0.75

export interface HeapOwner {
  getHeapStatistics(): Promise<HeapInfo>
}

/** What is known of a thread that has not answered in time. */
export const unknownAfter = (ms: number): Promise<"unknown"> =>
  new Promise((resolve) => setTimeout(resolve, ms, "unknown").unref())

export class ThreadHeap {
  readonly #owner: HeapOwner
  /** Bytes of its old generation, which is what runs full. */
  readonly #limit: number
  readonly #overflowed: () => void

  /** `overflowed` is called where V8 tells the debugger that the limit is reached. */
  constructor(owner: HeapOwner, limit: number, overflowed: () => void) {
    this.#owner = owner
    this.#limit = limit
    this.#overflowed = overflowed
  }

  /** Never rejects. Without a limit of time it waits until the thread comes to JavaScript, or ends. */
  room(withinMs?: number): Promise<Room> {
    const asked = this.#ask()
    return withinMs === undefined ? asked : Promise.race([asked, unknownAfter(withinMs)])
  }

  async #ask(): Promise<Room> {
    try {
      const { used_heap_size: used } = await this.#owner.getHeapStatistics()
      return this.#limit > 0 && used > this.#limit * FULL ? "none" : "enough"
    } catch {
      // It has ended.
      return "none"
    }
  }

  /**
   * With a debugger on, V8 stops the thread at its limit instead of ending it, and lets it have more when it goes on:
   * so it is to be ended here.
   */
  overflow(): void {
    this.#overflowed()
  }
}
