/** Tasks with schemas: what their lines are, in and out. */
import { expect, it } from "vitest"
import { Folder, fixture, jsonLines } from "./holdfast.ts"

const task = (name: string): string => `${fixture("schemas.ts")}#${name}`

it("reads and writes lines as the task's schemas have them in JSON", async () => {
  const visits = jsonLines([{ at: "2031-05-01T00:00:00.000Z", guests: "9007199254740993" }])
  const ran = await new Folder().run(["run", task("nextVisit"), "-q"], visits)
  expect(ran.stderr).toBe("")
  expect(ran.stdout).toBe('{"at":"2031-05-01T00:00:01.000Z","guests":"18014398509481986"}\n')
})

it("takes an input as it is, where the schema would have it written otherwise", async () => {
  expect(await new Folder().run(["run", task("half"), "-q"], '"3"\n5\n')).toMatchObject({ stdout: "1.5\n2.5\n" })
})

it("reads plain lines by the schema, and writes text as it is", async () => {
  const ran = await new Folder().run(["run", task("year"), "-q", "--lines"], "2031-05-01T00:00:00.000Z\n")
  expect(ran.stdout).toBe("2031-01-01T00:00:00.000Z\n")
})

it("says what does not fit, and keeps such a line as an input to be run again", async () => {
  const folder = new Folder()
  const line = '{"at":"soon","guests":"1"}'
  const told = await folder.run(["run", task("nextVisit")], `${line}\n`)
  expect(told.code).toBe(1)
  expect(told.stderr).toContain("line 1 failed: the line does not fit the task's input schema: Expected a valid Date")
  expect(told.stderr).toContain('at ["at"]')
  await folder.run(["run", task("nextVisit"), "-k", "--failures", "failed.jsonl"], `${line}\n`)
  expect(JSON.parse(folder.read("failed.jsonl"))).toMatchObject({ line: 1, input: JSON.parse(line) })
})

it("says which task has a schema that throws by itself, line by line", async () => {
  const ran = await new Folder().run(["run", `${fixture("faulty-schemas.ts")}#visit`, "-k"], jsonLines([{}, {}]))
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain(
    `the input of task "visit" (job of line 1) does not fit the task's input schema: Objects property names must be`
  )
  expect(ran.stderr).toContain("line 2 failed")
})
