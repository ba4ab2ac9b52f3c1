/** Reads a flow as was drawn, and says what was read and how that ended. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { Pipeline } from "holdfast"
import type { Flow } from "./plan.ts"
import type { Value } from "./work.ts"

/** What a reader throws who has had enough. */
export class ReaderLeft extends Error {}

export interface Readings {
  readonly values: Array<Value>
  /** How many there were, where that is all that was asked for. */
  counted: number | undefined
  failure: { readonly error: unknown; readonly isDefect: boolean } | undefined
  /** The reader did not wait for the end. */
  left: boolean
  stopped: boolean
}

type AnyPipeline = Pipeline.Pipeline<Value, Value, unknown>

interface Reading {
  readonly flow: Flow
  readonly pipeline: AnyPipeline
  readonly inputs: unknown
  readonly options: Pipeline.RunOptions
  readonly readings: Readings
}

const GREED = 4

/** Asks for several at once; they must come in their order. */
const readGreedily = async (run: Pipeline.PipelineRun<Value>, take: (value: Value) => Promise<boolean>) => {
  const asked: Array<Promise<IteratorResult<Value, undefined>>> = []
  for (;;) {
    while (asked.length < GREED) {
      const next = run.next()
      // It is heard once its turn has come.
      next.catch(() => undefined)
      asked.push(next)
    }
    const next = await asked.shift()
    if (next === undefined || next.done === true) break
    if (await take(next.value)) {
      await run.return()
      break
    }
  }
  const rest = await Promise.allSettled(asked)
  for (const each of rest) if (each.status === "rejected") throw each.reason
}

const readRun = async ({ flow, inputs, options, pipeline, readings }: Reading): Promise<void> => {
  const { end, readMs } = flow
  const run = pipeline.stream(inputs as Iterable<Value>, options)
  const take = async (value: Value): Promise<boolean> => {
    readings.values.push(value)
    if (readMs > 0) await sleep(readMs)
    if (!("after" in end) || readings.values.length !== end.after) return false
    if (end.how === "throws") throw new ReaderLeft("enough")
    readings.stopped = end.how === "stops"
    if (readings.stopped) run.stop()
    readings.left = end.how === "breaks"
    return readings.left
  }
  const timer =
    end.how === "stopsAt" || end.how === "returns"
      ? setTimeout(() => {
          readings.stopped = end.how === "stopsAt"
          readings.left ||= end.how === "returns"
          if (end.how === "stopsAt") run.stop()
          else run.return().catch((error: unknown) => (readings.failure ??= { error, isDefect: false }))
        }, end.afterMs)
      : undefined
  try {
    if (flow.reading === "greedy") await readGreedily(run, take)
    else for await (const value of run) if (await take(value)) break
  } catch (error) {
    if (error instanceof ReaderLeft) readings.left = true
    else throw error
  } finally {
    clearTimeout(timer)
  }
}

const readStream = async ({ flow, inputs, options, pipeline, readings }: Reading): Promise<void> => {
  const { end, readMs } = flow
  const stream = pipeline.toStream(inputs as Stream.Stream<Value>, options)
  const some = end.how === "breaks" ? Stream.take(stream, end.after) : stream
  const taken = Stream.runForEach(some, (value) =>
    Effect.andThen(
      Effect.sync(() => readings.values.push(value)),
      readMs > 0 ? Effect.sleep(readMs) : Effect.void
    )
  )
  const fiber = Effect.runFork(taken)
  const timer = end.how === "interrupts" ? setTimeout(() => fiber.interruptUnsafe(), end.afterMs) : undefined
  const exit = await Effect.runPromise(Fiber.await(fiber))
  clearTimeout(timer)
  readings.left = end.how === "breaks" && readings.values.length === end.after
  if (Exit.isSuccess(exit)) return
  for (const reason of exit.cause.reasons) {
    if (Cause.isFailReason(reason)) readings.failure = { error: reason.error, isDefect: false }
    else if (Cause.isDieReason(reason)) readings.failure = { error: reason.defect, isDefect: true }
    else readings.left = true
  }
}

/** Resolves once all is read that is to be. */
export const readFlow = async (reading: Reading): Promise<void> => {
  const { flow, inputs, options, pipeline, readings } = reading
  try {
    if (flow.reading === "run") readings.values.push(...(await pipeline.run(inputs as Iterable<Value>, options)))
    else if (flow.reading === "count")
      readings.counted = await pipeline.run(inputs as Iterable<Value>, { ...options, collect: false })
    else if (flow.reading === "toStream") await readStream(reading)
    else await readRun(reading)
  } catch (error) {
    readings.failure = { error, isDefect: false }
  }
}
