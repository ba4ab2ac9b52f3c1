/**
 * Which lane is served next: higher priority first, and lanes of one priority in turn, so that a large batch
 * does not starve a small one, nor one that must not be sent ahead. Each job submitted with options of its own is a lane, so there may be 100,000 of
 * them: whose turn it is is found at the front.
 */
import type { Lane } from "./Lane.ts"

/** How many lanes with work are offered to a slot that may refuse them. */
const OFFERS = 8

export class LaneQueue {
  /** Lanes by priority, the highest first; each set in the order of their turns. */
  readonly #lines = new Map<number, Set<Lane>>()
  #priorities: Array<number> = []
  /** Lanes for one worker alone, by its id, in the order they came. */
  readonly #directed = new Map<number, Set<Lane>>()

  /** Lanes whose jobs were dealt out beforehand. */
  #dealt = 0

  get all(): ReadonlyArray<Lane> {
    const open = this.#priorities.flatMap((priority) => [...(this.#lines.get(priority) ?? [])])
    return this.#directed.size === 0 ? open : [...[...this.#directed.values()].flatMap((lanes) => [...lanes]), ...open]
  }

  /** Whether some lane is so. */
  some(holds: (lane: Lane) => boolean): boolean {
    for (const line of this.#lines.values()) for (const lane of line) if (holds(lane)) return true
    for (const line of this.#directed.values()) for (const lane of line) if (holds(lane)) return true
    return false
  }

  /** Whether there are several that any worker may serve. */
  get hasSeveral(): boolean {
    const [first, second] = this.#priorities
    return second !== undefined || (first !== undefined && (this.#lines.get(first)?.size ?? 0) > 1)
  }

  /** Whether any lane is for one worker alone. */
  get hasDirected(): boolean {
    return this.#directed.size > 0
  }

  /** Whether some lane's jobs were dealt out beforehand: what one worker has nothing of, another may. */
  get hasDealt(): boolean {
    return this.#dealt > 0
  }

  /** What is for this worker alone. */
  directedTo(worker: number): ReadonlyArray<Lane> {
    return [...(this.#directed.get(worker) ?? [])]
  }

  /** The first lane with work that is for this worker alone. */
  nextFor(worker: number, workers: number): Lane | undefined {
    for (const lane of this.#directed.get(worker) ?? []) if (lane.hasWork(workers)) return lane
    return undefined
  }

  #direct(lane: Lane, worker: number): void {
    const line = this.#directed.get(worker)
    if (line === undefined) this.#directed.set(worker, new Set([lane]))
    else if ([...line.values()].every((other) => other.call.priority >= lane.call.priority)) line.add(lane)
    else this.#directed.set(worker, new Set([...line, lane].sort((a, b) => b.call.priority - a.call.priority)))
  }

  add(lane: Lane): void {
    if (lane.target !== undefined) return this.#direct(lane, lane.target)
    if (lane.deal !== undefined) this.#dealt++
    const { priority } = lane.call
    const line = this.#lines.get(priority)
    if (line !== undefined) line.add(lane)
    else {
      this.#lines.set(priority, new Set([lane]))
      this.#priorities = [...this.#priorities, priority].sort((a, b) => b - a)
    }
  }

  remove(lane: Lane): void {
    if (lane.target !== undefined) {
      const directed = this.#directed.get(lane.target)
      if (directed?.delete(lane) === true && directed.size === 0) this.#directed.delete(lane.target)
      return
    }
    const { priority } = lane.call
    const line = this.#lines.get(priority)
    if (line?.delete(lane) !== true) return
    if (lane.deal !== undefined) this.#dealt--
    if (line.size > 0) return
    this.#lines.delete(priority)
    this.#priorities = this.#priorities.filter((each) => each !== priority)
  }

  /**
   * The lane whose turn it is among those `allows` lets through; it then goes to the end of its line. Not offered to
   * more than `most` with work.
   */
  next(workers: number, allows: (lane: Lane) => boolean, place = 0, most = OFFERS): Lane | undefined {
    let offers = 0
    for (const priority of this.#priorities) {
      const line = this.#lines.get(priority)
      if (line === undefined) continue
      for (const lane of line) {
        if (!lane.hasWork(workers, place)) continue
        if (allows(lane)) {
          // Alone it is its own next. A set that is emptied is made anew, in V8's old space (decision 0024).
          if (line.size > 1) {
            line.delete(lane)
            line.add(lane)
          }
          return lane
        }
        if (++offers === most) return undefined
      }
    }
    return undefined
  }
}
