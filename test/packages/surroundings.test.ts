import { existsSync, readdirSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { programOf } from "./Project.ts"
import { root } from "./Tarballs.ts"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()

const first = programOf("README.md", "primes.ts")
const ran = { exitCode: 0, signal: null, stdout: first.output, stderr: "" }

describe("a project in a folder named like nobody's,", () => {
  const name = "my projects #1 100% für 日本?x"

  it("runs in it", async () => {
    const project = workshop.install("strict", { name }).write("primes.ts", first.text)
    expect(await project.node("primes.ts")).toEqual(ran)
  })

  it("runs through a symbolic link to it, from inside and from outside", async () => {
    const project = workshop.install("flat", { name }).write("primes.ts", first.text)
    const linked = join(dirname(project.folder), "link")
    symlinkSync(name, linked)
    expect(await project.node("primes.ts", { cwd: linked })).toEqual(ran)
    expect(await project.node(join(linked, "primes.ts"), { cwd: "/" })).toEqual(ran)
  })
})

/** Prints what came of two jobs of a module that knows nothing of Holdfast. */
const settling = (url: string, options = ""): string => `
  import { createPool, Task } from "holdfast"
  const { work } = Task.module(${url})
  const pool = await createPool({ workers: 1, logger: false, ${options} })
  for (const outcome of await pool.settle(work, [1, 2])) {
    console.log(outcome._tag === "Succeeded" ? outcome.value : outcome.error._tag + ": " + outcome.error.message)
  }
  await pool.close()
`
const own = 'new URL("./work.ts", import.meta.url)'

describe("a task with an enum, which Node can't strip,", () => {
  const work = "enum Shape { Circle = 1, Square }\nexport const work = (n: number): string | undefined => Shape[n]\n"

  it("runs where the pool's execArgv import tsx", async () => {
    const project = workshop.install("strict", { and: ["tsx"] }).write("work.ts", work)
    project.write("main.js", settling(own, 'execArgv: ["--import", "tsx"]'))
    expect(await project.node("main.js")).toMatchObject({ exitCode: 0, stdout: "Circle\nSquare\n" })
  })

  it("runs where the program itself was started with tsx", async () => {
    const project = workshop.install("strict", { and: ["tsx"] }).write("work.ts", work)
    project.write("main.ts", settling(own))
    expect(await project.node("main.ts", { flags: ["--import", "tsx"] })).toMatchObject({
      exitCode: 0,
      stdout: "Circle\nSquare\n"
    })
  })

  it("is refused without it, naming the module and the way out", async () => {
    const project = workshop.install("strict").write("work.ts", work).write("main.js", settling(own))
    const { exitCode, stdout } = await project.node("main.js")
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /^TaskNotLoaded: task "work" of file:\S+\/work\.ts could not be loaded: .*enum.* \(at \/\S+\/work\.ts:1\)/
    )
    expect(stdout).toContain('execArgv: ["--import", "tsx"]')
  })

  it("fails with what Node said where tsx is not installed", async () => {
    const project = workshop.install("strict").write("work.ts", work)
    const { stdout } = await project.write("main.js", settling(own, 'execArgv: ["--import", "tsx"]')).node("main.js")
    expect(stdout).toMatch(/^WorkerFailedToStart: no worker could be started in \d+ tries: .*Cannot find package 'tsx'/)
  })
})

it("a TypeScript task under node_modules is refused, as Node does, with what to do instead", async () => {
  const project = workshop
    .install("flat")
    .write("node_modules/their-tasks/package.json", '{ "type": "module", "exports": "./work.ts" }')
    .write("node_modules/their-tasks/work.ts", "export const work = (n: number) => n\n")
    .write("main.js", settling('import.meta.resolve("their-tasks")'))
  const { stdout } = await project.node("main.js")
  expect(stdout).toMatch(/^TaskNotLoaded: .*their-tasks\/work\.ts/)
  expect(stdout).toContain("have that package built to JavaScript")
})

it("a task module that Node takes for CommonJS is refused with what to do instead", async () => {
  const project = workshop
    .install("flat", { manifest: { type: "commonjs" } })
    .write("work.ts", 'import "node:path"\nexport const work = (n: number) => n\n')
    .write("main.mjs", settling(own))
  const { stdout } = await project.node("main.mjs")
  expect(stdout).toMatch(/^TaskNotLoaded: task "work" of file:\S+\/work\.ts could not be loaded: /)
  expect(stdout).toContain('set "type": "module" in its package.json, or name it .mts')
})

describe("a program that is bundled", () => {
  const main = `
    import { createPool, Task } from "holdfast"
    const { work } = Task.module(new URL("./work.js", import.meta.url))
    const pool = await createPool({ workers: 1, logger: false })
    const [outcome] = await pool.settle(work, [1])
    console.log(outcome._tag === "Succeeded" ? outcome.value : outcome.error.message)
    await pool.close()`
  const rolldown = join(root, "node_modules/rolldown/bin/cli.mjs")

  const runBundled = async (...flags: ReadonlyArray<string>): Promise<string> => {
    const project = workshop.install("flat").write("src/main.js", main)
    project.write("dist/work.js", "export const work = (n) => n + 1\n")
    await project.command(process.execPath, [rolldown, "src/main.js", "-d", "dist", "-p", "node", ...flags])
    return (await project.node("dist/main.js")).stdout
  }

  it("runs with holdfast as an external package", async () => {
    expect(await runBundled("--external", "holdfast")).toBe("2\n")
  })

  it("is told so where holdfast is bundled too", async () => {
    expect(await runBundled()).toMatch(/^no worker could be started .* Holdfast can't be bundled: mark holdfast/)
  })
})

describe.each([
  ["with koffi", []],
  ["where koffi could not be installed", ["koffi"]]
])("%s", (_, without) => {
  const main = `
    import { createRequire } from "node:module"
    import { createPool } from "holdfast"
    import { tiny } from "./tiny.js"
    const supervisor = createRequire(import.meta.resolve("holdfast")).resolve("@holdfast/supervisor")
    const isThere = (() => {
      try {
        createRequire(supervisor)("koffi")
        return true
      } catch (error) {
        return error.code
      }
    })()
    const pool = await createPool({ workers: 2, logger: false })
    const outcomes = await pool.settle(tiny, Array.from({ length: 20_000 }, (_, n) => n))
    await pool.close()
    const failed = outcomes.filter(({ _tag }) => _tag === "Failed").map(({ error }) => [error.job.index, error.signal])
    const wrong = outcomes.filter(({ _tag, value }, n) => _tag === "Succeeded" && value !== -n).length
    console.log(JSON.stringify({ isThere, failed, wrong }))`
  const tiny = `
    import { Task } from "holdfast"
    export const tiny = Task.fn(import.meta, "tiny", (n) => {
      if (n === 15_000) process.kill(process.pid, "SIGKILL")
      return -n
    })`

  it("20,000 tiny jobs are done, and one death among them is charged to the job that died", async () => {
    const project = workshop.install("strict", { without }).write("tiny.js", tiny).write("main.js", main)
    const { stdout, stderr } = await project.node("main.js")
    expect({ ...JSON.parse(stdout), stderr }).toEqual({
      isThere: without.length === 0 ? true : "MODULE_NOT_FOUND",
      failed: [[15_000, "SIGKILL"]],
      wrong: 0,
      stderr: ""
    })
  })

  const shares = `
    import { createPool, Shared, SharedArray } from "holdfast"
    import { adds } from "./adds.js"
    const counter = Shared.counter()
    const seen = {}
    for (const isolation of ["process", "thread"]) {
      const pool = await createPool({ workers: 2, isolation, logger: false })
      try {
        const array = SharedArray.make(Int32Array, 4)
        await pool.map(adds, [0, 1, 2, 3].map((at) => ({ array, at, counter })))
        seen[isolation] = [...array]
      } catch (error) {
        await pool.map(adds, [{ counter }, { counter }])
        seen[isolation] = error._tag + ": " + error.message
      }
      await pool.close()
    }
    console.log(JSON.stringify({ ...seen, count: await counter.get() }))`
  const adds = `
    import { Task } from "holdfast"
    export const adds = Task.fn(import.meta, "adds", async ({ array, at, counter }) => {
      await counter.add()
      if (array !== undefined) array[at] = at + 1
    })`

  it("shared objects work, and so do shared arrays or an error that names what to install", async () => {
    const project = workshop.install("strict", { without }).write("adds.js", adds).write("shares.js", shares)
    const { stdout, stderr } = await project.node("shares.js")
    const missing =
      "SharedDataError: SharedArray needs the package koffi, an optional dependency of holdfast: npm install koffi"
    const expected =
      without.length === 0
        ? { process: [1, 2, 3, 4], thread: [1, 2, 3, 4], count: 8 }
        : { process: missing, thread: missing, count: 4 }
    expect({ ...JSON.parse(stdout), stderr }).toEqual({ ...expected, stderr: "" })
  })
})

describe.each([
  ["with --frozen-intrinsics", ["--frozen-intrinsics", "--no-warnings"]],
  ["by the program", ["--import", "./freeze.js"]]
])("where what is built into the language is frozen %s", (_, flags) => {
  const tasks = `
    import { Task } from "holdfast"
    export const half = Task.fn(import.meta, "half", (n) => {
      if (n % 2 !== 0) throw new RangeError(n + " is odd")
      return n / 2
    })
    export const spins = Task.fn(import.meta, "spins", () => { for (;;); })`
  const main = (isolation: string) => `
    import { createPool } from "holdfast"
    import { half, spins } from "./tasks.js"
    const pool = await createPool({ workers: 1, isolation: "${isolation}", logger: false, restart: { max: 0 } })
    const told = ({ _tag, value, error }) => (_tag === "Succeeded" ? value : error.message)
    for (const outcome of await pool.settle(half, [4, 5])) console.log(told(outcome))
    for (const outcome of await pool.settle(spins, [0], { timeout: 200 })) console.log(told(outcome))
    await pool.close()`

  it.each(["process", "thread"])("jobs are done, fail and time out as everywhere: isolation %s", async (isolation) => {
    const project = workshop.install("strict").write("tasks.js", tasks).write("main.js", main(isolation))
    project.write(
      "freeze.js",
      "for (const it of [Object, Error, Array, Promise]) Object.freeze(it.prototype)\nObject.freeze(Error)"
    )
    const { stdout, stderr } = await project.node("main.js", { flags })
    expect(stderr).toBe("")
    expect(stdout.split("\n")).toEqual([
      "2",
      'task "half" (job 1, input 5) threw RangeError: 5 is odd',
      expect.stringMatching(/^task "spins" .* took longer than its timeout of 200 ms; it was in .*tasks\.js:7/),
      ""
    ])
  })
})

describe("what a worker has compiled", () => {
  const folder = `
    import { Task } from "holdfast"
    export const folder = Task.fn(import.meta, "folder", () =>
      process.getBuiltinModule("node:module").getCompileCacheDir() ?? "none")`
  const asking = (options = "") => `
    import { createPool } from "holdfast"
    import { folder } from "./folder.js"
    const pool = await createPool({ workers: 1, logger: false, ${options} })
    console.log(await pool.run(folder, undefined))
    await pool.close()`

  it.each(["flat", "strict"] as const)("is kept beside what is installed, for the next (%s)", async (layout) => {
    const project = workshop.install(layout).write("folder.js", folder).write("main.js", asking())
    const kept = join(project.folder, "node_modules", ".cache", "holdfast")
    const first = await project.node("main.js")
    expect(first).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringContaining(`${kept}/`) })
    const files = readdirSync(first.stdout.trim())
    expect(files.length).toBeGreaterThan(2)
    expect(await project.node("main.js")).toEqual(first)
    expect(readdirSync(first.stdout.trim())).toEqual(files)
  })

  it("is not kept where that can't be written to, and nothing is said of it", async () => {
    const project = workshop.install("flat").write("folder.js", folder).write("main.js", asking())
    project.write("node_modules/.cache", "a file, where the folder would be")
    expect(await project.node("main.js")).toEqual({ exitCode: 0, signal: null, stdout: "none\n", stderr: "" })
  })

  it("is kept where NODE_COMPILE_CACHE says, and nowhere if Node is told so or counts what it executes", async () => {
    const project = workshop.install("flat").write("folder.js", folder)
    const elsewhere = join(project.temporary, "elsewhere")
    const asked = async (variable: string, value: string) => {
      project.write("main.js", asking(`env: { ${variable}: ${JSON.stringify(value)} }`))
      return (await project.node("main.js")).stdout
    }
    expect(await asked("NODE_COMPILE_CACHE", elsewhere)).toContain(`${elsewhere}/`)
    expect(await asked("NODE_DISABLE_COMPILE_CACHE", "1")).toBe("none\n")
    expect(await asked("NODE_V8_COVERAGE", join(project.temporary, "coverage"))).toBe("none\n")
    expect(existsSync(join(project.folder, "node_modules", ".cache"))).toBe(false)
  })
})

it("a program that imports createPool loads a few files, and no Effect, which would fill a third of its heap", async () => {
  const project = workshop.install("flat").write(
    "main.mjs",
    `import { registerHooks } from "node:module"
     const loaded = []
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
     await import("holdfast")
     const ours = loaded.filter((url) => url.includes("holdfast/"))
     console.log(ours.length > 2, loaded.length < 10, loaded.filter((url) => url.includes("/effect/")))`
  )
  expect(await project.node("main.mjs")).toMatchObject({ exitCode: 0, stdout: "true true []\n" })
})
