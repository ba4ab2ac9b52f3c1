/** A look at a thread that leaves no time for a debugger: the thread is in memory here, so that it has none for sure. */
import { createRequire } from "node:module"
import { expect, it, onTestFinished } from "vitest"
import type { GlimpseModule } from "../../packages/supervisor/src/watchdog/glimpse.cts"
import type { PauseModule } from "../../packages/supervisor/src/watchdog/pause.cts"

const require = createRequire(import.meta.url)
const { glimpse } = require("../../packages/supervisor/src/watchdog/glimpse.cts") as GlimpseModule
const { debugThread } = require("../../packages/supervisor/src/watchdog/pause.cts") as PauseModule

// As V8 does it: where the stack stands.
// biome-ignore lint/security/noGlobalEval: the expression is there to be evaluated
const evaluate = (expression: string): unknown => ({ result: { value: globalThis.eval(expression) } })

const deep = (depth: number, read: () => unknown): unknown => (depth === 0 ? read() : deep(depth - 1, read))

const looked = async (depth: number) => {
  let answer: unknown
  return glimpse(async (_, params) => {
    deep(depth, () => {
      answer = evaluate((params as { expression: string }).expression)
    })
    return answer
  })
}

it("names the functions that run, innermost first, with their places, and as many as may be", async () => {
  const places = (await looked(3)) ?? []
  const from = places.findIndex((place) => place.function === "deep")
  expect(places.slice(from, from + 4).map((place) => place.function)).toEqual(["deep", "deep", "deep", "deep"])
  expect(places[from]?.url).toContain("glimpse.test.ts")
  expect(places[from]?.line).toBeGreaterThan(0)
  const deepest = (await looked(500))?.length
  expect(deepest).toBeGreaterThan(60)
  expect(deepest).toBeLessThan(65)
})

it("leaves no trace in the errors of whom it looked at", async () => {
  const shape = () => ["stackTraceLimit", "prepareStackTrace"].map((key) => Object.getOwnPropertyDescriptor(Error, key))
  const before = shape()
  onTestFinished(() => {
    for (const [at, key] of ["stackTraceLimit", "prepareStackTrace"].entries()) {
      const descriptor = before[at]
      if (descriptor === undefined) Reflect.deleteProperty(Error, key)
      else Object.defineProperty(Error, key, descriptor)
    }
  })
  await looked(1)
  expect(shape()).toEqual(before)
  Reflect.deleteProperty(Error, "stackTraceLimit")
  const own = { value: () => "mine", configurable: true, enumerable: false, writable: false }
  Object.defineProperty(Error, "prepareStackTrace", own)
  expect((await looked(1))?.length).toBeGreaterThan(1)
  expect(shape()).toEqual([undefined, own])
})

it("tells nothing where the thread gives no answer, or a strange one", async () => {
  expect(await glimpse(async () => undefined)).toBeUndefined()
  expect(await glimpse(async () => ({ exceptionDetails: { text: "Uncaught" } }))).toBeUndefined()
})

/** A thread that answers these questions and never stops for the debugger. */
const unstoppable = (answers: Readonly<Record<string, unknown>>) =>
  debugThread({
    thread: () => process.pid,
    connect: () => ({
      post: (method, _, answered) => {
        if (method in answers) answered(answers[method])
      },
      disconnect: () => {},
      mustAnswer: () => false
    })
  })

const request = { t: "capture", id: 1, resume: true, withinMs: 60, maxFrames: 64, maxLocals: 9, maxValue: 99 } as const
const seen = { result: { value: `6 3 ["spin","file:///work.ts"]\n27 75 ["","file:///work.ts"]\n` } }

it("is told where the debugger does not come in time", async () => {
  const frames = [
    { function: "spin", file: "/work.ts", line: 6, column: 3 },
    { function: "(anonymous)", file: "/work.ts", line: 27, column: 75 }
  ]
  expect(await unstoppable({ "Runtime.evaluate": seen }).capture(request)).toEqual({ state: "stopped", frames })
  // Nor where Node's own functions alone are seen.
  const nodes = { result: { value: `1 1 ["processTicksAndRejections","node:internal/process/task_queues"]\n` } }
  expect(await unstoppable({ "Runtime.evaluate": nodes }).capture(request)).toMatchObject({ state: "native" })
  expect(await unstoppable({}).capture(request)).toMatchObject({ state: "native", frames: [] })
})
