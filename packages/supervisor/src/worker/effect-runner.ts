/**
 * Runs Effects in a worker: the only file of the child side that loads `effect`, and only when a task or a
 * context needs it. Decodes input and encodes output and errors by the task's schemas, provides
 * `TaskContext`, sends `Effect.log` to the parent, and turns an Exit into what plain tasks give: a value, or
 * a throw.
 */
import { types } from "node:util"
import { type AnyTask, TaskContext } from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { Logger } from "effect/Logger"
import type { LogLevel } from "effect/LogLevel"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { previewOf } from "../protocol/preview.ts"
import { schemaError } from "../protocol/thrown-words.ts"
import { placeOf } from "./effect-place.ts"
import { failedIn } from "./effect-spans.ts"
import { heldExitOf } from "./held-exits.ts"
import type { JobScope } from "./job-scope.ts"
import { logText } from "./log-text.ts"
import { logLine } from "./output.ts"
import { Interrupted, rememberSpans, SchemaMismatch, TypedFailure } from "./runnable.ts"

const PINO_LEVEL: Record<LogLevel, number> = {
  All: 10,
  Trace: 10,
  Debug: 20,
  Info: 30,
  Warn: 40,
  Error: 50,
  Fatal: 60,
  None: 30
}

/**
 * A logger of Effect's own kind, as its `Logger.make` makes one. The module `effect/Logger` is not loaded for that: it
 * brings files and streams along, 22 modules, and a third more time until a worker of Effects can begin.
 */
const loggerOf = (log: Logger<unknown, void>["log"]): Logger<unknown, void> => {
  const [effects] = References.CurrentLoggers.defaultValue()
  return Object.assign(Object.create(Object.getPrototypeOf(effects)), { log })
}

const pinoLogger = loggerOf(({ message, logLevel, cause, fiber }) => {
  const annotations = fiber.getRef(References.CurrentLogAnnotations)
  const why = cause.reasons.length > 0 ? { cause: Cause.pretty(cause) } : {}
  const spans = fiber.getRef(References.CurrentLogSpans)
  const now = Date.now()
  const since = spans.length === 0 ? {} : { spans: Object.fromEntries(spans.map(([name, at]) => [name, now - at])) }
  logLine(PINO_LEVEL[logLevel], logText(message), { ...annotations, ...since, ...why })
})

/** The Layers that a pool was made with, built into one context, and their release. */
export interface LayerContext {
  readonly context: Context.Context<never>
  /** Gives what their finalizers failed with, none of which keeps the others from running. */
  readonly release: () => Promise<ReadonlyArray<unknown>>
}

/**
 * Builds Layers once for this worker, sharing what they share. Rejects with the failure of the first that fails, or was
 * interrupted by the signal.
 */
export const buildLayers = async (
  layers: ReadonlyArray<unknown>,
  signal: AbortSignal,
  building: (at: number) => void = () => undefined
): Promise<LayerContext> => {
  const scope = Scope.makeUnsafe()
  const memo = Layer.makeMemoMapUnsafe()
  let context = Context.make(References.CurrentLoggers, new Set([pinoLogger])) as Context.Context<never>
  for (const [at, layer] of layers.entries()) {
    building(at)
    const build = Layer.buildWithMemoMap(layer as Layer.Layer<never, unknown>, memo, scope)
    const exit = await Effect.runPromiseExit(Effect.provideContext(build, context), { signal })
    if (Exit.isFailure(exit)) {
      // What those before it fail to release with is no reason why it failed.
      await Effect.runPromiseExit(Scope.close(scope, exit))
      throw Cause.squash(exit.cause)
    }
    context = Context.merge(context, exit.value)
  }
  const release = async (): Promise<ReadonlyArray<unknown>> => {
    const exit = await Effect.runPromiseExit(Scope.close(scope, Exit.void))
    if (Exit.isSuccess(exit)) return []
    return exit.cause.reasons.map((reason) => Cause.squash(Cause.fromReasons([reason])))
  }
  return { context, release }
}

const isAbort = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === "AbortError"

/** What heeds its job's signal fails with that, and has nothing to tell. */
const isAborted = (reason: Cause.Reason<unknown>): boolean => {
  if (Cause.isInterruptReason(reason)) return true
  const thrown = Cause.isFailReason(reason) ? reason.error : reason.defect
  return heldExitOf(thrown) !== undefined || isAbort(thrown) || (thrown instanceof Error && isAbort(thrown.cause))
}

/** A job fails with one error; what failed beside it, such as a finalizer, is told of in its log. */
const tellOthers = ({ reasons }: Cause.Cause<unknown>, scope: JobScope): void => {
  // Of one that was cancelled, has timed out or was given up, the failure is another one altogether.
  const hasFailed = scope.cancelled || scope.givenUp
  const failures = reasons.filter((reason) => !(hasFailed ? isAborted(reason) : Cause.isInterruptReason(reason)))
  if (failures.length < (hasFailed ? 1 : 2)) return
  const cause = Cause.pretty(Cause.fromReasons(failures))
  const what = hasFailed
    ? "the Effect failed as it was interrupted, when its job had failed already"
    : `the Effect failed for ${failures.length} reasons, and its job fails with one of them`
  logLine(50, what, { cause })
}

type Coder = (value: unknown) => Exit.Exit<unknown, unknown>

/** Whatever a schema throws, as it is made ready for its first value or at any, is why that value does not fit. */
const coderOf = (ready: () => Coder): Coder => {
  let coder: Coder | undefined
  return (value) => {
    try {
      coder ??= ready()
      return coder(value)
    } catch (thrown) {
      return Exit.die(thrown)
    }
  }
}

/** Fits only what can be read again: the parent could not go back to the error itself, which here is still at hand. */
const readably =
  (encode: Coder, decode: Coder): Coder =>
  (value) => {
    const encoded = encode(value)
    if (Exit.isFailure(encoded)) return encoded
    const read = decode(encoded.value)
    return Exit.isSuccess(read) ? encoded : read
  }

const coders = async (
  task: AnyTask
): Promise<{ input: Coder | undefined; output: Coder | undefined; error: Coder | undefined }> => {
  const { input, output, error } = task.schemas
  if (input === undefined && output === undefined && error === undefined)
    return { input: undefined, output: undefined, error: undefined }
  const { decodeUnknownExit, encodeUnknownExit, toCodecJson } = await import("effect/Schema")
  return {
    input: input === undefined ? undefined : coderOf(() => decodeUnknownExit(toCodecJson(input))),
    output: output === undefined ? undefined : coderOf(() => encodeUnknownExit(toCodecJson(output))),
    error:
      error === undefined
        ? undefined
        : coderOf(() => readably(encodeUnknownExit(toCodecJson(error)), decodeUnknownExit(toCodecJson(error))))
  }
}

/** Of what `run` returned that is no Effect, which TypeScript would have refused: Effect says a string, and not whose. */
const noEffect = (name: string, given: unknown): Effect.Effect<never> => {
  const advice = types.isPromise(given)
    ? ": an async function is for Task.fn, or goes into Effect.promise"
    : types.isGeneratorObject(given)
      ? ": a generator function goes into Effect.gen or Effect.fn"
      : ""
  const came = `expected an Effect from its run, received ${previewOf(given, 60)}`
  return Effect.die(new TypeError(`Task.effect(${JSON.stringify(name)}): ${came}${advice}`))
}

const mismatch = (side: "input" | "output", cause: Cause.Cause<unknown>): SchemaMismatch =>
  new SchemaMismatch(side, schemaError(Cause.squash(cause)))

/** Makes a `Task.effect` into a function for the chunk loop. */
export const effectRunner = async (
  task: AnyTask,
  layers: () => LayerContext
): Promise<(input: unknown, scope: JobScope) => unknown> => {
  const { input: decode, output: encode, error: encodeError } = await coders(task)
  const run = task.run as (input: unknown) => Effect.Effect<unknown, unknown, never>

  const conclude = (exit: Exit.Exit<unknown, unknown>, scope: JobScope): unknown => {
    if (Exit.isSuccess(exit)) {
      if (encode === undefined) return exit.value
      const encoded = encode(exit.value)
      if (Exit.isFailure(encoded)) throw mismatch("output", encoded.cause)
      return encoded.value
    }
    tellOthers(exit.cause, scope)
    const typed = Cause.findErrorOption(exit.cause)
    if (Option.isSome(typed)) {
      const encoded = encodeError?.(typed.value)
      const isEncoded = encoded !== undefined && Exit.isSuccess(encoded)
      const failure = new TypedFailure(typed.value, isEncoded, isEncoded ? encoded.value : undefined)
      rememberSpans(failure, failedIn(exit.cause, Cause.isFailReason))
      throw failure
    }
    if (Cause.hasInterruptsOnly(exit.cause)) throw new Interrupted()
    const defect = Cause.squash(exit.cause)
    rememberSpans(defect, failedIn(exit.cause, Cause.isDieReason))
    throw defect
  }

  return (raw, scope) => {
    let input = raw
    if (decode !== undefined) {
      const decoded = decode(raw)
      if (Exit.isFailure(decoded)) throw mismatch("input", decoded.cause)
      input = decoded.value
    }
    const context = Context.add(layers().context, TaskContext, scope.current())
    const fiber = Effect.runForkWith(context as Context.Context<never>)(
      Effect.suspend(() => {
        const given = run(input)
        return Effect.isEffect(given) ? given : noEffect(task.name, given)
      })
    )
    const done = fiber.pollUnsafe()
    if (done !== undefined) return conclude(done, scope)
    scope.interrupt = () => fiber.interruptUnsafe()
    scope.describe = () => placeOf(fiber)
    scope.cancellable()
    return new Promise((resolve, reject) => {
      fiber.addObserver((exit) => {
        try {
          resolve(conclude(exit, scope))
        } catch (thrown) {
          reject(thrown)
        }
      })
    })
  }
}
