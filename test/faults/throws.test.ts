/** Rows 2, 3 and 34: whatever a task throws, its caller gets `TaskThrew` with the best that can be said of it. */
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import {
  hostile,
  overflowsStack,
  rejectsHostile,
  rejectsWithThenable,
  throwsAggregate,
  throwsCustom,
  throwsFromFinally,
  throwsHostile,
  throwsInMicrotask
} from "../fixtures/thrown.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, lineOf, withPool } from "./scene.ts"

const file = fileURLToPath(throwsCustom.module)

scenario("a custom error keeps its name, its own properties and its causes, and its stack names the user's lines", () =>
  withPool({}, async ({ pool }) => {
    const others = bystanders(pool)
    const error = await failureOf("TaskThrew", pool.run(throwsCustom, "settings.json"))
    const { cause } = error
    expect(cause).toMatchObject({
      name: "Refused",
      message: "refused settings.json",
      code: "E_REFUSED",
      request: { path: "settings.json", tries: [1, 2] }
    })
    const root = (cause as Error).cause
    expect(root).toBeInstanceOf(RangeError)
    expect(root).toMatchObject({ message: "the root", cause: "a string at the bottom" })
    expect(error.message).toContain("Refused: refused settings.json")
    const frames = String(error.stack).split("\n").slice(1)
    const thrownAt = lineOf(file, "throw new Refused(path")
    expect(frames[0]).toMatch(new RegExp(`at readSettings \\(.*test/fixtures/thrown\\.ts:${thrownAt}:\\d+\\)`))
    expect(frames[1]).toContain(`test/fixtures/thrown.ts:${lineOf(file, "readSettings(path))")}:`)
    // Behind the worker's frames, where the parent asked for the job.
    const called = frames.findIndex((frame) => frame.includes("called from"))
    expect(called).toBeGreaterThan(0)
    expect(frames[called + 1]).toContain("test/faults/throws.test.ts")
    expect(frames.slice(0, called).every((frame) => !frame.includes("packages/supervisor"))).toBe(true)
    expect(error.job).toMatchObject({
      task: "throwsCustom",
      index: 0,
      key: "0",
      inputPreview: "'settings.json'",
      attempts: [{ number: 1, failure: "TaskThrew" }]
    })
    expect(error.job.pid).toBeGreaterThan(0)
    await others.unharmed()
  })
)

scenario("an AggregateError keeps its errors", () =>
  withPool({}, async ({ pool }) => {
    const { cause } = await failureOf("TaskThrew", pool.run(throwsAggregate, undefined))
    expect(cause).toBeInstanceOf(AggregateError)
    const [first, second, third] = (cause as AggregateError).errors
    expect(first).toBeInstanceOf(TypeError)
    expect(second).toMatchObject({ name: "Refused", code: "E_REFUSED" })
    expect(third).toBe("third")
  })
)

scenario("whatever is thrown or rejected with, the job fails with a description and its worker goes on", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    for (const task of [throwsHostile, rejectsHostile]) {
      const outcomes = await pool.settle(task, hostile)
      for (const [index, outcome] of outcomes.entries()) {
        const what = `${task.name} ${hostile[index]}`
        if (outcome._tag === "Succeeded") throw new Error(`${what} succeeded`)
        const error = await failureOf("TaskThrew", Promise.reject(outcome.error))
        expect(error.message.length, what).toBeGreaterThan(20)
        expect(error.message.length, what).toBeLessThan(100_000)
        expect(String(error.stack), what).toContain("throws.test.ts")
        expect(JSON.stringify(error).length, what).toBeLessThan(1_000_000)
      }
      const causeOf = (which: (typeof hostile)[number]): unknown => {
        const outcome = outcomes[hostile.indexOf(which)]
        return outcome?._tag === "Failed" ? (outcome.error as Error).cause : outcome
      }
      expect(causeOf("undefined")).toBe(undefined)
      expect(causeOf("null")).toBe(null)
      expect(causeOf("string")).toBe("only words")
      expect(causeOf("frozen")).toMatchObject({ name: "Error", message: "frozen" })
      expect(causeOf("proxy")).toMatchObject({ message: "behind a proxy" })
      expect(causeOf("unclonable")).toMatchObject({ message: "carries much", big: 1n, when: new Date(0) })
    }
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a stack overflow is a RangeError with the function that went down", () =>
  withPool({}, async ({ pool }) => {
    const { cause } = await failureOf("TaskThrew", pool.run(overflowsStack, undefined))
    expect(cause).toBeInstanceOf(RangeError)
    expect(String((cause as Error).stack)).toContain("at descend")
  })
)

scenario("a throw from a finally, a rejection with a thenable and a throw in a microtask reach their own job", () =>
  withPool({}, async ({ pool }) => {
    const others = bystanders(pool)
    const fromFinally = await failureOf("TaskThrew", pool.run(throwsFromFinally, undefined))
    expect(fromFinally.cause).toMatchObject({ message: "from finally" })
    const thenable = await failureOf("TaskThrew", pool.run(rejectsWithThenable, undefined))
    expect(thenable.cause).toMatchObject({ words: "a thenable" })
    const microtask = await failureOf("TaskThrew", pool.run(throwsInMicrotask, undefined))
    expect(microtask.cause).toMatchObject({ message: "from a microtask" })
    await others.unharmed()
  })
)
