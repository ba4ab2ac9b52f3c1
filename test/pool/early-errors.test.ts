/**
 * Node streams as inputs that fail before they are read, or that are never read: a pool reads once a worker is there,
 * and a call that is refused reads nothing.
 */
import { createReadStream } from "node:fs"
import { setImmediate as turn } from "node:timers/promises"
import { Effect, Stream } from "effect"
import { createPool, type Inputs, Pipeline, Pool, type PromisePool } from "holdfast"
import { expect, it } from "vitest"
import { echo } from "../fixtures/plain.ts"
import { failureOf, valuesOf } from "./places.ts"

/** What nobody has caught while `act` ran, and until the streams it was given have failed. */
const uncaughtIn = async (act: (missing: () => Inputs<unknown>) => Promise<void>): Promise<ReadonlyArray<unknown>> => {
  const uncaught: Array<unknown> = []
  const hear = (error: unknown): void => void uncaught.push(error)
  const others = process.listeners("uncaughtException")
  process.removeAllListeners("uncaughtException")
  process.on("uncaughtException", hear)
  const files: Array<ReturnType<typeof createReadStream>> = []
  try {
    await act(() => {
      const file = createReadStream("/no/such/file.jsonl")
      files.push(file)
      return file
    })
    await expect.poll(() => files.every(({ closed }) => closed)).toBe(true)
    await turn()
  } finally {
    process.off("uncaughtException", hear)
    for (const listener of others) process.on("uncaughtException", listener)
  }
  return uncaught
}

const isMissing = { code: "ENOENT", path: "/no/such/file.jsonl" }

it.each(["map", "settle"] as const)(
  "a file that is not there fails the %s that reads it, not the program",
  async (call) => {
    const uncaught = await uncaughtIn(async (missing) => {
      await using pool = await createPool({ workers: 1, logger: false })
      expect(await failureOf(pool[call](echo, missing()))).toMatchObject(isMissing)
    })
    expect(uncaught).toEqual([])
  }
)

it("a file that is not there fails what comes to read it later, not the program", async () => {
  const uncaught = await uncaughtIn(async (missing) => {
    await using pool = await createPool({ workers: 1, logger: false })
    const values = pool.stream(echo, missing())
    const echoes = Pipeline.make("echoes").stage("echo", echo, { pool })
    const run = echoes.stream(missing())
    const stream = echoes.toStream(missing())
    // By then all three have failed.
    await pool.run(echo, 1)
    expect(await failureOf(valuesOf(values))).toMatchObject(isMissing)
    expect(await failureOf(valuesOf(run))).toMatchObject(isMissing)
    expect(await failureOf(Effect.runPromise(Stream.runCollect(stream)))).toMatchObject(isMissing)
  })
  expect(uncaught).toEqual([])
})

const badOptions = { chunkSize: -1 }

const refused: Readonly<Record<string, (pool: PromisePool, inputs: Inputs<unknown>) => Promise<unknown>>> = {
  "a map": (pool, inputs) => pool.map(echo, inputs, badOptions),
  "a settle": (pool, inputs) => pool.settle(echo, inputs, badOptions),
  "a stream": (pool, inputs) => valuesOf(pool.stream(echo, inputs, badOptions)),
  "a submitAll": async (pool, inputs) => pool.submitAll(echo, inputs as never)[0]?.result(),
  "a pipeline's run": (pool, inputs) =>
    Pipeline.make("echoes")
      .stage("echo", echo, { pool })
      .run(inputs, { progress: 3 as never })
}

it.each(Object.keys(refused))("%s that is refused takes the errors of its inputs with it", async (name) => {
  const uncaught = await uncaughtIn(async (missing) => {
    await using pool = await createPool({ workers: 1, logger: false })
    expect(String(await failureOf(Promise.resolve(refused[name]?.(pool, missing()))))).toMatch(
      /chunkSize|progress|asynchronously/
    )
  })
  expect(uncaught).toEqual([])
})

it("calls of the Effect door that are never run, or refused, take the errors of their inputs with them", async () => {
  const uncaught = await uncaughtIn((missing) =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const pool = yield* Pool.make({ workers: 1, logger: false })
          pool.map(echo, missing())
          pool.stream(echo, missing())
          expect(String(yield* Effect.flip(pool.map(echo, missing(), badOptions)))).toContain("chunkSize")
          expect(yield* Effect.flip(Effect.sandbox(pool.map(echo, missing())))).toBeDefined()
        })
      )
    )
  )
  expect(uncaught).toEqual([])
})
