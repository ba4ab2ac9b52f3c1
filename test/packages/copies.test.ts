/**
 * What an installed Holdfast keeps for itself, and shares with its other copies: from source there is one copy, which
 * keeps nothing, so only installed programs show it.
 */
import { describe, expect, it } from "vitest"
import type { Ended } from "./Command.ts"
import type { Layout } from "./layout.ts"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()

/** How a program that went well ends, having printed just this. */
const printing = (stdout: string): Ended => ({ exitCode: 0, signal: null, stdout, stderr: "" })

const layouts: ReadonlyArray<Layout> = ["flat", "strict"]

describe.each(layouts)("installed %s", (layout) => {
  it("a pool within a job leaves it, and the next ones, who they are", async () => {
    const tasks = `
      import { createPool, currentTask, Task } from "holdfast"
      export const attempt = Task.fn(import.meta, "attempt", () => currentTask().attempt)
      export const nests = Task.fn(import.meta, "nests", async (isolation) => {
        const { key } = currentTask()
        await using pool = await createPool({ workers: 1, allowNested: true, isolation })
        return [key, await pool.run(attempt), currentTask().key]
      })`
    const main = `
      import { createPool } from "holdfast"
      import { attempt, nests } from "./tasks.js"
      for (const isolation of ["process", "thread"]) {
        const pool = await createPool({ workers: 1, isolation })
        for (const inner of ["process", "thread", "inline"])
          console.log(isolation, inner, await pool.run(nests, inner, { key: "outer" }), await pool.run(attempt))
        await pool.close()
      }`
    const project = workshop.install(layout).write("tasks.js", tasks).write("main.js", main)
    const lines = ["process", "thread"].flatMap((outer) =>
      ["process", "thread", "inline"].map((inner) => `${outer} ${inner} [ 'outer', 1, 'outer' ] 1\n`)
    )
    expect(await project.node("main.js")).toEqual(printing(lines.join("")))
  })

  it("a pool within a job sees the job's shared arrays, and is told that the program's objects are not for it", async () => {
    const tasks = `
      import { createPool, Shared, SharedArray, Task } from "holdfast"
      export const adds = Task.fn(import.meta, "adds", (array) => void Atomics.add(array, 0, 1))
      export const puts = Task.fn(import.meta, "puts", (queue) => queue.put(1))
      export const makes = Task.fn(import.meta, "makes", () => SharedArray.make(Int32Array, 1))
      export const nests = Task.fn(import.meta, "nests", async ({ array, queue, isolation }) => {
        await using pool = await createPool({ workers: 1, allowNested: true, isolation })
        await pool.run(adds, array)
        const own = Shared.counter()
        const made = await pool.run(makes)
        return { refused: await pool.run(puts, queue).catch(({ cause }) => cause.reason), made, own }
      })`
    const main = `
      import { createPool, Shared, SharedArray } from "holdfast"
      import { adds, nests } from "./tasks.js"
      for (const isolation of ["process", "thread"]) {
        const pool = await createPool({ workers: 1, isolation })
        const array = SharedArray.make(Int32Array, 1)
        const queue = Shared.queue()
        for (const inner of ["process", "thread", "inline"]) {
          const { refused, made, own } = await pool.run(nests, { array, queue, isolation: inner })
          await pool.run(adds, made)
          const gone = await own.get().catch(({ reason }) => reason)
          console.log(isolation, inner, array[0], made[0], refused, gone)
        }
        await pool.close()
      }`
    const project = workshop.install(layout).write("tasks.js", tasks).write("main.js", main)
    const lines = ["process", "thread"].flatMap((outer) =>
      ["process", "thread", "inline"].map((inner, nth) => `${outer} ${inner} ${nth + 1} 1 gone gone\n`)
    )
    expect(await project.node("main.js")).toEqual(printing(lines.join("")))
  })

  it("a task that replaces the global Promise breaks no worker", async () => {
    const tasks = `
      import { Task } from "holdfast"
      export const replaces = Task.fn(import.meta, "replaces", (n) => {
        globalThis.Promise = class { then() {} }
        return n
      })`
    const others = `
      import { Task } from "holdfast"
      export const square = Task.fn(import.meta, "square", async (n) => n * n)`
    const main = `
      import { createPool } from "holdfast"
      import { replaces } from "./tasks.js"
      import { square } from "./others.js"
      for (const isolation of ["process", "thread"]) {
        const pool = await createPool({ workers: 1, isolation })
        const done = [await pool.run(replaces, 1), await pool.run(square, 3), ...(await pool.map(square, [4, 5, 6]))]
        console.log(isolation, ...done, pool.workers[0].restarts)
        await pool.close()
      }`
    const project = workshop.install(layout)
    project.write("tasks.js", tasks).write("others.js", others).write("main.js", main)
    expect(await project.node("main.js")).toEqual(printing("process 1 9 16 25 36 0\nthread 1 9 16 25 36 0\n"))
  })

  it("a pool goes on where a test has faked the program's timers, before it was made or after", async () => {
    const tasks = `
      import { Task } from "holdfast"
      export const square = Task.fn(import.meta, "square", (n) => n * n)
      export const exits = Task.fn(import.meta, "exits", () => process.exit(3))
      export const waits = Task.fn(import.meta, "waits", () => new Promise((resolve) => setInterval(resolve, 1e6)))`
    const main = `
      import { mock } from "node:test"
      import { createPool } from "holdfast"
      import { exits, square, waits } from "./tasks.js"
      const fake = () => mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] })
      for (const isolation of ["process", "thread", "inline"]) {
        for (const isFirst of [true, false]) {
          if (isFirst) fake()
          const pool = await createPool({ workers: 1, isolation, logger: false })
          if (!isFirst) fake()
          const cases = isolation === "inline" ? [] : [[exits, {}], [waits, { timeout: 200 }]]
          const tags = []
          for (const [task, options] of [...cases, [square, {}]]) {
            const [outcome] = await pool.settle(task, [3], options)
            tags.push(outcome._tag === "Failed" ? outcome.error._tag : outcome.value)
          }
          let count = 0
          for await (const _ of pool.stream(square, Array.from({ length: 2000 }, (_, n) => n))) count++
          await pool.close()
          mock.timers.reset()
          console.log(isolation, ...tags, count)
        }
      }`
    const project = workshop.install(layout).write("tasks.js", tasks).write("main.js", main)
    const lines = ["process", "thread"].map((place) => `${place} WorkerCrashed JobTimedOut 9 2000\n`.repeat(2))
    expect(await project.node("main.js")).toEqual(printing([...lines, "inline 9 2000\n".repeat(2)].join("")))
  })

  it("a pool goes by its own clock where a test has put in another for `performance.now`, or a task has", async () => {
    const tasks = `
      import { setTimeout as sleep } from "node:timers/promises"
      import { Task } from "holdfast"
      export const nap = Task.fn(import.meta, "nap", (ms) => sleep(ms))
      export const square = Task.fn(import.meta, "square", (n) => n * n)
      export const fake = Task.fn(import.meta, "fake", (now) => { performance.now = () => now })`
    const main = `
      import { createPool } from "holdfast"
      import { fake, nap, square } from "./tasks.js"
      const real = performance.now
      for (const isolation of ["process", "thread"]) {
        const pool = await createPool({ workers: 2, isolation, logger: false })
        performance.now = () => 0
        // What is behind the long one is taken back, for the other worker.
        await pool.map(nap, [300, 1, 1, 1], { chunkSize: 4 })
        await pool.close()
        performance.now = real
        for (const now of [Number.NaN, 1e15]) {
          const faked = await createPool({ workers: 1, isolation, logger: false })
          await faked.run(fake, now)
          const count = (await faked.map(square, Array.from({ length: 2000 }, (_, n) => n))).length
          await faked.close()
          console.log(isolation, now, count, faked.report().summary.jobMs < 60_000)
        }
      }`
    const project = workshop.install(layout).write("tasks.js", tasks).write("main.js", main)
    const lines = ["process", "thread"].map((place) => `${place} NaN 2000 true\n${place} 1000000000000000 2000 true\n`)
    expect(await project.node("main.js")).toEqual(printing(lines.join("")))
  })
})
