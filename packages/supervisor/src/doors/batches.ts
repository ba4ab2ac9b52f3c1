/**
 * Calls of many jobs with one answer or one stream of them: opens a lane for each, and sees that its signal and its
 * progress are heard. In terms of callbacks, so that neither door pays for the other's promises or Effects.
 */
import type { Inputs, Progress } from "@holdfast/core"
import { MapSink, SettleSink } from "../collect/array.ts"
import type { BatchControl, Sink } from "../collect/Sink.ts"
import { StreamSink } from "../collect/stream.ts"
import type { ResolvedCall } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { showProgress } from "../reporting/progress.ts"
import { contextNow, readInContext } from "../scheduler/callers-context.ts"
import { MAX_AUTO_OF_STAGE } from "../scheduler/chunk-size.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Source } from "../scheduler/Source.ts"
import { sourceOf } from "../scheduler/source-of.ts"
import { untoldOf } from "../scheduler/untold.ts"
import { admit, type Call, firstNotTakenIn } from "./admission.ts"

/** How a batch that is under way can be ended by its caller. */
export interface Running {
  /** Fails what is left, with this reason. */
  cancel(reason: unknown): void
  /** Lets go of what is left; nobody wants an answer. Resolves, or rejects, as the inputs close. */
  abandon(): Promise<void> | undefined
}

/** Cancels the batch when its signal says so. */
const obeySignal = (engine: Engine, lane: Lane, signal: AbortSignal | undefined): void => {
  if (signal === undefined) return
  const cancel = (): void => engine.settlement.cancelAll(lane, signal.reason)
  // At once: none of its jobs may have left by then.
  if (signal.aborted) {
    cancel()
    return
  }
  signal.addEventListener("abort", cancel, { once: true })
  lane.atEnd(() => signal.removeEventListener("abort", cancel))
}

const tellProgress = (engine: Engine, lane: Lane, resolved: ResolvedCall): void => {
  const { progress, onProgress } = resolved
  if (progress !== undefined) {
    const label = typeof progress === "string" ? progress : lane.task.name
    showProgress(engine.bus, {
      batch: lane.id,
      label,
      workers: () => engine.workers,
      expected: () => lane.source.expected
    })
  }
  if (onProgress === undefined) return
  const within = contextNow()
  // What it returns goes to the bus, which sees to it that a promise of it rejects nowhere.
  const tell = (): unknown => {
    const state: Progress = { done: lane.succeeded + lane.failed, failed: lane.failed, total: lane.source.total }
    return within(() => onProgress(state))
  }
  const stop = engine.bus.subscribe((event) => {
    if ((event._tag === "JobsSucceeded" || event._tag === "JobFailed") && event.batch === lane.id) return tell()
    return undefined
  })
  lane.atEnd(stop)
}

const openBatch = (
  engine: Engine,
  call: Call,
  resolved: ResolvedCall,
  inputs: Inputs<unknown>,
  sinkOf: (control: BatchControl, source: Pick<Source, "total">, untold: (error: unknown) => void) => Sink
): Lane => {
  const where = `pool.${call.where}(${call.task.name})`
  const untold = untoldOf(where, resolved.signal, () => engine.phase !== "open")
  const source = readInContext(sourceOf(inputs, where, () => engine.sourceMoved(lane), untold))
  // Subscribers first: the batch's own start is an event.
  const lane: Lane = engine.batch(
    call.task,
    resolved,
    call.callSite,
    source,
    (control) => sinkOf(control, source, untold),
    (opened) => tellProgress(engine, opened, resolved)
  )
  obeySignal(engine, lane, resolved.signal)
  return lane
}

const runningOf = (engine: Engine, lane: Lane): Running => ({
  cancel: (reason) => engine.settlement.cancelAll(lane, reason),
  abandon: () => {
    engine.stop(lane, "its caller's interruption")
    return lane.source.closing?.wait()
  }
})

/** `map` and `settle`. Throws what is wrong with the call. */
export const startArray = (
  engine: Engine,
  call: Call,
  inputs: Inputs<unknown>,
  answer: { resolve(values: Array<never>): void; reject(error: unknown): void }
): Running => {
  const resolved = admit(engine, call, () => firstNotTakenIn(engine, call, inputs))
  const lane = openBatch(engine, call, resolved, inputs, (control, { total }) => {
    const setup = { bounded: !Array.isArray(inputs), total, control, answer: answer as never }
    return call.where === "settle"
      ? new SettleSink(setup)
      : new MapSink({ ...setup, failFast: resolved.onFailure === "failFast" })
  })
  return runningOf(engine, lane)
}

/** `stream`, `outcomes` and `via`. Throws what is wrong with the call. */
export const startStream = (
  engine: Engine,
  call: Call,
  inputs: Inputs<unknown>
): { readonly sink: StreamSink } & Running => {
  const resolved = admit(engine, call, () => firstNotTakenIn(engine, call, inputs))
  let made: StreamSink | undefined
  const lane = openBatch(engine, call, resolved, inputs, (control, _, untold) => {
    made = new StreamSink({
      ordered: resolved.ordered,
      failFast: resolved.onFailure === "failFast",
      outcomes: call.where === "outcomes",
      control,
      untold
    })
    return made
  })
  return { sink: made as unknown as StreamSink, ...runningOf(engine, lane) }
}

/** A pipeline's stage: its values go to a sink of its own. Throws what is wrong with the call. */
export const startStage = (
  engine: Engine,
  call: Call,
  inputs: Inputs<unknown>,
  sinkOf: (resolved: ResolvedCall, control: BatchControl) => Sink
): { readonly lane: Lane } & Running => {
  const resolved = admit(engine, call, () => firstNotTakenIn(engine, call, inputs))
  const lane = openBatch(engine, call, resolved, inputs, (control) => sinkOf(resolved, control))
  lane.mostAuto = MAX_AUTO_OF_STAGE
  return { lane, ...runningOf(engine, lane) }
}
