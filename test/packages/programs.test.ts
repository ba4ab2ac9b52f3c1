import { readFileSync } from "node:fs"
import { createRequire, stripTypeScriptTypes } from "node:module"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { matches, normalise } from "../docs/printed.ts"
import type { Ended } from "./Command.ts"
import type { Layout } from "./layout.ts"
import { programOf } from "./Project.ts"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()

/** How a program that went well ends, having printed just this. */
const printing = (stdout: string): Ended => ({ exitCode: 0, signal: null, stdout, stderr: "" })

const first = programOf("README.md", "primes.ts")
const languages = { ts: first.text, js: stripTypeScriptTypes(first.text) }
const layouts: ReadonlyArray<Layout> = ["flat", "strict"]

const body = `
  const pool = await createPool({ workers: 2 })
  console.log(await pool.map(countPrimes, [10, 1000, 100_000]))
  await pool.close()
`

/** Programs that take the task out of a module of its own. */
const parents = (extension: string): Array<readonly [string, string, string]> => [
  [
    "an ES module",
    "main.mjs",
    `import { createPool } from "holdfast"
     import { countPrimes } from "./primes.${extension}"
     ${body}`
  ],
  [
    "CommonJS, through import()",
    "main.cjs",
    `const main = async () => {
       const { createPool } = await import("holdfast")
       const { countPrimes } = await import("./primes.${extension}")
       ${body}
     }
     main()`
  ]
]

describe.each(layouts)("installed %s", (layout) => {
  describe.each(Object.entries(languages))("the README's first program, in %s,", (extension, text) => {
    it("runs as it is, in one file", async () => {
      const project = workshop.install(layout).write(`primes.${extension}`, text)
      expect(await project.node(`primes.${extension}`)).toEqual(printing(first.output))
    })

    it.each(parents(extension))("lends its task to %s", async (_, file, main) => {
      const project = workshop.install(layout).write(`primes.${extension}`, text).write(file, main)
      expect(await project.node(file)).toEqual(printing(first.output))
    })
  })

  it("failures are explained as in the README: from a death, and from within a loop by the watchdog's thread", async () => {
    const shrink = programOf("README.md", "shrink.ts")
    const project = workshop.install(layout).write("shrink.ts", shrink.text)
    const { stdout } = await project.node("shrink.ts")
    const actual = normalise(stdout, { "<dir>": project.folder })
    if (!matches(actual, normalise(shrink.output))) expect(actual).toBe(normalise(shrink.output))
    expect(matches(actual, normalise(shrink.output))).toBe(true)
  })

  it("the Effect program of the README runs beside the user's own effect", async () => {
    const parse = programOf("README.md", "parse.ts")
    const project = workshop.install(layout, { and: ["effect"] }).write("parse.ts", parse.text)
    expect(await project.node("parse.ts")).toEqual(printing(parse.output))
  })

  // Only here: from source there is one copy of what runs jobs, installed a worker has its own.
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

  // Only here, as the one above: the worker's copy and the pool's must know the same shared data.
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

  // Only here: from source timers can be faked, as our own tests do.
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

  it("a deep import is refused by Node, which says why", async () => {
    const project = workshop
      .install(layout)
      .write(
        "deep.js",
        'await import("holdfast/dist/index.js").catch(({ code, message }) => console.log(code, message))'
      )
    const { stdout } = await project.node("deep.js")
    expect(stdout).toMatch(
      /^ERR_PACKAGE_PATH_NOT_EXPORTED Package subpath '\.\/dist\/index\.js' is not defined by "exports"/
    )
  })
})

it("the command runs a task of the project it is installed in, and tells of itself", async () => {
  const project = workshop.install("strict").write("primes.ts", first.text).write("items.jsonl", "10\n1000\n")
  const holdfast = (...args: ReadonlyArray<string>) =>
    project.command(process.execPath, [join(project.folder, "node_modules/.bin/holdfast"), ...args])
  expect((await holdfast("--help")).stdout).toContain("holdfast run")
  await holdfast("run", "primes.ts#countPrimes", "--input", "items.jsonl", "--output", "counts.jsonl")
  expect(readFileSync(join(project.folder, "counts.jsonl"), "utf8")).toBe("4\n168\n")
})

it("the strict layout is strict: ours find what they declare, the project what it asked for, and nothing else", () => {
  const project = workshop.install("strict")
  const own = createRequire(join(project.folder, "main.js"))
  const ofHoldfast = createRequire(own.resolve("holdfast/package.json"))
  const ofSupervisor = createRequire(ofHoldfast.resolve("@holdfast/supervisor/package.json"))
  expect(ofSupervisor.resolve("pino")).toContain("node_modules/pino/")
  for (const require of [own, ofHoldfast]) expect(() => require.resolve("pino")).toThrow("Cannot find module 'pino'")
  for (const name of ["@holdfast/core", "effect/Effect"]) expect(() => own.resolve(name)).toThrow("Cannot find module")
})

it.each(["primes.ts", "squares.ts"])("the package's own README shows a program that runs: %s", async (name) => {
  const { text, output } = programOf("packages/holdfast/README.md", name)
  const project = workshop.install("strict").write(name, text)
  expect(await project.node(name)).toEqual(printing(output))
})

it("the package's README begins with the program of the repository's", () => {
  expect(programOf("packages/holdfast/README.md", "primes.ts")).toEqual(first)
})

it("a task module can be for @holdfast/core alone, where that is installed", async () => {
  const task =
    'import { Task } from "@holdfast/core"\nexport const countPrimes = Task.fn(import.meta, "countPrimes", (n) => -n)\n'
  const [, file, main] = parents("js")[0] ?? ["", "", ""]
  const project = workshop.install("strict", { and: ["@holdfast/core"] }).write("primes.js", task)
  expect(await project.write(file, main).node(file)).toEqual(printing("[ -10, -1000, -100000 ]\n"))
})

describe("a project of CommonJS, as npm init makes it,", () => {
  const tasks = `
    const { pathToFileURL } = require("node:url")
    const { Task } = require("holdfast")
    exports.square = Task.fn({ url: pathToFileURL(__filename).href }, "square", (n) => n * n)`
  const main = `
    const { createPool } = require("holdfast")
    const { square } = require("./tasks.js")
    createPool({ workers: 1 }).then(async (pool) => {
      console.log(await pool.map(square, [1, 2, 3]))
      await pool.close()
    })`

  it("can require holdfast, in the parent and in the task module", async () => {
    const project = workshop.install("strict", { manifest: { type: "commonjs" } })
    expect(await project.write("tasks.js", tasks).write("main.js", main).node("main.js")).toEqual(
      printing("[ 1, 4, 9 ]\n")
    )
  })

  it("runs the first program under the name .mts", async () => {
    const project = workshop.install("flat", { manifest: { type: "commonjs" } })
    expect(await project.write("primes.mts", first.text).node("primes.mts")).toEqual(printing(first.output))
  })
})

it("a project whose package.json has no type runs it too, and Node warns of nothing but that", async () => {
  const project = workshop.install("flat", { manifest: {} }).write("primes.ts", first.text)
  const { exitCode, stdout, stderr } = await project.node("primes.ts")
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: first.output })
  expect(stderr.match(/Warning: .*/)?.[0]).toContain("Module type of file://")
  expect(stderr).not.toMatch(/\bError\b/)
})
