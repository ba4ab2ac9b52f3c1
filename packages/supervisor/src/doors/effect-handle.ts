/**
 * The handle of a submitted job, on the Effect door, and how the functions of `Handle` answer there: with Effects
 * and Streams, and with what serves both doors where no handle says which is meant.
 */
import { type InspectOptions, inspect } from "node:util"
import {
  type Arrivals,
  type Handle,
  type HandleDoor,
  HandleTypeId,
  type InvalidOptions,
  type JobStatus,
  type JobSummary,
  type LogLine,
  type Outcome,
  promiseDoor,
  provideEitherDoor,
  type Settling
} from "@holdfast/core"
import type { Input as DurationInput } from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type Listener, PendingJob } from "../collect/PendingJob.ts"
import { CallSite } from "../failure/call-site.ts"
import { placedAt } from "./admission.ts"
import { pulledFrom } from "./effect-pulled.ts"
import { failureOf, resultOf } from "./effect-result.ts"
import { patienceOf } from "./patience.ts"
import { inspectHandle, jsonOfHandle } from "./shown-handle.ts"
import { cancelJob, statusOfJob, summaryOfJob } from "./singles.ts"

const streamOf = (open: () => Arrivals): Stream.Stream<unknown> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(Effect.sync(open), (arrivals) => Effect.sync(() => arrivals.close())),
      (arrivals) => {
        const next = (): Promise<ReadonlyArray<unknown> | undefined> =>
          new Promise((resolve) => {
            arrivals.next((handle) => resolve(handle === undefined ? undefined : [handle, ...arrivals.ready()]))
          })
        return pulledFrom(next, Effect.die)
      }
    )
  )

const effectDoor: HandleDoor = {
  once: (ask) =>
    Effect.callback<unknown, unknown>((resume) => {
      const stop = ask({
        succeed: (value) => resume(Effect.succeed(value)),
        fail: (error) => resume(failureOf(error)),
        die: (error) => resume(Effect.die(error))
      })
      return Effect.sync(stop)
    }),
  many: streamOf
}

// An empty list of handles is of neither door: what is made of it must do for `await` and for `yield*`.
provideEitherDoor({
  once: (ask) => {
    const promise = promiseDoor.once(ask) as Promise<unknown>
    // On the Effect door nobody looks at it.
    promise.catch(() => undefined)
    return Object.assign(Object.create(effectDoor.once(ask) as object), {
      // biome-ignore lint/suspicious/noThenProperty: a promise is what it is, on the Promise door
      then: promise.then.bind(promise),
      catch: promise.catch.bind(promise),
      finally: promise.finally.bind(promise)
    })
  },
  many: (open) => Object.assign(Object.create(effectDoor.many(open) as object), promiseDoor.many(open))
})

export class EffectHandle extends PendingJob implements Handle<unknown, unknown> {
  get [HandleTypeId](): Settling<unknown, unknown> {
    return { door: effectDoor, onSettled: (listener) => PendingJob.onSettled(this, listener as Listener) }
  }

  get await(): Effect.Effect<unknown, never> {
    return resultOf(() => this) as Effect.Effect<unknown, never>
  }

  get poll(): Effect.Effect<Option.Option<Outcome<unknown, unknown>>> {
    return Effect.sync(() => Option.fromNullishOr(PendingJob.outcomeOf(this)))
  }

  get status(): JobStatus {
    return statusOfJob(this)
  }

  wait(duration: DurationInput): Effect.Effect<boolean, InvalidOptions> {
    let ms: number | undefined
    try {
      ms = patienceOf(duration)
    } catch (error) {
      return Effect.fail(placedAt(new CallSite(this.wait), error) as InvalidOptions)
    }
    return Effect.suspend((): Effect.Effect<boolean> => {
      if (PendingJob.isSettled(this)) return Effect.succeed(true)
      if (ms === 0) return Effect.succeed(false)
      const settled = Effect.callback<boolean>((resume) => {
        const stop = PendingJob.onSettled(this, () => resume(Effect.succeed(true)))
        return Effect.sync(stop)
      })
      return ms === undefined ? settled : Effect.map(Effect.timeoutOption(settled, ms), Option.isSome)
    })
  }

  cancel(reason?: unknown): Effect.Effect<void> {
    return Effect.sync(() => cancelJob(this, reason))
  }

  get job(): JobSummary {
    return summaryOfJob(this)
  }

  get logs(): ReadonlyArray<LogLine> {
    return this.job.logs
  }

  toJSON(): unknown {
    return jsonOfHandle(this)
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectHandle("Handle", this, depth, options)
  }
}
