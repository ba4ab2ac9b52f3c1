import { type CurrentTask, Executor, TaskContext } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { serviceKey } from "../../packages/core/src/ServiceKey.ts"

const job = { task: "square", index: 3 } as CurrentTask
const given = <A, E>(effect: Effect.Effect<A, E, TaskContext>): Effect.Effect<A, E> =>
  Effect.provideService(effect, TaskContext, job)

describe("a service key made without effect, in effect itself", () => {
  it("is a key, and an Effect", () => {
    expect(Context.isKey(TaskContext)).toBe(true)
    expect(Effect.isEffect(TaskContext)).toBe(true)
    expect(TaskContext.key).toBe("@holdfast/core/TaskContext")
  })

  it("gives its service: alone, yielded, mapped, in the middle and at the end", () => {
    expect(Effect.runSync(given(TaskContext))).toBe(job)
    const yielded = Effect.gen(function* () {
      const before = yield* TaskContext
      yield* Effect.void
      return [before, yield* TaskContext]
    })
    expect(Effect.runSync(given(yielded))).toEqual([job, job])
    expect(Effect.runSync(given(Effect.map(TaskContext, ({ index }) => index)))).toBe(3)
    expect(Effect.runSync(given(Effect.andThen(Effect.void, TaskContext)))).toBe(job)
    expect(Effect.runSync(given(TaskContext.pipe(Effect.map(({ task }) => task))))).toBe("square")
    expect(Effect.runSync(given(Effect.all([TaskContext, TaskContext], { concurrency: 2 })))).toEqual([job, job])
  })

  it("gives it through use and useSync", () => {
    expect(Effect.runSync(given(TaskContext.use(({ index }) => Effect.succeed(index + 1))))).toBe(4)
    expect(Effect.runSync(given(TaskContext.useSync(({ index }) => index + 1)))).toBe(4)
    const failed = Effect.runSyncExit(given(TaskContext.use(() => Effect.fail("no"))))
    expect(Exit.isFailure(failed) && failed.cause.reasons).toMatchObject([{ _tag: "Fail", error: "no" }])
    const died = Effect.runSyncExit(
      given(
        TaskContext.useSync(() => {
          throw new Error("in useSync")
        })
      )
    )
    expect(Exit.isFailure(died) && died.cause.reasons).toMatchObject([
      { _tag: "Die", defect: { message: "in useSync" } }
    ])
  })

  it("gives an Exit that effect takes for its own", () => {
    const exit = Effect.runSyncExit(given(TaskContext))
    expect(Exit.isExit(exit) && Exit.isSuccess(exit)).toBe(true)
    expect(Exit.map(exit, ({ index }) => index)).toEqual(Exit.succeed(3))
    expect(Effect.runSync(Effect.flatMap(exit, ({ index }) => Effect.succeed(index)))).toBe(3)
  })

  it("works across fibers, promises and streams", async () => {
    const forked = Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.andThen(Effect.yieldNow, TaskContext))
      return yield* Fiber.join(fiber)
    })
    expect(await Effect.runPromise(given(forked))).toBe(job)
    expect(await Effect.runPromise(given(Stream.runCollect(Stream.fromEffect(TaskContext))))).toEqual([job])
    expect(await Effect.runPromise(Fiber.join(Effect.runFork(given(TaskContext))))).toBe(job)
  })

  it("is looked up in a Context, a Layer, and optionally", () => {
    const context = Context.make(TaskContext, job)
    expect(Context.get(context, TaskContext)).toBe(job)
    expect(Effect.runSync(Effect.provideContext(TaskContext, context))).toBe(job)
    expect(Effect.runSync(Effect.provide(TaskContext, Layer.succeed(TaskContext, job)))).toBe(job)
    const built = Layer.effect(TaskContext, Effect.succeed(job))
    expect(Effect.runSync(Effect.provide(TaskContext, built))).toBe(job)
    expect(Option.isNone(Effect.runSync(Effect.serviceOption(TaskContext)))).toBe(true)
    expect(Effect.runSync(given(Effect.serviceOption(TaskContext)))).toEqual(Option.some(job))
  })

  it("is another service than one of another name, and the same as one of its own", () => {
    const other = serviceKey<"Other", CurrentTask>("test/Other")
    const same = serviceKey<TaskContext, CurrentTask>(TaskContext.key)
    const context = Context.make(TaskContext, job)
    expect(Option.isNone(Context.getOption(context, other as never))).toBe(true)
    expect(Context.get(context, same)).toBe(job)
    expect(Executor.key).not.toBe(TaskContext.key)
    expect(TaskContext.of(job)).toBe(job)
  })

  it("is the same service as one of effect's own with its name", () => {
    const theirs = Context.Service<TaskContext, CurrentTask>(TaskContext.key)
    expect(Effect.runSync(Effect.provideService(TaskContext, theirs, job))).toBe(job)
    expect(Effect.runSync(Effect.provideService(theirs, TaskContext, job))).toBe(job)
  })

  it("says which service is missing, as a defect", () => {
    for (const effect of [TaskContext, TaskContext.useSync(() => 1), TaskContext.use(() => Effect.void)]) {
      const exit = Effect.runSyncExit(effect as Effect.Effect<unknown>)
      expect(Exit.isFailure(exit) && exit.cause.reasons).toMatchObject([
        { _tag: "Die", defect: { message: "Service not found: @holdfast/core/TaskContext" } }
      ])
    }
  })

  it("prints and serialises without trouble", () => {
    expect(JSON.parse(JSON.stringify(TaskContext))).toMatchObject({ key: "@holdfast/core/TaskContext" })
    expect(() => String(TaskContext)).not.toThrow()
  })
})
