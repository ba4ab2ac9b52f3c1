import { createPool, InvalidOptions, Task } from "holdfast"
import { describe, expect, it } from "vitest"
import { hidden, square, wrongName } from "../fixtures/plain.ts"
import { idle, reads, takes } from "../fixtures/takes-nothing.ts"
import { unreachable } from "../fixtures/throws-at-import.ts"
import { failureOf, places, sharedIn, valuesOf } from "./places.ts"

const missing = Task.fn(
  { url: new URL("../fixtures/no-such-file.ts", import.meta.url).href },
  "missing",
  (n: number) => n
)
const noTask = Task.fn({ url: new URL("../fixtures/bare.ts", import.meta.url).href }, "text", (n: number) => n)

describe.each(places)("bad input, $isolation", (place) => {
  const pair = sharedIn(place)
  type Pool = ReturnType<typeof pair>

  /** Each way to hand a task and inputs to a pool. */
  const calls: ReadonlyArray<
    [string, (pool: Pool, task: typeof square, inputs: Iterable<number>) => Promise<unknown>]
  > = [
    ["run", (pool, task) => pool.run(task, 1)],
    ["submit", (pool, task) => pool.submit(task, 1).result()],
    ["map", (pool, task, inputs) => pool.map(task, inputs)],
    ["settle", (pool, task, inputs) => pool.settle(task, inputs)],
    ["stream", (pool, task, inputs) => valuesOf(pool.stream(task, inputs))],
    ["via", (pool, task, inputs) => valuesOf(pool.via(task)(inputs))]
  ]

  describe.runIf(place.isolated)("a task that a worker can't load", () => {
    it.each([
      [
        "bears another name than its export",
        wrongName,
        [
          /"rightName" is exported as "wrongName"/,
          /plain\.ts/,
          /second argument of Task\.fn must equal the export's name/
        ]
      ],
      ["is not exported", hidden.notExported, [/no export "notExported"/, /it exports .*square/, /must be exported/]],
      ["is of a module that doesn't exist", missing, [/no-such-file\.ts/, /could not be loaded|Cannot find/]],
      ["is of a module that throws at import", unreachable, [/this module is broken/]],
      ["is an export that is no task", noTask, [/"text" of .*bare\.ts is a string, where a task is needed/]]
    ])("because it %s: says so, with the fix, and the pool goes on", async (_, task, messages) => {
      const failures = [
        await failureOf(pair().run(task, 1)),
        await failureOf(pair().map(task, [1, 2, 3])),
        await failureOf(valuesOf(pair().stream(task, [1, 2]))),
        ...(await pair().settle(task, [1, 2, 3])).map((outcome) =>
          outcome._tag === "Failed" ? outcome.error : outcome
        )
      ]
      for (const failure of failures) {
        expect(failure).toMatchObject({ _tag: "TaskNotLoaded", job: { task: task.name } })
        for (const message of messages) expect(failure).toMatchObject({ message: expect.stringMatching(message) })
      }
      expect(await pair().map(square, [1, 2])).toEqual([1, 4])
      expect(pair().workers.map(({ restarts }) => restarts)).toEqual([0, 0])
    })

    it("is not tried again, whatever retry says", async () => {
      const failure = await failureOf(pair().run(missing, 1, { retry: { retries: 5, minTimeout: 60_000 } }))
      expect(failure).toMatchObject({ _tag: "TaskNotLoaded", job: { attempts: [{ number: 1 }] } })
    })
  })

  it.skipIf(place.isolated)("a task is used as it is, whatever its name, where nothing has to be loaded", async () => {
    expect(await pair().map(wrongName, [1, 2])).toEqual([1, 2])
    expect(await pair().run(hidden.notExported, 3)).toBe(3)
  })

  it.each(calls)("%s refuses what is no task, naming it and the fix", async (where, call) => {
    const refused: ReadonlyArray<[unknown, RegExp]> = [
      [(n: number) => n, /a plain function: make it a task with Task\.fn\(import\.meta, "name", f\)/],
      ["square", /received 'square'/],
      [undefined, /received undefined/],
      [{ name: "square" }, /received \{ name: 'square' \}/]
    ]
    for (const [task, message] of refused) {
      const failure = await failureOf(call(pair(), task as typeof square, [1]))
      expect(failure).toBeInstanceOf(TypeError)
      expect(failure).toMatchObject({
        message: expect.stringMatching(new RegExp(`^pool\\.${where}: expected a task as the first argument`))
      })
      expect(failure).toMatchObject({ message: expect.stringMatching(message) })
    }
    expect(await pair().run(square, 2)).toBe(4)
  })

  it.each(calls.slice(2))("%s refuses inputs that can't be read, naming them", async (where, call) => {
    const refused: ReadonlyArray<[unknown, string]> = [
      ["abc", 'the string "abc"'],
      [5, "number 5"],
      [null, "null"],
      [undefined, "undefined"],
      [{ length: 1, 0: 1 }, "an object that is not iterable"],
      [Promise.resolve([1]), "not iterable"],
      [Symbol("s"), "symbol Symbol(s)"],
      [() => 1, "function"]
    ]
    for (const [inputs, received] of refused) {
      const failure = await failureOf(call(pair(), square, inputs as Iterable<number>))
      expect(failure).toBeInstanceOf(TypeError)
      expect(failure).toMatchObject({ message: expect.stringContaining(`pool.${where}(square): expected the inputs`) })
      expect(failure).toMatchObject({ message: expect.stringContaining(received) })
    }
    expect(await pair().run(square, 2)).toBe(4)
  })

  it("an unknown option of a call is named, with those there are and the nearest", async () => {
    const failure = await failureOf(pair().map(square, [1], { chunksize: 5 } as never))
    expect(failure).toBeInstanceOf(InvalidOptions)
    expect(failure).toMatchObject({
      message: expect.stringMatching(/pool\.map\(square\)[\s\S]*chunksize[\s\S]*chunkSize/)
    })
  })

  it("several wrong options of a call are all named at once", async () => {
    const wrong = { chunkSize: 0, lookAhead: -1, priority: "high", signal: true, onFailure: "never" } as never
    const failure = await failureOf(pair().map(square, [1], wrong))
    expect(failure).toMatchObject({ _tag: "InvalidOptions", message: expect.stringContaining("5 options are wrong") })
    expect((failure as InvalidOptions).problems.map(({ option }) => option).sort()).toEqual([
      "chunkSize",
      "lookAhead",
      "onFailure",
      "priority",
      "signal"
    ])
    const handle = pair().submit(square, 1, { timeout: "soon" } as never)
    expect(handle.poll()).toMatchObject({ _tag: "Failed", error: { _tag: "InvalidOptions" } })
  })

  it("options in the place of an input that the task does not take are refused, on every call alike", async () => {
    const pool = pair()
    expect(await pool.run(idle)).toBe(0)
    for (const options of [{ timeout: 300 }, { key: "a", retry: 1 }]) {
      const failure = await failureOf(pool.run(idle, options))
      expect(failure).toBeInstanceOf(InvalidOptions)
      const names = Object.keys(options).join(", ")
      expect(failure).toMatchObject({
        message: expect.stringContaining(`they come behind it: pool.run(idle, undefined, { ${names} }), received {`)
      })
      expect(pool.submit(idle, options).poll()).toMatchObject({ _tag: "Failed", error: { _tag: "InvalidOptions" } })
    }
    expect(await pool.run(idle, undefined, { timeout: 300 })).toBe(0)
    expect(await pool.run(idle, { timeout: 300, other: 1 })).toBe(0)
    expect(await pool.run(idle, {})).toBe(0)
    expect(await pool.run(idle, { key: "a.png" })).toBe(0)
    expect(await pool.run(reads, { timeout: 300 })).toBe(300)
    expect(await pool.run(takes, { timeout: 300 })).toBe(300)
  })

  it("a task's own options are checked when it is used, and the task is named", async () => {
    const wrong = Task.fn(import.meta, "wrong", (n: number) => n, { timeout: "soon" as never })
    expect(await failureOf(pair().run(wrong, 1))).toMatchObject({
      _tag: "InvalidOptions",
      message: expect.stringMatching(/task "wrong" of .*bad-input[\s\S]*timeout: expected[\s\S]*"soon"/)
    })
  })

  it.each([0, -1, 1.5, "4", Number.NaN, null])(
    "workers of %j is refused before anything starts, naming it and what is expected",
    async (workers) => {
      const failure = await failureOf(createPool({ workers, isolation: place.isolation } as never))
      expect(failure).toBeInstanceOf(InvalidOptions)
      const shown = typeof workers === "string" ? `"${workers}"` : String(workers)
      expect(failure).toMatchObject({
        message: `createPool: one option is wrong\n  workers: expected a whole number, from 1 to 1024, received ${shown}`
      })
    }
  )

  it("several wrong options of a pool are all named at once, unknown ones included", async () => {
    const failure = await failureOf(
      createPool({ workers: "4", isolation: "fork", worker: 2, timeout: -1, cwd: "/no/such/place" } as never)
    )
    expect((failure as InvalidOptions).problems.map(({ option }) => option).sort()).toEqual([
      "cwd",
      "isolation",
      "timeout",
      "worker",
      "workers"
    ])
    for (const part of ['"4"', '"fork"', "workers", "-1", "/no/such/place"])
      expect(failure).toMatchObject({ message: expect.stringContaining(part) })
  })

  it("a method never throws, whatever it is given: its promise rejects", async () => {
    const pool = pair() as unknown as Record<
      "run" | "map" | "settle",
      (...parameters: Array<unknown>) => Promise<unknown>
    >
    for (const method of ["run", "map", "settle"] as const) {
      for (const parameters of [[], [null], [square], [square, 1, 2], [square, [1], null], [square, [1], []]]) {
        let returned: Promise<unknown> | undefined
        expect(() => {
          returned = pool[method](...parameters)
        }).not.toThrow()
        expect(returned).toBeInstanceOf(Promise)
        await returned?.catch(() => undefined)
      }
    }
    expect(() => pair().stream(undefined as never, undefined as never)).not.toThrow()
    expect(() => pair().via(undefined as never)).not.toThrow()
    expect(() => pair().submit(undefined as never, undefined as never)).not.toThrow()
    expect(await pair().run(square, 2)).toBe(4)
  })
})
