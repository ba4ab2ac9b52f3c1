/** What a flow is: a pipeline of any shape, how it is read, and what is done to it meanwhile. Types alone. */
import type { PlainInputs } from "../mixed/plan.ts"
import type { Rates } from "./work.ts"

export type Isolation = "process" | "thread" | "inline"

/** Who takes the dead letters of a stage. */
export type SinkKind = "none" | "function" | "slow" | "array" | "objects" | "lines"

export type StageShape = "task" | "map" | "filter" | "tap" | "batch" | "unbatch"

export interface PlannedStage {
  readonly shape: StageShape
  readonly rates: Rates
  readonly onFailure: "failFast" | "collect" | undefined
  readonly sink: SinkKind
  /** Whether the function of the program itself is async; of parts, whether they come so. */
  readonly isAsync: boolean
  /** Of a group, or how many parts at most. */
  readonly size: number
  /** Whether what was grouped goes right into a task. */
  readonly intoTask: boolean
  /** Where a task runs: on the run's pool, on one of its own, or on one that was given. */
  readonly on: "run" | "workers" | "options" | "given"
  readonly retries: number
  readonly ordered: boolean
  readonly chunkSize: number | "auto"
  readonly concurrency: number
  readonly lookAhead: number | undefined
}

/** `flow`s are Effect's Streams. Those that break do so at `breaksAt`, where one that hangs gives no more. */
export type FlowInputs = PlainInputs | "flow" | "flowBreaks" | "flowDies"

/** How it is read: by which door, and all at once or not. */
export type Reading = "run" | "count" | "stream" | "greedy" | "toStream"

export type FlowEnd =
  /** All that comes is read. */
  | { readonly how: "all" }
  /** The reader breaks, or throws, at its `after`th value. */
  | { readonly how: "breaks" | "throws" | "stops"; readonly after: number }
  /** At this moment: as the signal says, by the run's own methods, by the fiber, or by the given pool's end. */
  | {
      readonly how: "aborts" | "stopsAt" | "returns" | "interrupts" | "terminates" | "closes"
      readonly afterMs: number
    }

export interface Flow {
  readonly isolation: Isolation
  /** How many runs there are at the same time. */
  readonly times: number
  /** Of the given pool. */
  readonly door: "promise" | "effect"
  readonly workers: number
  readonly stages: ReadonlyArray<PlannedStage>
  readonly inputs: FlowInputs
  readonly count: number
  readonly breaksAt: number
  /** Where stages without a pool of their own run. */
  readonly runsOn: "default" | "options" | "given"
  readonly reading: Reading
  readonly readMs: number
  readonly onStop: "drain" | "cancel"
  readonly end: FlowEnd
  /** The sinks fail at their letter of this number. */
  readonly sinkFailsAt: number | undefined
  /** What is done to the given pool. */
  readonly changes: ReadonlyArray<{ readonly afterMs: number; readonly workers: number | "recycle" }>
  /** When which of its workers is killed. */
  readonly kills: ReadonlyArray<{ readonly afterMs: number; readonly worker: number }>
}
