/** `holdfast run --report`: the run's timeline as a file. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { Folder, numbers, task } from "./holdfast.ts"

it("writes a page of the run, with what failed in it", { timeout: 90_000 }, async () => {
  const folder = new Folder().write("items.jsonl", numbers(4))
  const args = ["run", task("exitsAt3"), "-i", "items.jsonl", "-o", "out.jsonl", "-k", "--report", "run.html"]
  expect(await folder.run(args)).toMatchObject({ code: 1, stdout: "" })
  const page = folder.read("run.html")
  expect(page).toMatch(/^<!doctype html>/)
  expect(page).toContain("the worker called process.exit(7)")
  expect(page).toContain("job 2 (of line 3)")
})

it("writes JSON by the file's extension", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  expect(await folder.run(["run", task("square"), "--report", "run.json"], numbers(30))).toMatchObject({ code: 0 })
  expect(JSON.parse(folder.read("run.json"))).toMatchObject({ version: 1, summary: { succeeded: 30 } })
})

it("writes a picture by the file's extension", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  expect(await folder.run(["run", task("square"), "--report", "run.svg"], numbers(3))).toMatchObject({ code: 0 })
  expect(folder.read("run.svg")).toMatch(/^<svg /)
})

it.each([
  ["run.pdf", '--report "run.pdf": expected a path that ends in .html, .svg or .json'],
  ["none/run.html", '--report "none/run.html" can\'t be written: no such file'],
  ["items.json", '--report "items.json" is the same file as --input']
])("refuses to write a report to %s, before anything is run", async (path, problem) => {
  const folder = new Folder().write("items.json", numbers(3))
  const ran = await folder.run(["run", task("noted"), "-i", "items.json", "-o", "out.json", "--report", path])
  expect(ran).toMatchObject({ code: 2, stdout: "" })
  expect(ran.stderr).toContain(problem)
  expect(existsSync(join(folder.path, "notes"))).toBe(false)
  expect(folder.read("items.json")).toBe(numbers(3))
})
