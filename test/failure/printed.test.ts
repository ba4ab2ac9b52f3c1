/**
 * What a failure prints and has as fields: where in the worker, the source about it, causes, spans, the call in the
 * program, the job. Positions are found by the text at them, so that a fixture may move.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { createPool, evidenceOf, explain, type Frame, type JobError, type PromisePool, type Task } from "holdfast"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fails, inSpans, sumsUp } from "../fixtures/evidence.ts"

const fixture = fileURLToPath(new URL("../fixtures/evidence.ts", import.meta.url))
const here = fileURLToPath(import.meta.url)

const failureOf = async (pool: PromisePool, how: string): Promise<JobError> => {
  const [outcome] = await pool.settle(fails, [how])
  if (outcome?._tag !== "Failed") throw new Error("it has not failed")
  return outcome.error as JobError
}

/** The text of a file from a frame's place on. */
const textAt = ({ file, line, column }: Pick<Frame, "file" | "line" | "column">): string =>
  readFileSync(file, "utf8")
    .split("\n")
    [line - 1]?.slice(column - 1) ?? ""

describe.each(["process", "thread", "inline"] as const)("a failure on %s", (isolation) => {
  let pool: PromisePool
  beforeAll(async () => {
    pool = await createPool({ workers: 1, isolation, logger: false })
  })
  afterAll(() => pool.close())

  it.each([
    ["plain", 'new RangeError("out of paper")', []],
    ["nested", 'new Error("config unreadable"', ["code: 'ECONF'", "caused by: TypeError: no such key"]],
    ["aggregate", "new AggregateError(", ["error 1 of 2: Error: one", "error 2 of 2: RangeError: two"]],
    ["suppressed", "new SuppressedError(", ["error: RangeError: no room", "which suppressed: TypeError: no such row"]]
  ])("by %s shows the line at fault, its source, the causes and the call", async (how, guilty, more) => {
    const failure = await failureOf(pool, how)
    const [top] = failure.frames
    expect(top?.file).toBe(fixture)
    expect(top && textAt(top)).toContain(guilty)
    expect(failure.source?.excerpt).toMatch(/^> *\d+ \| .*\n +\| +\^$/m)
    expect(failure.calledFrom[0] && textAt(failure.calledFrom[0])).toMatch(/^settle\(fails/)
    const printed = inspect(failure)
    for (const part of [guilty, "called from", here, ...more]) expect(printed).toContain(part)
    expect(printed).toMatch(/task +fails \(.*\n +job +index 0, key 0/)
    expect(printed).not.toMatch(/packages\/supervisor|node:internal/)
    expect(printed).toBe(explain(failure, { colours: false }))
  })

  it.each(["string", "strange", "proxy", "circular", "huge"])("by %s is printed without a throw", async (how) => {
    const failure = await failureOf(pool, how)
    const printed = explain(failure, { colours: false })
    expect(printed).toMatch(/called from/)
    expect(printed.length).toBeLessThan(100_000)
    expect(JSON.stringify(failure)).toContain('"calledFrom":[{')
  })

  it("shows what was thrown that is no error, and says why no line is told", async () => {
    const object = explain(await failureOf(pool, "object"), { colours: false })
    expect(object).toMatch(/^TaskThrew: .* threw \{ code: 42, reason: 'no error', password: \[masked\] \}\n/)
    for (const printed of [object, explain(await failureOf(pool, "nothing"), { colours: false })])
      expect(printed).toMatch(/^TaskThrew: .*\n {4}\(thrown was no Error, so nothing tells where: .*\)\n/)
    const failure = await failureOf(pool, "nothing")
    expect(failure.message).toMatch(/threw null$/)
    expect(failure.stack).toMatch(/thrown was no Error/)
  })

  it("shows the line behind a huge message, and that far to the right in a long one", async () => {
    const huge = await failureOf(pool, "huge")
    expect(huge.frames[0] && textAt(huge.frames[0])).toMatch(/^new Error\("x"\.repeat/)
    expect(huge.stack).toMatch(/> \d+ \| .*new Error\("x"\.repeat/)
    const far = explain(await failureOf(pool, "far"), { colours: false })
    const [, indent = "", shown = ""] = /^( +> *\d+ \| )(….*)$/m.exec(far) ?? []
    const caret = /^( +\| +)\^$/m.exec(far)?.[1]?.length ?? 0
    expect(shown.slice(caret - indent.length)).toMatch(/^new Error\(`far to the right/)
    // The lines about it are shown from their beginning on.
    expect(far).toMatch(/^ +\d+ \| {3}\/\/ biome-ignore format: a long line$/m)
  })

  it("leaves frames out that lead nowhere, also of what it is made of", async () => {
    const { cause } = await failureOf(pool, "builtIn")
    expect((cause as Error).stack).toMatch(/^SyntaxError: .*\n(?: {4}at .*evidence\.ts:\d+:\d+\)?(?:\n|$))+$/)
  })

  it("of an Effect shows the spans that it was in, and where they were entered", async () => {
    const outcomes = await pool.settle(inSpans, ["die", "seven"])
    for (const outcome of outcomes) {
      if (outcome._tag !== "Failed") throw new Error("it has not failed")
      const { frames, spans } = evidenceOf(outcome.error)
      expect(frames[0] && textAt(frames[0])).toMatch(/^(Effect\.die|new TypeError|Effect\.fail|new NoNumber)/)
      expect(spans.map(({ name }) => name)).toEqual(["step", "whole"])
      for (const span of spans) expect(span.file).toBe(fixture)
      expect(explain(outcome.error, { colours: false })).toMatch(/in span step \(.*\n +in span whole \(/)
    }
  })

  it("shows what its job logged as a person reads it", async () => {
    const printed = explain(await failureOf(pool, "logs"), { colours: false })
    const inline = isolation === "inline"
    if (!inline)
      expect(printed).toMatch(
        /stdout +\| failing by logs\n +\| asked {"tries":2,"from":"there"}\n +\| two\n +\| lines$/
      )
  })

  it("of a service that its pool does not provide says what to do", async () => {
    const [outcome] = await pool.settle(sumsUp as unknown as Task.Task<number, number>, [1])
    expect(outcome).toMatchObject({
      error: {
        message: expect.stringMatching(
          /Service not found: test\/Ledger; a task's services are what its pool's option context provides$/
        )
      }
    })
  })

  it("has a stack of message, frames, source and call, made when it is read", async () => {
    const { stack } = await failureOf(pool, "plain")
    const order = ["TaskThrew: ", fixture, "out of paper", "^", "    called from", here]
    let from = 0
    for (const part of order) {
      const at = stack?.indexOf(part, from) ?? -1
      expect(at, part).toBeGreaterThanOrEqual(from)
      from = at
    }
  })
})

describe("a failure of a process", () => {
  it("that has ended itself shows where, where its job was asked for, and what it printed last", async () => {
    await using pool = await createPool({ workers: 1, logger: false })
    const failure = await failureOf(pool, "exit")
    expect(failure.message).toMatch(/ called process\.exit\(3\) in Object\.exit at .*evidence\.ts:\d+:\d+ \(worker/)
    expect(failure.source?.excerpt).toMatch(/> +\d+ \| {3}exit: \(\) => process\.exit\(3\)/)
    expect(inspect(failure)).toMatch(/called from[\s\S]*printed\.test\.ts:[\s\S]*stdout +\| failing by exit/)
  })

  it("that has timed out in a loop shows the line and its local variables", async () => {
    await using pool = await createPool({ workers: 1, logger: false, timeout: 6000 })
    const failure = await failureOf(pool, "loop")
    expect(failure.frames[0]?.file).toBe(fixture)
    expect(failure.source?.excerpt).toMatch(/^> .*turns = \(turns \+ 1\)/m)
    expect(inspect(failure)).toMatch(/turns = \d+/)
  })
})
