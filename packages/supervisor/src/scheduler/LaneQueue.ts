/**
 * Which lane is served next: higher priority first, and lanes of one priority in turn, so that a large batch
 * does not starve a small one.
 */
import type { Lane } from "./Lane.ts"

export class LaneQueue {
  #lanes: Array<Lane> = []

  get all(): ReadonlyArray<Lane> {
    return this.#lanes
  }

  add(lane: Lane): void {
    this.#lanes.push(lane)
  }

  remove(lane: Lane): void {
    const at = this.#lanes.indexOf(lane)
    if (at !== -1) this.#lanes.splice(at, 1)
  }

  /** The lane whose turn it is among those `allows` lets through; it then goes to the end of its line. */
  next(workers: number, allows: (lane: Lane) => boolean): Lane | undefined {
    let best: Lane | undefined
    for (const lane of this.#lanes) {
      if ((best === undefined || lane.call.priority > best.call.priority) && lane.hasWork(workers) && allows(lane))
        best = lane
    }
    if (best !== undefined && this.#lanes.length > 1) {
      this.remove(best)
      this.#lanes.push(best)
    }
    return best
  }
}
