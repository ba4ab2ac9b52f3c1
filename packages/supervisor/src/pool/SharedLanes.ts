/**
 * The lanes of single jobs that have no options of their own: one for each task, so that many jobs can travel in one
 * message. A lane without a job rests; the last few are kept, with what they have learnt. Not all: each has its task,
 * and `with` makes a new one of those at each call.
 */
import type { AnyTask } from "@holdfast/core"
import type { SingleSink } from "../collect/single.ts"
import type { Lane } from "../scheduler/Lane.ts"

const MOST_RESTING = 4

const isAtRest = (lane: Lane): boolean => (lane.sink as SingleSink).size === 0

export class SharedLanes {
  readonly #byTask = new Map<AnyTask, Lane>()
  /** Those that have come to rest, the one that did first at the front. */
  readonly #resting = new Set<Lane>()

  of(task: AnyTask): Lane | undefined {
    return this.#byTask.get(task)
  }

  add(lane: Lane): void {
    this.#byTask.set(lane.task, lane)
  }

  /** No job joins that lane any more. */
  drop(lane: Lane): void {
    this.#resting.delete(lane)
    if (this.#byTask.get(lane.task) === lane) this.#byTask.delete(lane.task)
  }

  /** A lane of single jobs has none now. Gives the one that nobody needs any more, if there is one. */
  rest(lane: Lane): Lane | undefined {
    if (this.#byTask.get(lane.task) !== lane) return lane
    if (this.#resting.has(lane)) return undefined
    this.#resting.add(lane)
    if (this.#resting.size <= MOST_RESTING) return undefined
    const [first] = this.#resting
    if (first === undefined) return undefined
    // It may have jobs again by now, and comes back to rest.
    if (!isAtRest(first)) {
      this.#resting.delete(first)
      return undefined
    }
    this.drop(first)
    return first
  }
}
