/** What comes in: lines of every shape, and inputs that are none. */
import { expect, it } from "vitest"
import { Folder, numbers, task } from "./holdfast.ts"

it("takes CRLF, a BOM, blank lines and a last line without its end", async () => {
  const ran = await new Folder().run(["run", task("square")], "\uFEFF1\r\n\r\n  \n2\r\n3")
  expect(ran).toMatchObject({ code: 0, stdout: "1\n4\n9\n" })
})

it("ends at a broken line by default, with its number and its text, and writes what came before", async () => {
  const ran = await new Folder().run(["run", task("square"), "-j", "1"], '1\n\n{"n":\n4\n')
  expect(ran.code).toBe(1)
  expect(["", "1\n"]).toContain(ran.stdout)
  expect(ran.stderr).toContain("line 3 failed: the line is not JSON:")
  expect(ran.stderr).toContain('input: {"n":')
  expect(ran.stderr).toContain("(plain text is read with --lines)")
})

it("passes over broken lines with --keep-going, fills their place, and exits with 1", async () => {
  const ran = await new Folder().run(["run", task("square"), "-k"], "1\nx\n3\n")
  expect(ran).toMatchObject({ code: 1, stdout: "1\nnull\n9\n" })
  expect(ran.stderr).toContain("2 succeeded, 1 failed")
})

it("tells a line that is not UTF-8 by its number, also of plain text", async () => {
  const folder = new Folder().write("in.txt", Buffer.from([0x61, 10, 0xff, 0xfe, 10, 0xc3, 0xa9, 10]))
  const ran = await folder.run(["run", task("upper"), "--lines", "-k", "-i", "in.txt"])
  expect(ran).toMatchObject({ code: 1, stdout: "A\n\nÉ\n" })
  expect(ran.stderr).toContain("line 2 failed: it is not valid UTF-8")
})

it("takes a line of many megabytes", async () => {
  const long = "é".repeat(3_000_000)
  const folder = new Folder().write("in.txt", `a\n${long}\nb\n`)
  const ran = await folder.run(["run", task("echo"), "--lines", "-i", "in.txt", "-o", "out.txt"])
  expect(ran.code).toBe(0)
  expect(folder.read("out.txt") === `a\n${long}\nb\n`).toBe(true)
})

it("makes an empty output of an empty input", async () => {
  const folder = new Folder().write("empty", "").write("out", "old")
  expect(await folder.run(["run", task("square"), "-i", "empty", "-o", "out"])).toMatchObject({ code: 0 })
  expect(folder.read("out")).toBe("")
})

it("refuses an input that is missing or a directory, before it empties the output", async () => {
  const folder = new Folder().write("out", "old")
  const missing = await folder.run(["run", task("square"), "-i", "nowhere", "-o", "out"])
  expect(missing).toMatchObject({ code: 2, stdout: "" })
  expect(missing.stderr).toContain('holdfast: --input "nowhere" can\'t be read: no such file or directory (ENOENT)')
  const directory = await folder.run(["run", task("square"), "-i", ".", "-o", "out"])
  expect(directory).toMatchObject({ code: 2, stdout: "" })
  expect(directory.stderr).toContain('--input "." is a directory: give a file in it')
  const stdin = await folder.shell(`holdfast run '${task("square")}' < .`)
  expect(stdin).toMatchObject({ code: 2, stdout: "" })
  expect(stdin.stderr).toContain("stdin is a directory")
  expect(folder.read("out")).toBe("old")
})

it("reads no further than it needs of an input without an end", async () => {
  const ran = await new Folder().shell(
    `seq inf | holdfast run '${task("square")}' -q --halt now,done=5 --unordered | wc -l`
  )
  expect(ran).toMatchObject({ code: 0 })
  expect(Number(ran.stdout)).toBeGreaterThanOrEqual(5)
})

it("starts before its input has ended", async () => {
  const folder = new Folder()
  const running = folder.start(["run", task("square"), "-q"])
  running.child.stdin?.write(numbers(3))
  await expect.poll(() => running.printed.stdout, { timeout: 20_000 }).toBe("1\n4\n9\n")
  running.child.stdin?.end("4\n")
  expect(await running.ended).toMatchObject({ code: 0, stdout: "1\n4\n9\n16\n" })
})
