/** The checks of options, and the command line they are written on. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { runCommand } from "../../packages/examples/src/census/command.ts"
import { checkOptions, type Typed, WrongOptions } from "../../packages/examples/src/census/options.ts"
import { tree } from "./tree.ts"

const problems = (typed: Typed): Array<string> => {
  try {
    checkOptions(typed).facts?.[Symbol.dispose]()
    return []
  } catch (error) {
    if (!(error instanceof WrongOptions)) throw error
    return error.message.split("\n")
  }
}

describe("options", () => {
  it("are a worker per core, processes and this workspace's node_modules when none is given", () => {
    expect(checkOptions({})).toEqual({
      workers: availableParallelism(),
      isolation: "process",
      root: join(import.meta.dirname, "../../node_modules"),
      facts: undefined
    })
  })

  it.each(["0", "-1", "1.5", "x", "", "1e1", "99999"])("refuse %j workers, naming the value and the fix", (workers) => {
    expect(problems({ workers })).toEqual([
      expect.stringMatching(
        new RegExp(`^--workers ${JSON.stringify(workers)}: expected a whole number from 1 to 1024. Leave it out for`)
      )
    ])
  })

  it("refuse a root that does not exist, is a file, or is empty", () => {
    const root = tree({ "a.js": "" })
    const gone = join(root, "gone")
    const file = join(root, "a.js")
    const fix = "Name a directory that exists and may be read."
    expect(problems({ root: gone })).toEqual([`--root "${gone}": ENOENT: no such file or directory. ${fix}`])
    expect(problems({ root: file })).toEqual([`--root "${file}": ENOTDIR: not a directory. ${fix}`])
    expect(problems({ root: "" })).toEqual([expect.stringMatching(/^--root "": expected a directory/)])
  })

  it("refuse a file for the facts that can't be written", () => {
    const root = tree({ "a.js": "" })
    const fix = "Name a file in a directory that exists and may be written to."
    const path = join(root, "gone/facts.json")
    expect(problems({ json: path })).toEqual([`--json "${path}": ENOENT: no such file or directory. ${fix}`])
    expect(problems({ json: root })).toEqual([`--json "${root}": EISDIR: illegal operation on a directory. ${fix}`])
    expect(problems({ json: "" })).toEqual(['--json "": expected the path of a file.'])
  })

  it("are all told at once when several are wrong, and then no file is made", () => {
    const root = tree({})
    const json = join(root, "facts.json")
    const found = problems({ workers: "0", isolation: "thread", root: join(root, "gone"), json })
    expect(found.map((line) => line.split(" ", 2).join(" "))).toEqual([
      '--workers "0":',
      '--isolation "thread":',
      `--root "${join(root, "gone")}":`
    ])
    expect(existsSync(json)).toBe(false)
  })

  it("keep a file for the facts as it was until it is written, and remove a new one that never is", () => {
    const root = tree({ "old.json": "old" })
    for (const name of ["old.json", "new.json"]) checkOptions({ json: join(root, name) }).facts?.[Symbol.dispose]()
    expect(readFileSync(join(root, "old.json"), "utf8")).toBe("old")
    expect(existsSync(join(root, "new.json"))).toBe(false)
  })

  it("replace all of an old file when it is written", () => {
    const path = join(tree({}), "facts.json")
    writeFileSync(path, "old and long")
    using facts = checkOptions({ json: path }).facts
    facts?.write("new")
    expect(readFileSync(path, "utf8")).toBe("new")
  })
})

describe("the command line", () => {
  /** What a command line comes to: the options it gives, its exit code, and what it prints. */
  const typed = async (...words: Array<string>) => {
    const stdout: Array<string> = []
    const stderr: Array<string> = []
    using _log = vi.spyOn(console, "log").mockImplementation((text: string) => void stdout.push(text))
    using _error = vi.spyOn(console, "error").mockImplementation((text: string) => void stderr.push(text))
    let options: Typed | undefined
    const exitCode = await runCommand(words, async (given) => {
      options = given
      return 7
    })
    return { options, exitCode, stdout: stdout.join("\n"), stderr: stderr.join("\n") }
  }

  it("gives the options as they were typed, and the census's exit code", async () => {
    const line = await typed("--workers", "-1", "--root=a b", "--json", "f")
    expect(line).toMatchObject({
      exitCode: 7,
      options: { workers: "-1", root: "a b", json: "f", isolation: undefined }
    })
  })

  it("explains every option when asked for help, and starts nothing", async () => {
    const { options, exitCode, stdout } = await typed("--help")
    expect({ options, exitCode }).toEqual({ options: undefined, exitCode: 0 })
    for (const text of ["--workers N", "--isolation process|inline", "--root DIR", "--json FILE", "npm start -- "]) {
      expect(stdout).toContain(text)
    }
  })

  it.each([
    ["an unknown option", ["--worker", "3"], "--worker"],
    ["a word that is no option, as npm makes of one without --", ["4"], '"4"'],
    ["an option without its value", ["--root"], "--root"],
    ["an option given twice", ["--workers", "1", "--workers", "2"], "--workers"]
  ])("refuses %s, naming it and the way to write options", async (_, words, named) => {
    const { options, exitCode, stdout, stderr } = await typed(...words)
    expect({ options, exitCode, stdout }).toEqual({ options: undefined, exitCode: 2, stdout: "" })
    expect(stderr).toContain(named)
    expect(stderr).toContain("npm start -- --workers 4")
  })
})
