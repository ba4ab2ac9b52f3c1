/** Jobs that fail: where a run ends, what is said of them, and what the exit code is. */
import { expect, it } from "vitest"
import { Folder, fixture, jsonLines, numbers, task } from "./holdfast.ts"

it("ends at the first failure, with the line, the input and the stack in the task's own file", async () => {
  const ran = await new Folder().run(["run", task("square"), "-j1", "--chunk-size", "1"], "3\n-4\n5\n6\n7\n8\n9\n")
  expect(ran).toMatchObject({ code: 1, stdout: "9\n" })
  expect(ran.stderr).toContain(
    'holdfast: line 2 failed: task "square" (job of line 2, input -4) threw RangeError: -4 is negative\n    at '
  )
  expect(ran.stderr).toContain("fixtures/tasks.ts:9:")
  expect(ran.stderr).toContain("\n  input: -4\n")
  expect(ran.stderr).not.toContain("execute.ts")
  // The job behind it may have been done before the failure had all that its job printed.
  expect(ran.stderr).toMatch(/\d succeeded, 1 failed/)
  expect(ran.stderr).toContain("go on at line 2\n")
})

it("shows no way to reports that could not be kept", async () => {
  const folder = new Folder().write("a file", "")
  const ran = await folder.run(["run", task("square"), "--reports", "a file"], "-4\n")
  expect(ran).toMatchObject({ code: 1 })
  expect(ran.stderr).toContain("a file, and are left out")
  expect(ran.stderr).not.toContain("holdfast inspect")
})

it("tells of a failure with its source, fields and causes, once for each place; of an Effect's with its spans", async () => {
  const tasks = fixture("failing.ts")
  const flags = ["-k", "-j", "1", "--no-reports", "--quiet"]
  const ran = await new Folder().run(["run", `${tasks}#reads`, ...flags], '"1"\n"x"\n"y"\n')
  expect(ran).toMatchObject({ code: 1, stdout: "1\nnull\nnull\n" })
  expect(ran.stderr).toBe(`holdfast: line 2 failed: task "reads" (job of line 2, input 'x') threw Error: unreadable
    at ${tasks}:15:11

      12 |   try {
      13 |     return priceOf(line)
      14 |   } catch (cause) {
    > 15 |     throw new Error("unreadable", { cause })
         |           ^
      16 |   }
      17 | })

  caused by: TypeError: x is no price
      code: 'E_PRICE'
      at priceOf (${tasks}:8:55)
      at ${tasks}:13:12

         5 | import { Task } from "holdfast"
         6 |
         7 | const priceOf = (text: string): number => {
      >  8 |   if (Number.isNaN(Number(text))) throw Object.assign(new TypeError(\`\${text} is no price\`), { code: "E_PRICE" })
           |                                                       ^
         9 |   return Number(text)
        10 | }
  input: "x"
holdfast: line 3 failed: task "reads" (job of line 3, input 'y') threw Error: unreadable
    at ${tasks}:15:11
  input: "y"
`)
  const failed = await new Folder().run(["run", `${tasks}#fails`, ...flags], "7\n")
  expect(failed.stderr).toContain(`holdfast: line 1 failed: Unreadable\n    path: 'file 7'\n    at `)
  expect(failed.stderr).toContain("\n    > 21 |   return yield* new Unreadable({ path: `file ${n}` })\n")
  expect(failed.stderr).toMatch(/\n {4}in span load\n {2}input: 7\n$/)
})

it("colours a failure for a terminal and where it is asked to, and never with NO_COLOR", async () => {
  const line = (set: string) => `${set} holdfast run '${task("square")}' --no-reports <<< -4 2>&1`
  const folder = new Folder()
  const plain = await folder.shell(line("NO_COLOR=1"))
  expect(plain.stdout).toContain("holdfast: line 1 failed: task")
  expect(plain.stdout).not.toContain("\u001B[")
  const forced = await folder.shell(line("NO_COLOR= FORCE_COLOR=1"))
  expect(forced.stdout).toContain("holdfast: \u001B[31mline 1 failed: task")
  const piped = await folder.shell(`unset NO_COLOR; ${line("")}`)
  expect(piped.stdout).not.toContain("\u001B[")
})

it("runs all with --keep-going, with null in the place of each failure, and exits with 1", async () => {
  const ran = await new Folder().run(["run", task("square"), "--keep-going"], "3\n-4\n5\n")
  expect(ran).toMatchObject({ code: 1, stdout: "9\nnull\n25\n" })
  expect(ran.stderr).toContain("2 succeeded, 1 failed")
})

it("leaves failures out of an output without order", async () => {
  const ran = await new Folder().run(["run", task("square"), "-k", "--unordered", "-j", "1"], "3\n-4\n5\n")
  expect(ran).toMatchObject({ code: 1, stdout: "9\n25\n" })
})

it("writes failures as JSON lines with their inputs, which can be run again", async () => {
  const folder = new Folder().write("items", "1\n\n-2\nx\n4\n")
  const ran = await folder.run(["run", task("square"), "-k", "-i", "items", "-o", "out", "--failures", "failed.jsonl"])
  expect(ran).toMatchObject({ code: 1 })
  expect(ran.stderr).not.toContain("negative")
  const failed = folder
    .read("failed.jsonl")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .sort((a, b) => a.line - b.line)
  expect(failed).toMatchObject([
    {
      line: 3,
      input: -2,
      error: { _tag: "TaskThrew", cause: { name: "RangeError", message: "-2 is negative" }, job: { index: 1 } }
    },
    { line: 4, text: "x", error: { name: "BrokenInput" } }
  ])
  expect(folder.read("out")).toBe("1\nnull\nnull\n16\n")
})

it("goes on after a worker's death, and tells what it died of", async () => {
  const ran = await new Folder().run(["run", task("exitsAt3"), "-k", "-j", "2"], numbers(5))
  expect(ran).toMatchObject({ code: 1, stdout: "1\n2\nnull\n4\n5\n" })
  expect(ran.stderr).toContain("line 3 failed: the worker that ran task")
  expect(ran.stderr).toContain("called process.exit(7)")
})

it("tries again with --retries, and ends an attempt that passes --timeout", async () => {
  const folder = new Folder()
  const tried = await folder.run(["run", task("succeedsAtLast"), "--retries", "2"], "3\n")
  expect(tried).toMatchObject({ code: 0, stdout: "3\n" })
  const failed = await folder.run(["run", task("succeedsAtLast"), "--retries", "1"], "9\n")
  expect(failed).toMatchObject({ code: 1, stdout: "" })
  expect(failed.stderr).toContain("line 1 failed after 2 attempts:")
  const late = await folder.run(["run", task("waits"), "--timeout", "100ms"], "60000\n")
  expect(late).toMatchObject({ code: 1, stdout: "" })
  expect(late.stderr).toContain("line 1 failed: ")
})

it("halts soon after so many failures, with what runs finished and every place filled", async () => {
  const inputs = jsonLines(Array.from({ length: 2000 }, () => -1))
  const flags = ["--halt", "soon,fail=3", "--failures", "failed", "-j", "1", "--chunk-size", "1"]
  const folder = new Folder()
  const ran = await folder.run(["run", task("square"), ...flags], inputs)
  expect(ran).toMatchObject({ code: 1 })
  const failures = folder.read("failed").trimEnd().split("\n").length
  expect(failures).toBeGreaterThanOrEqual(3)
  expect(failures).toBeLessThan(200)
  expect(ran.stdout).toBe("null\n".repeat(failures))
  expect(ran.stderr).toContain("stopped by --halt, with 3 failed")
  expect(ran.stderr).toContain(`go on at line ${failures + 1}\n`)
})

it("exits with 0 where it halts because of a success", async () => {
  const ran = await new Folder().run(
    ["run", task("square"), "--halt", "now,success=1", "--unordered", "-j", "1"],
    numbers(500)
  )
  expect(ran).toMatchObject({ code: 0 })
  expect(ran.stdout.split("\n")[0]).toBe("1")
})

it("shows an input without what it would do to a terminal", async () => {
  const folder = new Folder().write("t.mjs", "export const fails = () => { throw new Error('no') }")
  const { stderr } = await folder.run(["run", "t.mjs", "--lines", "--no-reports"], "bad\u001b[2J\tone\n")
  expect(stderr).toContain("input: bad\\u001b[2J\tone\n")
  expect(stderr).not.toContain("\u001b")
})
