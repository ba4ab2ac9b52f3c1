/**
 * How long a worker waits that the machine has no room for, before it is tried again. Each has a wait of its own, which
 * only a job of its own makes short again: those that the others finish tell nothing of the room for one more.
 */
import type { RestartLimits } from "./RestartIntensity.ts"

/** What is read of a slot. `jobsDone` goes on from one of its workers to the next. */
interface Tried {
  readonly jobsDone: number
}

export class RoomWaits {
  readonly #limits: RestartLimits
  readonly #waits = new WeakMap<Tried, { readonly ms: number; readonly jobsDone: number }>()

  constructor(limits: RestartLimits) {
    this.#limits = limits
  }

  /** The wait before the slot's next start; doubles from one refused start to the next. */
  nextMs(slot: Tried): number {
    const { backoffMinMs, backoffMaxMs } = this.#limits
    const last = this.#waits.get(slot)
    const goesOn = last !== undefined && last.jobsDone === slot.jobsDone
    const ms = goesOn ? Math.min(backoffMaxMs, last.ms * 2) : backoffMinMs
    this.#waits.set(slot, { ms, jobsDone: slot.jobsDone })
    return ms
  }
}
