/** Rows 1 to 3 and 34: what a task fails with or throws. */
import { fileURLToPath } from "node:url"
import { jobOf } from "holdfast"
import { expect } from "vitest"
import { lineOf } from "../../faults/scene.ts"
import { Invoice, parse, Unreadable } from "../../fixtures/effects.ts"
import { hostile, throwsCustom } from "../../fixtures/thrown.ts"
import { Gone, gone } from "../../fixtures/typed.ts"
import { holds, holdsBut, type Play, type Row } from "../Row.ts"
import type { Culprit } from "../Stage.ts"

const typed: Play = async ({ pool }) => {
  const paths = ["a", "b", "bad c", "d", "e", "bad f", "g"]
  const outcomes = await pool.settle(parse, paths)
  for (const [index, outcome] of outcomes.entries()) {
    const path = paths[index] ?? ""
    expect(outcome.job.attempts.length).toBe(1)
    if (outcome._tag === "Succeeded") {
      expect(path).not.toMatch(/^bad/)
      expect(outcome.value).toBeInstanceOf(Invoice)
      expect(outcome.value.id).toBe(path)
    } else {
      expect(outcome.error).toBeInstanceOf(Unreadable)
      expect(outcome.error).toMatchObject({ _tag: "Unreadable", path })
      expect(jobOf(outcome.error)).toMatchObject({ task: "parse", index })
    }
  }
  const error = await pool.run(gone, 7).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Gone)
  expect(error).toMatchObject({ id: 7, at: new Date(0) })
  expect(jobOf(error)?.task).toBe("gone")
}

const thrown = fileURLToPath(throwsCustom.module)

const natives: Play = async ({ harm, eventsOf }) => {
  const [custom, aggregate] = await harm([
    {
      act: "throwsCustom",
      input: "settings.json",
      tag: "TaskThrew",
      fields: {
        cause: {
          name: "Refused",
          message: "refused settings.json",
          code: "E_REFUSED",
          request: { path: "settings.json", tries: [1, 2] },
          cause: { name: "RangeError", message: "the root", cause: "a string at the bottom" }
        }
      }
    },
    { act: "throwsAggregate", tag: "TaskThrew" }
  ])
  expect((custom.cause as Error).cause).toBeInstanceOf(RangeError)
  expect(custom.message).toContain("Refused: refused settings.json")
  const frames = String(custom.stack).split("\n").slice(1)
  const line = lineOf(thrown, "throw new Refused(path")
  expect(frames[0]).toMatch(new RegExp(`at readSettings \\(.*test/fixtures/thrown\\.ts:${line}:\\d+\\)`))
  const called = frames.findIndex((frame) => frame.includes("called from"))
  expect(called, "the worker's frames come first").toBeGreaterThan(0)
  expect(frames[called + 1]).toContain("test/conformance/")
  expect(aggregate.cause).toBeInstanceOf(AggregateError)
  const [first, second, third] = (aggregate.cause as AggregateError).errors
  expect(first).toBeInstanceOf(TypeError)
  expect(second).toMatchObject({ name: "Refused", code: "E_REFUSED" })
  expect(third).toBe("third")
  expect(eventsOf("WorkerExited")).toEqual([])
}

const oddities: Play = async ({ harm, eventsOf }) => {
  const acts = ["throwsHostile", "rejectsHostile"].flatMap((act) => hostile.map((input) => ({ act, input })))
  const failures = await harm(acts.map((each): Culprit => ({ ...each, tag: "TaskThrew", promisedMs: 3000 })))
  for (const [at, { act, input }] of acts.entries()) {
    const what = `${act} ${input}`
    const { message = "", cause } = failures[at] ?? {}
    expect(message.length, what).toBeGreaterThan(20)
    expect(message.length, what).toBeLessThan(100_000)
    expect(JSON.stringify(failures[at]).length, what).toBeLessThan(1_000_000)
    if (input === "undefined") expect(cause).toBe(undefined)
    if (input === "null") expect(cause).toBe(null)
    if (input === "string") expect(cause).toBe("only words")
    if (input === "frozen") expect(cause).toMatchObject({ name: "Error", message: "frozen" })
  }
  expect(eventsOf("WorkerExited")).toEqual([])
}

const unusual: readonly [Culprit, ...ReadonlyArray<Culprit>] = [
  { act: "overflowsStack", tag: "TaskThrew", fields: { cause: { name: "RangeError" } } },
  { act: "throwsFromFinally", tag: "TaskThrew", fields: { cause: { message: "from finally" } } },
  { act: "rejectsWithThenable", tag: "TaskThrew", fields: { cause: { words: "a thenable" } } },
  { act: "throwsHostile", input: "proxy", tag: "TaskThrew", fields: { cause: { message: "behind a proxy" } } },
  { act: "throwsHostile", input: "hostileProxy", tag: "TaskThrew" }
]
const inMicrotask: Culprit = {
  act: "throwsInMicrotask",
  tag: "TaskThrew",
  fields: { cause: { message: "from a microtask" } }
}

const playUnusual =
  (culprits: readonly [Culprit, ...ReadonlyArray<Culprit>]): Play =>
  async ({ harm }) => {
    const [overflow] = await harm(culprits)
    expect(overflow.cause).toBeInstanceOf(RangeError)
    expect(String((overflow.cause as Error).stack)).toContain("at descend")
  }

export const errors: ReadonlyArray<Row> = [
  {
    number: 1,
    title: "a task's own typed error arrives as an instance of its class, in the error channel",
    doorsDiffer: true,
    on: { process: holds(typed), thread: holds(typed), inline: holds(typed) }
  },
  {
    number: 2,
    title: "a thrown error arrives as the cause, with its class, fields and causes, and the line that threw it",
    doorsDiffer: true,
    on: { process: holds(natives), thread: holds(natives), inline: holds(natives) }
  },
  {
    number: 3,
    title: "whatever is thrown instead of an error is described, and its worker goes on",
    doorsDiffer: false,
    on: { process: holds(oddities), thread: holds(oddities), inline: holds(oddities) }
  },
  {
    number: 34,
    title: "a stack overflow, a throw from a finally, a thenable, a microtask and a proxy fail their own job",
    doorsDiffer: false,
    on: {
      process: holds(playUnusual([...unusual, inMicrotask])),
      thread: holds(playUnusual([...unusual, inMicrotask])),
      inline: holdsBut("What throws in a microtask escapes to the program itself (row 7).", playUnusual(unusual))
    }
  }
]
