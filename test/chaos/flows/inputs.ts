/** The inputs of a flow: those of mixed programs, or a Stream of Effect. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ReadInputs } from "../mixed/sources.ts"
import type { Flow } from "./plan.ts"
import type { Value } from "./work.ts"

export interface FlowSource {
  /** To be read once. */
  readonly of: Iterable<Value> | AsyncIterable<Value> | Stream.Stream<Value, Error>
  /** What they fail with, where they do. */
  readonly error: Error
  readonly isOpen: () => boolean
}

const streamed = (flow: Flow, values: ReadonlyArray<Value>): FlowSource => {
  const error = new Error("the stream broke")
  let opened = 0
  let closed = 0
  const breaks = flow.inputs !== "flow"
  const given = Stream.fromIterable(breaks ? values.slice(0, flow.breaksAt) : values)
  const end = flow.inputs === "flowDies" ? Stream.die(error) : Stream.fail(error)
  const all: Stream.Stream<Value, Error> = breaks ? Stream.concat(given, end) : given
  const of = Stream.unwrap(
    Effect.as(
      Effect.acquireRelease(
        Effect.sync(() => opened++),
        () => Effect.sync(() => closed++)
      ),
      all
    )
  )
  return { of, error, isOpen: () => opened !== closed }
}

export const valueOf = (run: number, at: number): Value => ({ key: `${run}.${at}`, trail: "" })

export const sourceOf = (flow: Flow, run: number): FlowSource => {
  const { inputs } = flow
  const values = Array.from({ length: flow.count }, (_, at) => valueOf(run, at))
  if (inputs === "flow" || inputs === "flowBreaks" || inputs === "flowDies") return streamed(flow, values)
  const read = new ReadInputs<Value>(inputs, values, flow.breaksAt)
  return { of: read.of, error: read.error, isOpen: () => read.isOpen }
}

/** How many they give before they fail; undefined if they do not. */
export const brokenAt = ({ breaksAt, count, inputs }: Flow): number | undefined => {
  if (inputs === "flowBreaks" || inputs === "flowDies") return Math.min(breaksAt, count)
  if (inputs !== "breaks" && inputs !== "breaksAsync") return undefined
  return breaksAt < count ? breaksAt : undefined
}
