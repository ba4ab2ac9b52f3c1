/** Makes lanes with neither pool nor worker, for tests of the scheduler; not a lane's task, which never runs. */
import { Task } from "@holdfast/core"
import type { Sink } from "../../packages/supervisor/src/collect/Sink.ts"
import { resolveCallOptions, resolvePoolOptions } from "../../packages/supervisor/src/options/resolve.ts"
import { Lane } from "../../packages/supervisor/src/scheduler/Lane.ts"
import type { Source } from "../../packages/supervisor/src/scheduler/Source.ts"
import { sourceOf } from "../../packages/supervisor/src/scheduler/source-of.ts"

const task = Task.fn(import.meta, "task", (n: number) => n)
const pool = resolvePoolOptions({})
let last = 0

/** A sink that takes in everything and does nothing. */
export const blindSink = (bounded: boolean): Sink => ({
  done: false,
  bounded,
  values: () => undefined,
  failed: () => undefined,
  inputFailed: () => undefined,
  cut: () => undefined,
  ended: () => undefined
})

interface Setup {
  readonly inputs?: Iterable<unknown> | AsyncIterable<unknown>
  readonly source?: Source
  readonly bounded?: boolean
  readonly single?: boolean
  readonly target?: number
  readonly options?: Readonly<Record<string, unknown>>
}

export const laneOf = ({ inputs = [], source, bounded = true, single = false, target, options }: Setup): Lane =>
  new Lane({
    id: ++last,
    task,
    call: resolveCallOptions(pool, task, options, "stream"),
    source: source ?? sourceOf(inputs, "a test", () => undefined),
    sink: blindSink(bounded),
    single,
    target
  })
