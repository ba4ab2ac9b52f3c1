/** Causes that are no errors: in their own words, once, wherever they come from. */
import { createPool, explain, type Task, type TaskThrew } from "holdfast"
import { expect, it, onTestFinished } from "vitest"
import { describeError, restoreError } from "../../packages/supervisor/src/protocol/error-description.ts"
import { ownText } from "../../packages/supervisor/src/protocol/own-text.ts"
import { causedByFields, invalid, nameless, plainlyInvalid, refused, throwsRefusal } from "../fixtures/worded.ts"

const isolations = ["process", "thread", "inline"] as const

/** What a failed job is told as, and its error, on each isolation. */
const told = async <I>(task: Task.Task<I, unknown>, input: I) =>
  Promise.all(
    isolations.map(async (isolation) => {
      await using pool = await createPool({ workers: 1, isolation, logger: false })
      const error = (await pool.run(task, input).catch((thrown: unknown) => thrown)) as TaskThrew
      return { error, text: explain(error, { colours: false }) }
    })
  )

const causesIn = (text: string): Array<string> => text.match(/caused by: .*(?:\n {4}at \[.*)?/g) ?? []

it.each([invalid, plainlyInvalid])("a schema's issue is told as Effect words it: $name", async (task) => {
  for (const { error, text } of await told(task, Number.NaN)) {
    expect(causesIn(text)).toEqual([`caused by: Expected an integer\n    at ["cents"]`])
    expect(text).not.toContain("SchemaIssue")
    // The data of it has crossed, too.
    expect((error.cause as Error).cause).toMatchObject({ _tag: "Composite" })
  }
})

it("an object that has a text is told by that, and says it in the program", async () => {
  for (const { error, text } of await told(refused, "the bank")) {
    expect(causesIn(text)).toEqual(["caused by: refused by the bank"])
    expect(text).not.toContain("hunter2")
    expect(String((error.cause as Error).cause)).toBe("refused by the bank")
    expect((error.cause as Error).cause).toEqual({ by: "the bank", password: "hunter2" })
  }
  for (const { error } of await told(throwsRefusal, "the bank"))
    expect(error.message).toMatch(/threw refused by the bank$/)
})

it("an error without a name is told by its message, and without either as that", async () => {
  for (const { error } of await told(nameless, "no such page")) expect(error.message).toMatch(/ threw no such page$/)
  for (const { error } of await told(nameless, ""))
    expect(error.message).toMatch(/ threw an error without name and message$/)
})

it("one that has none is told by its fields, once, without secrets", async () => {
  for (const { text } of await told(causedByFields, 500)) {
    expect(causesIn(text)).toEqual(["caused by: { status: 500, password: [masked] }"])
    expect(text.match(/status: 500/g)).toHaveLength(1)
    expect(text).not.toContain("hunter2")
  }
})

const said = (thrown: unknown): string => describeError(thrown).message

it("a text that comes later, or fails to, is none, and nobody's failure", async () => {
  const failed: Array<unknown> = []
  const note = (error: unknown): void => void failed.push(error)
  process.on("unhandledRejection", note)
  onTestFinished(() => void process.off("unhandledRejection", note))
  expect(ownText({ toString: () => Promise.reject(new Error("later")) })).toBeUndefined()
  await new Promise((resolve) => setImmediate(resolve))
  expect(failed).toEqual([])
})

it("no text is taken from what has none of its own, or gives none", () => {
  expect(said([1, 2])).toBe("[1, 2]")
  expect(said(Buffer.from("hunter2"))).not.toContain("hunter2")
  const hostile = [
    { n: 1, toString: () => 5 },
    { n: 1, toString: () => "  " },
    { n: 1, toString: "no function" },
    {
      n: 1,
      toString: () => {
        throw new Error("no")
      }
    }
  ]
  for (const each of hostile) expect(said(each)).toMatch(/^\{ n: 1, toString: /)
  const long = restoreError(describeError({ toString: () => "x".repeat(1e6) }))
  expect(String(long).length).toBeLessThan(70_000)
})
