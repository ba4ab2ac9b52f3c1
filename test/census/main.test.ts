/** The main job from end to end, on real processes: what it prints, keeps, survives and refuses. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { childrenOf, factsFile, run, start } from "./census.ts"
import { tree } from "./tree.ts"

// Enough for a few seconds: some 900 files, 20 MB.
const large = join(import.meta.dirname, "../../node_modules/effect/dist")

const mixed = () =>
  tree({
    "a/index.js": "export const a = () => 1\r\n",
    "a/index.d.ts": "export declare const a: () => number\n",
    "b/broken.mjs": "const a = ;\n",
    "b/empty.cjs": "",
    "b/garbage.js": Uint8Array.from({ length: 999 }, (_, index) => (index * 197) % 256),
    "c/bom.ts": "\uFEFFlet a: number = 1\n"
  })

// Nested so deep that the parser, which is native, runs out of stack: the whole process dies of SIGSEGV.
const poison = `${"(".repeat(1_000_000)}1${")".repeat(1_000_000)}`

describe("the census", () => {
  it("counts every file, lists those that do not parse, and exits with 0", async () => {
    const file = factsFile()
    const root = mixed()
    const { exitCode, stdout } = await run("--root", root, "--json", file.path)
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`6 source files below ${root}\n`)
    expect(stdout).toContain("Not parsed (2):\n  b/broken.mjs:1:11  Unexpected token\n")
    expect(stdout).toMatch(/^total +6 /m)
    expect(file.read().facts.files.map(({ path, found }) => `${path} ${found}`)).toEqual([
      "a/index.d.ts Counted",
      "a/index.js Counted",
      "b/broken.mjs Unparsed",
      "b/empty.cjs Counted",
      "b/garbage.js Unparsed",
      "c/bom.ts Counted"
    ])
  })

  it("finds the same facts inline, on one worker and on three", async () => {
    const root = mixed()
    const found = []
    for (const words of [
      ["--isolation", "inline"],
      ["--workers", "1"],
      ["--workers", "3"]
    ]) {
      const file = factsFile()
      await run("--root", root, "--json", file.path, ...words)
      found.push(file.read().facts)
    }
    expect(found[1]).toEqual(found[0])
    expect(found[2]).toEqual(found[0])
  })

  it.each([
    ["one after the other", { everyMs: 400, most: 8 }],
    // More than a pool bears by default of deaths that no job is charged with.
    ["before they have begun", { everyMs: 5, most: 12 }]
  ])("finds the same facts while its workers are killed %s", async (_, { everyMs, most }) => {
    const calm = factsFile()
    await run("--root", large, "--json", calm.path, "--isolation", "inline")

    const disturbed = factsFile()
    const { child, ended } = start("--root", large, "--json", disturbed.path)
    const killed = new Set<number>()
    const timer = setInterval(() => {
      const worker = childrenOf(child.pid).find((pid) => !killed.has(pid))
      if (worker === undefined || killed.size >= most) return
      killed.add(worker)
      process.kill(worker, "SIGKILL")
    }, everyMs)
    const { exitCode } = await ended.finally(() => clearInterval(timer))
    expect(exitCode).toBe(0)
    const { run: conditions, facts } = disturbed.read()
    expect(killed.size).toBeGreaterThan(1)
    expect(conditions.restarts).toBeGreaterThan(0)
    expect(facts).toEqual(calm.read().facts)
  })

  it("reports a file that takes down each worker it meets, and counts all others", async () => {
    const file = factsFile()
    const root = tree({ "a.js": "a()", "poison.js": poison, "z.js": "z(" })
    const { exitCode, stdout } = await run("--root", root, "--json", file.path)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^Lost \(1\):\n {2}poison\.js {2}killed its worker in each of 3 attempts \(SIGSEGV\)$/m)
    expect(stdout).toContain("Not parsed (1):\n  z.js:1:3")
    const { run: conditions, facts } = file.read()
    expect(facts.files.map(({ found }) => found)).toEqual(["Counted", "Lost", "Unparsed"])
    expect(conditions.lost).toEqual([{ path: "poison.js", reason: expect.stringContaining("SIGSEGV") }])
    expect(conditions.retried).toEqual([{ path: "poison.js", failures: Array(3).fill("WorkerCrashed") }])
  })

  it("says that there is nothing to count below an empty root", async () => {
    const root = tree({ "readme.md": "" })
    const { exitCode, stdout, stderr } = await run("--root", root)
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `0 source files below ${root}\n`,
      stderr: ""
    })
  })

  it("ends at Ctrl-C with what was done so far, marked as such", async () => {
    const file = factsFile()
    const { child, begun, ended } = start("--root", large, "--json", file.path)
    await begun
    await vi.waitFor(() => expect(childrenOf(child.pid)).not.toEqual([]), { timeout: 10_000 })
    child.kill("SIGINT")
    const { exitCode, stdout } = await ended
    expect(exitCode).toBe(130)
    expect(stdout).toMatch(/^Stopped by Ctrl-C: [\d,]+ files? not examined\.$/m)
    const { run: conditions, facts } = file.read()
    expect(conditions).toMatchObject({ stoppedBy: "Ctrl-C", lost: [] })
    const announced = Number(/^([\d,]+) source files/.exec(stdout)?.[1]?.replaceAll(",", ""))
    expect(conditions.notExamined).toBeGreaterThan(0)
    expect(facts.files.length + conditions.notExamined).toBe(announced)
  })

  it("ends inline at Ctrl-C, too", async () => {
    const { child, begun, ended } = start("--root", large, "--isolation", "inline")
    await begun
    child.kill("SIGINT")
    expect((await ended).exitCode).toBe(130)
  })

  it("ends quietly when nobody reads its output any more", async () => {
    const { child, ended } = start("--root", large)
    child.stdout?.destroy()
    const { exitCode, stderr } = await ended
    expect(exitCode).toBe(0)
    expect(stderr).toContain("stdout is closed: the summary is not shown. --json FILE keeps the facts.\n")
    expect(stderr).not.toMatch(/EPIPE|Error|^ +at /m)
  })

  it("still keeps the facts when nobody reads its output any more", async () => {
    const file = factsFile()
    const { child, ended } = start("--root", mixed(), "--json", file.path)
    child.stdout?.destroy()
    expect((await ended).exitCode).toBe(0)
    expect(file.read()).toMatchObject({ run: { stoppedBy: null, notExamined: 0 }, facts: { totals: { files: 6 } } })
  })

  it("says so when the facts can't be kept after all", async () => {
    const { exitCode, stdout, stderr } = await run("--root", mixed(), "--isolation", "inline", "--json", "/dev/full")
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^total +6 /m)
    expect(stderr).toContain('--json "/dev/full": the facts could not be written: ENOSPC: no space left on device\n')
  })

  it("refuses wrong options with one line each and exit code 2, before anything is started", async () => {
    const json = join(tree({}), "facts.json")
    const { exitCode, stdout, stderr } = await run("--workers", "0", "--root", "/nowhere", "--json", json)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" })
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^--workers "0": expected a whole number/),
      expect.stringMatching(/^--root "\/nowhere": ENOENT/),
      ""
    ])
    expect(existsSync(json)).toBe(false)
  })
})
