import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Layout } from "./layout.ts"
import { Project, programOf } from "./Project.ts"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()

const tasks = `import { type CurrentTask, currentTask, Task } from "holdfast"

export interface Point {
  readonly x: number
  readonly y: number
}

export const length = Task.fn(import.meta, "length", ({ x, y }: Point) => {
  const job: CurrentTask = currentTask()
  job.progress(0.5)
  return Math.hypot(x, y)
})

export const power = Task.spread(import.meta, "power", (base: number, exponent: number) => base ** exponent)

export const model = Task.context(import.meta, "model", async () => ({ value: { weights: [1, 2] } }))
`

const main = `import { createPool, type JobError, jobOf, Pool, type PoolEvent, type PoolOptions } from "holdfast"
import { length, model, power } from "./tasks.js"

const options: PoolOptions = { workers: 2, timeout: "30 seconds", maxMemory: "512 MiB", execArgv: ["--import", "tsx"] }

export const run = async (): Promise<Array<number>> => {
  const pool = await createPool({ ...options, context: model })
  const one: number = await pool.run(length, { x: 1, y: 2 }, { timeout: 1000 })
  const many: Array<number> = await pool.map(power, [[2, 3], [3, 2]])
  for (const outcome of await pool.settle(length, [{ x: 1, y: 2 }])) {
    if (outcome._tag === "Failed") {
      const error: JobError | never = outcome.error
      if (error._tag === "JobTimedOut") console.log(error.hungAt?.[0]?.line, jobOf(error)?.index)
    } else console.log(outcome.value.toFixed())
  }
  const seen: Array<PoolEvent["_tag"]> = []
  for await (const event of pool.events) seen.push(event._tag)
  await pool.close({ drainTimeout: "1 second" })
  return [one, ...many]
}

export const make = Pool.make
`

const wrong = `import { createPool } from "holdfast"
import { length, power } from "./tasks.js"

const pool = await createPool({ workers: "2" })
export const text: string = await pool.run(length, { x: 1, y: 2 })
await pool.run(length, { x: 1 })
await pool.map(power, [[2]])
`

/** Exports what a pool gives, without a type of its own. */
const library = `import { createPool, Handle, Pipeline, Pool, Shared, Task } from "holdfast"
import { length, model, power } from "./tasks.js"

export const letters = Task.fn(import.meta, "letters", function* (text: string) {
  for (const letter of text) yield letter
  return text.length
})
export const squared = power.with(2)
export const pipeline = Pipeline.make("lengths").stage("length", length).batch("tens", 10)
export const rows = () => pipeline.stream([{ x: 1, y: 2 }])
export const open = () => createPool({ context: model })
type Opened = Awaited<ReturnType<typeof open>>
export const lettersOf = (pool: Opened) => pool.partials(letters, "text")
export const submitted = (pool: Opened) => pool.submit(length, { x: 1, y: 2 })
export const firstOf = (pool: Opened) => Handle.first([submitted(pool)])
export const settled = (pool: Opened) => pool.settle(length, [{ x: 1, y: 2 }])
export const told = (pool: Opened) => [pool.events, pool.report(), pool.dump(), pool.lift(length)] as const
export const shared = () => [Shared.queue<string>(), Shared.lock()] as const
export const layer = Pool.layer({ workers: 1 })
`

const layouts: ReadonlyArray<Layout> = ["flat", "strict"]

const nodenext = { module: "nodenext" }
const bundler = { module: "esnext", moduleResolution: "bundler", target: "es2022", exactOptionalPropertyTypes: false }

/** `file(line,column)` of each error. */
const placesOf = (errors: ReadonlyArray<string>): Array<string> =>
  errors.filter((line) => /^\S+\(\d/.test(line)).map((line) => line.replace(/: error .*/, ""))

describe.each(layouts)("installed %s, the types", (layout) => {
  let project: Project

  beforeAll(() => {
    project = new Project().install(workshop.tarballs, layout, { and: ["@types/node", "effect"] })
    project.write("tasks.ts", tasks).write("main.ts", main).write("wrong.ts", wrong).write("library.ts", library)
    for (const name of ["primes.ts", "parse.ts", "shrink.ts"]) project.write(name, programOf("README.md", name).text)
    for (const name of ["primes.ts", "squares.ts"]) {
      project.write(`package/${name}`, programOf("packages/holdfast/README.md", name).text)
    }
    project.write("common.cts", 'import { createPool } from "holdfast"\nexport const make = createPool\n')
    project.write("deep.ts", 'import { createPool } from "holdfast/dist/index.js"\nexport const make = createPool\n')
  })

  afterAll(() => project?.[Symbol.asyncDispose]())

  // Without skipLibCheck: our declarations and those that they lead to are checked as well.
  it.each([nodenext, bundler])(
    "compile, all declarations checked, from ES modules and CommonJS: %o",
    async (options) => {
      const files = ["main.ts", "primes.ts", "parse.ts", "shrink.ts", "package/primes.ts", "package/squares.ts"]
      expect(await project.typeErrors(options, [...files, "common.cts"])).toEqual([])
    }
  )

  it.each([nodenext, bundler])(
    "have a name for whatever a library exports that it has got from them: %o",
    async (options) => {
      expect(await project.typeErrors({ ...options, declaration: true }, ["library.ts"])).toEqual([])
    }
  )

  it("refuse wrong options, values and inputs, and a deep import", async () => {
    const errors = await project.typeErrors(nodenext, ["wrong.ts", "deep.ts"])
    expect(placesOf(errors).sort()).toEqual([
      "deep.ts(1,28)",
      "wrong.ts(4,33)",
      "wrong.ts(5,14)",
      "wrong.ts(6,24)",
      "wrong.ts(7,23)"
    ])
  })
})
