/**
 * The lanes of single jobs that have no options of their own: one for each task, so that many jobs can travel in one
 * message. Every turn looks at all lanes that are in line, and `with` makes a new task at each call: so of those without
 * a job only a few stay in line. A lane goes with its task.
 */
import type { AnyTask } from "@holdfast/core"
import type { SingleSink } from "../collect/single.ts"
import type { Lane } from "../scheduler/Lane.ts"

const MOST_IN_LINE = 4

const isAtRest = (lane: Lane): boolean => (lane.sink as SingleSink).size === 0

export class SharedLanes {
  readonly #byTask = new WeakMap<AnyTask, Lane>()
  /** Those in line that have come to rest, the one that did first at the front. */
  readonly #quiet = new Set<Lane>()

  of(task: AnyTask): Lane | undefined {
    return this.#byTask.get(task)
  }

  add(lane: Lane): void {
    this.#byTask.set(lane.task, lane)
  }

  /** No job joins that lane any more. */
  drop(lane: Lane): void {
    this.#quiet.delete(lane)
    if (this.#byTask.get(lane.task) === lane) this.#byTask.delete(lane.task)
  }

  /** A lane of single jobs has none now. Gives the one that is to leave the line, if there is one. */
  rest(lane: Lane): Lane | undefined {
    if (this.#byTask.get(lane.task) !== lane) return lane
    if (this.#quiet.has(lane)) return undefined
    this.#quiet.add(lane)
    if (this.#quiet.size <= MOST_IN_LINE) return undefined
    const [first] = this.#quiet
    if (first === undefined) return undefined
    this.#quiet.delete(first)
    // It may have jobs again by now, and comes back to rest.
    if (!isAtRest(first)) return undefined
    first.inLine = false
    return first
  }
}
