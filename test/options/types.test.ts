import { type BatchOptions, type JobOptions, type StreamOptions, Task, type TaskOptions } from "@holdfast/core"
import * as Context from "effect/Context"
import type { Input as DurationInput } from "effect/Duration"
import * as Layer from "effect/Layer"
import type { Logger } from "pino"
import { describe, expect, expectTypeOf, it } from "vitest"
import type { batchTable, callTable } from "../../packages/supervisor/src/options/call-table.ts"
import type { Given, Resolved } from "../../packages/supervisor/src/options/declaration.ts"
import {
  type Contexts,
  type PoolOptions,
  type PoolOptionsWith,
  type Provided,
  type ResolvedCall,
  type ResolvedPoolOptions,
  resolveCallOptions,
  resolvePoolOptions
} from "../../packages/supervisor/src/options/resolve.ts"

class Database extends Context.Service<Database, { readonly query: (sql: string) => string }>()("test/Database") {}
class Cache extends Context.Service<Cache, { readonly get: (key: string) => number }>()("test/Cache") {}

const database = Task.context(import.meta, "database", Layer.succeed(Database, { query: (sql) => sql }))
const cache = Task.context(import.meta, "cache", Layer.succeed(Cache, { get: (key) => key.length }))
const model = Task.context(import.meta, "model", () => ({ value: [1, 2, 3] }))

/** As `Pool.make` and `createPool` take them. */
const provided = <const C extends Contexts = readonly []>(
  options: PoolOptionsWith<C> = {}
): { readonly by?: Provided<C> } => {
  resolvePoolOptions(options)
  return {}
}

describe("the types of options", () => {
  it("declared in the tables are those that core publishes", () => {
    type Calls = typeof callTable
    type Batches = Omit<Calls, "key"> & typeof batchTable
    expectTypeOf<Given<Calls, "task">>().toEqualTypeOf<TaskOptions>()
    expectTypeOf<Given<Calls, "job">>().toEqualTypeOf<JobOptions>()
    expectTypeOf<Given<Batches, "batch">>().toEqualTypeOf<{ [K in keyof BatchOptions]: BatchOptions[K] }>()
    expectTypeOf<Given<Batches, "stream">>().toEqualTypeOf<{ [K in keyof StreamOptions]: StreamOptions[K] }>()
    expectTypeOf<keyof ResolvedCall>().toEqualTypeOf<
      keyof (Resolved<Calls, "task" | "job"> & Resolved<Batches, "stream">)
    >()
    expect(
      resolveCallOptions(
        resolvePoolOptions({}),
        Task.fn(import.meta, "one", () => 1),
        undefined,
        "stream"
      )
    ).toHaveProperty("ordered")
  })

  it("of a pool say what comes in and what comes out", () => {
    expectTypeOf<PoolOptions["timeout"]>().toEqualTypeOf<DurationInput | undefined>()
    expectTypeOf<PoolOptions["isolation"]>().toEqualTypeOf<"process" | "thread" | "inline" | undefined>()
    expectTypeOf<ResolvedPoolOptions["startTimeoutMs"]>().toEqualTypeOf<number>()
    expectTypeOf<ResolvedPoolOptions["timeoutMs"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<ResolvedPoolOptions["chunkSize"]>().toEqualTypeOf<number | "auto">()
    expectTypeOf<ResolvedPoolOptions["execArgv"]>().toEqualTypeOf<ReadonlyArray<string> | undefined>()
    expectTypeOf<ResolvedPoolOptions>().not.toHaveProperty("timeout")
    expect(resolvePoolOptions({})).not.toHaveProperty("timeout")
  })

  it("tell what the contexts of a pool provide", () => {
    expectTypeOf(provided({ context: database })).toEqualTypeOf<{ readonly by?: Database }>()
    expectTypeOf(provided({ context: [database, cache] })).toEqualTypeOf<{ readonly by?: Database | Cache }>()
    expectTypeOf(provided({ context: [database, model, cache] })).toEqualTypeOf<{ readonly by?: Database | Cache }>()
    expectTypeOf(provided({ context: model })).toEqualTypeOf<{ readonly by?: never }>()
    expectTypeOf(provided({ workers: 2, context: [] })).toEqualTypeOf<{ readonly by?: never }>()
    expectTypeOf(provided({ workers: 2 })).toEqualTypeOf<{ readonly by?: never }>()
    expectTypeOf(provided()).toEqualTypeOf<{ readonly by?: never }>()
    const annotated: PoolOptions<Database> = { context: [database, model] }
    expectTypeOf(provided(annotated)).toEqualTypeOf<{ readonly by?: Database }>()
    expect(resolvePoolOptions({ context: [database, model, cache] }).context).toEqual([database, model, cache])
  })

  it("don't let a wrong option compile", () => {
    expectTypeOf<{ readonly workers: string }>().not.toExtend<PoolOptions>()
    expectTypeOf<{ readonly timeout: "30s" }>().not.toExtend<PoolOptions>()
    expectTypeOf<{ readonly maxMemory: "lots" }>().not.toExtend<PoolOptions>()
    expectTypeOf<{ readonly context: typeof cache }>().not.toExtend<PoolOptions<Database>>()
    expectTypeOf<{
      readonly env: NodeJS.ProcessEnv
      readonly timeout: "30 seconds"
      readonly logger: false
    }>().toExtend<PoolOptions>()
    expectTypeOf<{ readonly logger: Logger }>().toExtend<PoolOptions>()
    expect(() => resolvePoolOptions({ workers: "2" })).toThrow("workers")
  })
})
