import { currentTask, Task } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { describe, expect, it, vi } from "vitest"

const run = (n: number): number => n
const make: Record<string, (meta: never, name: never, run: never) => unknown> = {
  "Task.fn": Task.fn as never,
  "Task.spread": Task.spread as never,
  "Task.effect": ((meta: never, name: never, run: never) => Task.effect(meta, name, { run })) as never,
  "Task.context": Task.context as never
}

describe.each(Object.keys(make))("%s", (name) => {
  const made = make[name] as (meta: unknown, name: unknown, run: unknown) => unknown

  it("refuses a first argument without a url, naming what came", () => {
    for (const [meta, received] of [
      [undefined, "undefined"],
      [null, "null"],
      [{}, "[object Object]"],
      ["file:///tasks.ts", "file:///tasks.ts"]
    ]) {
      expect(() => made(meta, "task", run)).toThrow(
        new TypeError(`${name}: the first argument must be import.meta (or { url }), received ${received}`)
      )
    }
  })

  it("refuses a name that is none, naming what came", () => {
    for (const task of [undefined, "", 5, run]) {
      expect(() => made(import.meta, task, run)).toThrow(
        new TypeError(`${name}: the second argument must be the export's name, received ${String(task)}`)
      )
    }
  })

  it("refuses what can't be run, naming the task and what came", () => {
    for (const what of [undefined, null, 5, "n => n", {}]) {
      expect(() => made(import.meta, "mine", what)).toThrow(TypeError)
      expect(() => made(import.meta, "mine", what)).toThrow(`${name}("mine"): expected a`)
      expect(() => made(import.meta, "mine", what)).toThrow(`received ${String(what)}`)
    }
  })

  it("takes anything with a url for its module", () => {
    expect(made({ url: "file:///tasks.ts" }, "mine", run)).toMatchObject({ module: "file:///tasks.ts", name: "mine" })
  })
})

describe("a task", () => {
  const area = Task.fn(import.meta, "area", ({ width, height }: { width: number; height: number }) => width * height)

  it("is a frozen value that says what it is", () => {
    expect(area).toMatchObject({ kind: "fn", name: "area", module: import.meta.url, options: {}, bound: [] })
    expect(Object.isFrozen(area)).toBe(true)
    expect(Task.isTask(area)).toBe(true)
    for (const other of [run, null, undefined, "area", {}, { name: "area" }]) expect(Task.isTask(other)).toBe(false)
  })

  it("with something bound is another, of the same name and with the same options", () => {
    const options = { timeout: 5 }
    const task = Task.fn(import.meta, "task", ({ a, b }: { a: number; b: number }) => a + b, options)
    const bound = task.with({ a: 1 })
    expect(bound).toMatchObject({ name: "task", bound: [{ a: 1 }] })
    expect(bound.options).toBe(task.options)
    expect(task.bound).toEqual([])
    expect(bound.with({ b: 2 }).bound).toEqual([{ a: 1 }, { b: 2 }])
    expect(Task.isTask(bound)).toBe(true)
  })

  it("binds fields alone, unless it has several parameters", () => {
    const told = (value: string) =>
      `with, of the task "area": expected an object, whose fields are bound, received ${value}`
    const bind = (fixed: unknown) => () => area.with(fixed as { width: number })
    expect(bind(3)).toThrow(told("3"))
    expect(bind(null)).toThrow(told("null"))
    expect(bind([1, 2])).toThrow(told("1,2"))
    const power = Task.spread(import.meta, "power", (base: number, exponent: number) => base ** exponent)
    expect(power.with(2).bound).toEqual([2])
    expect(() => Task.chain(area, area as never).with(3 as never)).toThrow(told("3"))
  })

  it("of an Effect keeps its options apart from its schemas", () => {
    const task = Task.effect(import.meta, "task", {
      input: Schema.String,
      run: (text) => Effect.succeed(text),
      timeout: "5 seconds",
      retry: 2,
      idempotent: false
    })
    expect(task.options).toEqual({ timeout: "5 seconds", retry: 2, idempotent: false })
    expect(task.schemas).toEqual({ input: Schema.String, output: undefined, error: undefined })
  })

  it("of a module is made when its name is asked for, the same each time", () => {
    const work = Task.module<{ double(n: number): number }>(new URL("file:///work.ts"))
    expect(work.double).toBe(work.double)
    expect(work.double).toMatchObject({ kind: "module", name: "double", module: "file:///work.ts", run: undefined })
    expect(Object.keys(work)).toEqual([])
    expect(Reflect.get(work, Symbol.iterator)).toBeUndefined()
    expect(Reflect.get(work, "then")).toBeUndefined()
  })

  it.each(["./work.ts", "/work.ts", "http://example.com/work.ts", ""])(
    "of a module refuses %j, which is no file's URL",
    (url) => {
      expect(() => Task.module(url)).toThrow(
        `Task.module: expected a URL such as new URL("./work.ts", import.meta.url), received ${JSON.stringify(url)}`
      )
    }
  )
})

describe("a context", () => {
  it("is of a Layer or of a function", () => {
    for (const source of [Layer.empty, () => ({ value: 1 })]) {
      const context = Task.context({ url: "file:///tasks.ts" }, "home", source as never)
      expect(context).toMatchObject({ name: "home", module: "file:///tasks.ts", source })
      expect([Task.isContext(context), Task.isTask(context)]).toEqual([true, false])
    }
    expect(Task.isContext({})).toBe(false)
  })
})

describe("abort", () => {
  it("is known to another copy of the package, as a worker may have one", async () => {
    vi.resetModules()
    const copy = await import("../../packages/core/src/abort.ts")
    expect(copy.abort).not.toBe(Task.abort)
    for (const error of [new Error("gone"), "gone"])
      expect(Task.unwrapAbort(copy.abort(error))).toEqual({ error, final: true })
  })

  it("marks an error without changing it, and is found again", () => {
    const error = new Error("final")
    expect(Task.abort(error)).toBe(error)
    expect(Task.unwrapAbort(error)).toEqual({ error, final: true })
    expect(Task.unwrapAbort(new Error("other"))).toMatchObject({ final: false })
    const frozen = Object.freeze(new Error("frozen"))
    expect(Task.unwrapAbort(Task.abort(frozen))).toEqual({ error: frozen, final: true })
  })

  it.each(["text", 5, 5n, null, undefined, true, Symbol.for("s")])("carries %s", (error) => {
    expect(Task.unwrapAbort(Task.abort(error))).toEqual({ error, final: true })
    expect(Task.unwrapAbort(error)).toEqual({ error, final: false })
  })

  it("marks a function as well", () => {
    const thrown = (): void => undefined
    expect(Task.unwrapAbort(Task.abort(thrown))).toEqual({ error: thrown, final: true })
  })
})

describe("currentTask", () => {
  it("says what to do where no task is running", () => {
    expect(() => currentTask()).toThrow(/outside of a running task. Call it inside the task's function/)
  })
})

describe("Task.effect", () => {
  it("refuses a schema that is none, naming the task, which one, and what came", () => {
    const made = (schemas: object) => () =>
      Task.effect(import.meta, "parse", { run: Effect.succeed, ...schemas } as Parameters<typeof Task.effect>[2])
    for (const side of ["input", "output", "error"]) {
      const message = `Task.effect("parse"): expected a schema as ${side}, received`
      expect(made({ [side]: null })).toThrow(new TypeError(`${message} null`))
      expect(made({ [side]: { of: "a number" } })).toThrow(new TypeError(`${message} [object Object]`))
      expect(made({ [side]: Schema.Defect })).toThrow(
        new TypeError(`${message} a function, which may have to be called for one`)
      )
      class Page extends Schema.Class<Page>("Page")({ at: Schema.Int }) {}
      for (const schema of [Schema.String, Schema.Defect(), Page]) expect(made({ [side]: schema })).not.toThrow()
    }
  })
})
