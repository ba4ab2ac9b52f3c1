/** What `holdfast run` writes: results alone, in order, as JSON or as text. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { expect, it } from "vitest"
import { Folder, fixture, jsonLines, numbers, task, until } from "./holdfast.ts"

it("runs a task for each line of a file and writes the results in order to another", async () => {
  const folder = new Folder().write("items.jsonl", numbers(500))
  const ran = await folder.run(["run", task("square"), "--input", "items.jsonl", "--output", "out.jsonl"])
  expect(ran).toMatchObject({ code: 0, stdout: "" })
  expect(folder.read("out.jsonl")).toBe(jsonLines(Array.from({ length: 500 }, (_, at) => (at + 1) ** 2)))
  expect(ran.stderr).toContain("500 succeeded, 0 failed")
})

it("reads stdin and writes stdout in a shell's pipe", async () => {
  const ran = await new Folder().shell(
    `seq 5 | holdfast run '${task("square")}' -q | tail -n 2; echo "\${PIPESTATUS[@]}"`
  )
  expect(ran.stdout).toBe("16\n25\n0 0 0\n")
})

it("keeps what workers and the module print out of stdout, and tells the line on stderr", async () => {
  const ran = await new Folder().run(["run", task("speaks"), "-j", "1"], "7\n8\n")
  expect(ran.stdout).toBe("7\n8\n")
  expect(ran.stderr).toContain("printed at import\n")
  expect(ran.stderr).toContain("[w1 line 1] out 7\n")
  expect(ran.stderr).toContain("[w1 line 2] err 8\n")
})

it("prints nothing of workers with --quiet, and no summary", async () => {
  const ran = await new Folder().run(["run", `${fixture("only.mjs")}`, "--quiet"], "8\n")
  expect(ran).toMatchObject({ code: 0, stdout: "4\n", stderr: "" })
})

/** The first job waits for a gate; the second is done at once. */
const outOfOrder = jsonLines([{ waits: "gate" }, { opens: "second" }])

it("writes results in order though later ones are done first", async () => {
  const folder = new Folder()
  const running = folder.start(["run", task("gate"), "-j", "2"], outOfOrder)
  await until(() => expect(existsSync(join(folder.path, "second"))).toBe(true))
  folder.write("gate", "")
  expect(await running.ended).toMatchObject({ code: 0, stdout: '"waited"\n"opened"\n' })
})

it("writes results as they are done with --unordered", async () => {
  const folder = new Folder()
  const running = folder.start(["run", task("gate"), "-j", "2", "--unordered"], outOfOrder)
  await until(() => expect(running.printed.stdout).toBe('"opened"\n'))
  folder.write("gate", "")
  expect(await running.ended).toMatchObject({ code: 0, stdout: '"opened"\n"waited"\n' })
})

it("tells the input's line with each result by --tag", async () => {
  const folder = new Folder()
  const tagged = await folder.run(["run", task("square"), "--tag", "-k"], "3\n\n-1\n4\n")
  expect(tagged).toMatchObject({ code: 1, stdout: '{"line":1,"value":9}\n{"line":4,"value":16}\n' })
  const text = await folder.run(["run", task("upper"), "--tag", "--lines"], "a\nb\n")
  expect(text.stdout).toBe("1\tA\n2\tB\n")
})

it("takes plain text with --lines, empty lines too, and writes strings as they are", async () => {
  const ran = await new Folder().run(["run", task("upper"), "--lines"], 'one "two"\n\nthree')
  expect(ran).toMatchObject({ code: 0, stdout: 'ONE "TWO"\n\nTHREE\n' })
})

it("runs an exported function, the only one of a module unnamed, a file: URL and a package's", async () => {
  const folder = new Folder().write("only.mjs", "export const half = (n) => n / 2\n")
  expect(await folder.run(["run", "only.mjs"], "8\n")).toMatchObject({ code: 0, stdout: "4\n" })
  expect(await folder.run(["run", "./only.mjs#half"], "8\n")).toMatchObject({ code: 0, stdout: "4\n" })
  const url = `${pathToFileURL(fixture("only.mjs"))}#half`
  expect(await folder.run(["run", url], "6\n")).toMatchObject({ code: 0, stdout: "3\n" })
  const posix = await folder.run(["run", "node:path#basename", "--lines"], "a/b.txt\n")
  expect(posix).toMatchObject({ code: 0, stdout: "b.txt\n" })
})

it("runs what CommonJS exports by assigning an object, whose names can't be told from its source", async () => {
  const folder = new Folder().write(
    "assigned.cjs",
    'module.exports = { half: (n) => n / 2, get late() { throw new Error("read though nobody asked") } }\n'
  )
  expect(await folder.run(["run", "assigned.cjs#half"], "8\n")).toMatchObject({ code: 0, stdout: "4\n" })
  const none = await folder.run(["run", "assigned.cjs#halve"], "8\n")
  expect(none.stderr).toContain('assigned.cjs has no export "halve": did you mean half?')
})

it("hands its settings to the workers", async () => {
  const folder = new Folder()
  const flags = ["--cwd", "/", "--env", "TZ=a=b", "--node-arg=--expose-gc", "--context", "model"]
  const ran = await folder.run(["run", task("settings"), ...flags, "--timeout", "20s", "--max-memory", "900M"], "0\n")
  expect(JSON.parse(ran.stdout)).toMatchObject({ cwd: "/", variable: "a=b", argv: ["--expose-gc"] })
  expect((await folder.run(["run", task("tripled"), "--context", "model"], "5\n")).stdout).toBe("15\n")
})

it("imports modules first by --import, here and in the workers", async () => {
  const folder = new Folder()
    .write("first.mjs", "globalThis.first = 1\n")
    .write("task.mjs", "const seen = globalThis.first\nexport const seenFirst = () => seen\n")
  expect(await folder.run(["run", "task.mjs", "--import", "./first.mjs"], "0\n")).toMatchObject({ stdout: "1\n" })
})

it("writes undefined as null and a Date as text; what JSON can't carry fails its job, with its place", async () => {
  const kinds = ["nothing", "date", "map", "bigint", "nan", "bytes"]
  const ran = await new Folder().run(["run", task("unjson"), "-k"], jsonLines(kinds))
  expect(ran).toMatchObject({ code: 1, stdout: 'null\n"1970-01-01T00:00:00.000Z"\nnull\nnull\nnull\nnull\n' })
  expect(ran.stderr).toContain("line 3 failed: result.items[1] is a Map, which JSON can't carry")
  expect(ran.stderr).toContain("line 4 failed: result is the BigInt 10n")
  expect(ran.stderr).toContain("line 5 failed: result[0] is NaN")
  expect(ran.stderr).toContain("line 6 failed: result is a Uint8Array")
})

it("fails a job whose result has a string that V8 would end the process for, and goes on", async () => {
  const folder = new Folder().write("long.mjs", 'export const long = (n) => ({ text: "y".repeat(n) })')
  const ran = await folder.run(["run", "long.mjs#long", "-j", "1", "-k", "--no-reports"], "270000000\n3\n")
  expect(ran).toMatchObject({ code: 1, stdout: 'null\n{"text":"yyy"}\n' })
  expect(ran.stderr).toContain(
    "line 1 failed: result.text is a string of 270000000 characters, which JSON can't carry: have the task write it"
  )
})
