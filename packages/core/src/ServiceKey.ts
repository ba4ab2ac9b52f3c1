/**
 * Effect service keys that cost nothing to import.
 *
 * A worker that runs plain functions must not load `effect`, yet `TaskContext` and `Executor` are exported
 * from the same index such a worker imports. So their keys speak Effect's protocol (a service key is looked
 * up by its `key` string, and is an Effect that reads the fiber's context) without importing it.
 * `test/core/service-key.test.ts` holds them against the real `effect`.
 *
 * Source: `Context.ts` (`ServiceProto`) and `internal/core.ts` (`withFiberSucceed`) of effect 4.1.0.
 */
import type { Key } from "effect/Context"
import type { Effect } from "effect/Effect"

const evaluate = "~effect/Effect/evaluate"
const succeeded = "~effect/Effect/successCont"

interface Fiber {
  readonly context: { readonly mapUnsafe: ReadonlyMap<string, unknown> }
  getCont(symbol: string): { [succeeded](value: unknown, fiber: Fiber): unknown } | undefined
  yieldWith(exit: unknown): unknown
}

const identity = <A>(value: A): A => value
const variance = { _A: identity, _E: identity, _R: identity }

const effectOf = (label: string, step: (fiber: Fiber) => unknown) => ({
  "~effect/Effect": variance,
  "~effect/Effect/identifier": label,
  [evaluate]: step,
  pipe(this: unknown, ...fns: Array<(value: unknown) => unknown>) {
    return fns.reduce((value, fn) => fn(value), this)
  },
  *[Symbol.iterator](this: unknown): Generator<unknown, unknown> {
    return yield this
  },
  toJSON: () => ({ _id: "Service", key: label })
})

/** Hands a value to whatever comes next in the fiber, as `Effect.succeed` would. */
const succeedWith = (value: unknown, fiber: Fiber): unknown => {
  const next = fiber.getCont(succeeded)
  if (next !== undefined) return next[succeeded](value, fiber)
  const exit: Record<string, unknown> = {
    ...effectOf("Success", (self) => self.yieldWith(exit)),
    "~effect/Exit": "~effect/Exit",
    _tag: "Success",
    value,
    "~effect/Effect/args": value
  }
  return fiber.yieldWith(exit)
}

/** A service key as `Context.Service` makes it, less `context` (use `Context.make(key, service)`). */
export interface ServiceKey<Identifier, Shape> extends Key<Identifier, Shape> {
  /** Types a value as this service; returns it unchanged. */
  of(service: Shape): Shape
  /** Reads the service and continues with the Effect that `f` returns. */
  use<A, E, R>(f: (service: Shape) => Effect<A, E, R>): Effect<A, E, R | Identifier>
  /** Reads the service and maps it. */
  useSync<A>(f: (service: Shape) => A): Effect<A, never, Identifier>
}

/**
 * Makes a service key under `key` without loading `effect`.
 *
 * @example
 * const Clock = serviceKey<"Clock", { now(): number }>("my/Clock")
 */
export const serviceKey = <Identifier, Shape>(key: string): ServiceKey<Identifier, Shape> => {
  const get = (fiber: Fiber): Shape => {
    const { mapUnsafe } = fiber.context
    if (!mapUnsafe.has(key)) throw new Error(`Service not found: ${key}`)
    return mapUnsafe.get(key) as Shape
  }
  const self = {
    ...effectOf(key, (fiber) => succeedWith(get(fiber), fiber)),
    "~effect/Context/Service": "~effect/Context/Service",
    key,
    of: identity,
    use: (f: (service: Shape) => unknown) => effectOf(key, (fiber) => f(get(fiber))),
    useSync: (f: (service: Shape) => unknown) => effectOf(key, (fiber) => succeedWith(f(get(fiber)), fiber))
  }
  return self as unknown as ServiceKey<Identifier, Shape>
}
