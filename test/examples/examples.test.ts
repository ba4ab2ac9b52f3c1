/** The examples as their readers run them: real programs, whose printed results are checked. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decode } from "fast-png"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "./run.ts"

const linesOf = (text: string): Array<string> => text.trimEnd().split("\n")

describe("images", { timeout: 90_000 }, () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-images-"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test("writes the same files serially and in parallel, reads them back unmangled, fills one array from them", async () => {
    const [serial, parallel] = [join(folder, "serial"), join(folder, "parallel")]
    expect(await run("images/main.ts", "write", serial, "23", "serial")).toMatchObject({ code: 0 })
    const written = await run("images/main.ts", "write", parallel, "23")
    expect(written).toMatchObject({ code: 0, stdout: "23 images written\n" })
    const names = readdirSync(parallel)
    expect(names).toHaveLength(23)
    for (const name of names) {
      const bytes = readFileSync(join(parallel, name))
      expect(bytes.equals(readFileSync(join(serial, name)))).toBe(true)
      expect(decode(bytes)).toMatchObject({ width: 100, height: 100, channels: 3 })
    }
    const read = await run("images/main.ts", "read", parallel)
    expect(read).toMatchObject({ code: 0, stdout: "23 images read, 23 as they were written\n" })
    expect(await run("images/main.ts", "fill", parallel)).toMatchObject({
      code: 0,
      stdout: "one array of 690000 bytes: 23 images, 23 as they were written\n"
    })
  })

  test("refuses a count that is no number, and writes nothing", async () => {
    const target = join(folder, "none")
    expect(await run("images/main.ts", "write", target, "many")).toMatchObject({ code: 2, stdout: "" })
    expect(existsSync(target)).toBe(false)
  })
})

describe("small programs", { timeout: 90_000 }, () => {
  test("square prints the squares three ways", async () => {
    expect(await run("square/main.ts", "5")).toMatchObject({
      code: 0,
      stdout: "map [ 0, 1, 4, 9, 16 ]\ncounted 5\nstream, ordered [ 0, 1, 4, 9, 16 ]\nstream, as they come: sum 30\n"
    })
  })

  test.each(["square", "initializer", "async-result", "queues", "engines", "cluster-assign"])(
    "%s refuses a count that is no number",
    async (program) => {
      const { code, stdout, stderr } = await run(`${program}/main.ts`, "many")
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toMatch(/expected a whole number, \d+ or more, received "many"/)
    }
  )

  test("lift binds two of three inputs", async () => {
    expect(await run("lift/main.ts")).toMatchObject({ code: 0, stdout: "[ 1, 3, 5, 7 ]\n[ 5, 51 ]\n" })
  })

  test("initializer loads once in each worker, and never in the parent", async () => {
    const { pid: parent, code, stdout, stderr } = await run("initializer/main.ts", "8", "2")
    expect(code).toBe(0)
    expect(stdout.match(/^\[[^\]]*\]/m)?.[0].match(/\d+/g)).toEqual(["0", "6", "12", "18", "24", "30", "36", "42"])
    expect(stdout).toContain("loaded in the parent: no\n")
    const loads = [...`${stdout}${stderr}`.matchAll(/loading in (\d+)/g)].map(([, pid]) => pid)
    // The second worker may be ready only once all is done.
    expect([1, 2]).toContain(loads.length)
    expect(new Set(loads).size).toBe(loads.length)
    expect(loads).not.toContain(String(parent))
  })

  test("processes shows what its jobs print and return", async () => {
    const { code, stdout, stderr } = await run("processes/main.ts")
    expect(code).toBe(0)
    expect(stdout).toContain("Ann was greeted 2 times\nBob was greeted 3 times\n")
    for (const line of ["hello Ann, 2", "hello Bob, 3"]) expect(`${stdout}${stderr}`).toContain(line)
  })

  test("async-result fetches results later and compares chunk sizes", async () => {
    const { code, stdout } = await run("async-result/main.ts", "200")
    expect(code).toBe(0)
    const lines = linesOf(stdout)
    expect(lines.slice(0, 4)).toEqual([
      "at once: undefined",
      "settled: true settled",
      "result: 27",
      "all: [ 1, 8, 27 ]"
    ])
    expect(lines.slice(4).map((line) => line.replace(/\d+ ms$/, "ms"))).toEqual(
      ["1", "10", "100", "auto"].map((size) => `chunks of ${size}: 200 cubes in ms`)
    )
  })
})

describe("num-factors", { timeout: 90_000 }, () => {
  test.each(["s", "m"])("prints the known histogram in mode %s", async (mode) => {
    expect(await run("num-factors/num-factors.ts", mode, "10")).toMatchObject({
      code: 0,
      stdout: "{ '1': 7, '2': 2 }\n"
    })
  })

  test("names what is there where the cluster is asked for", async () => {
    const { code, stderr } = await run("num-factors/num-factors.ts", "i")
    expect(code).toBe(2)
    expect(stderr).toContain("s (serial) and m (processes)")
  })
})
