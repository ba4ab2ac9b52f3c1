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
