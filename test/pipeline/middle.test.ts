/** Pipelines over pools of different kinds, with something wrong in the middle of them: what comes out, in which order. */
import { Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { failsUntil } from "../fixtures/plain.ts"
import { addOne, double, exitsAtFive, noThirds, notFive, slowly } from "../fixtures/staged.ts"
import { failureOf, places, sharedIn, upTo } from "../pool/places.ts"
import { accounted } from "./accounts.ts"

const [processes, threads] = places

const own = new Error("the sink's own")
const fails = (): never => {
  throw own
}

/** Endless numbers from an iterator that can't be let go of. */
const unclosable = (kind: typeof Symbol.iterator | typeof Symbol.asyncIterator) => {
  let n = 0
  return {
    [kind]: () => ({
      next: () => ({ done: false, value: n++ }),
      return: () => {
        throw new Error("can't be closed")
      }
    })
  } as unknown as Iterable<number>
}

describe("a pipeline over processes and threads", () => {
  const pool = sharedIn(processes ?? expect.unreachable())
  const other = sharedIn(threads ?? expect.unreachable())

  it("has values go from one kind to the other and back, in order, however they are grouped", async () => {
    for (const size of [1, 7, 1_000_000]) {
      const pipeline = Pipeline.make("to and fro")
        .stage("here", addOne, { pool: other() })
        .batch("groups", size)
        .unbatch("singles")
        .stage("there", double, { pool: pool(), chunkSize: 3 })
        .stage("back", addOne, { pool: other(), ordered: true })
      expect(await pipeline.run(upTo(500))).toEqual(upTo(500).map((n) => (n + 1) * 2 + 1))
      accounted(pipeline.report(), { cancelled: 0 })
    }
  })

  it("lets what is behind a stage that fails come out in order, and gives up what is before it", async () => {
    const pipeline = Pipeline.make("third of four")
      .stage("one", addOne, { pool: other(), chunkSize: 1 })
      .stage("two", slowly, { pool: pool(), chunkSize: 1, concurrency: 4 })
      .stage("three", notFive, { pool: other(), chunkSize: 1 })
      .stage("four", slowly, { pool: pool(), chunkSize: 1 })
    const values: Array<number> = []
    const first = Promise.withResolvers<void>()
    const inputs = async function* () {
      for (const n of upTo(10_000)) {
        if (n === 4) await first.promise
        yield n
      }
    }
    const reading = (async () => {
      for await (const value of pipeline.stream(inputs())) {
        values.push(value)
        first.resolve()
      }
    })()
    expect(await failureOf(reading)).toMatchObject({ cause: { message: "5 is not allowed" } })
    // The stage that fails gives up what the other of its workers may still have, and gives on what that has done: it
    // may have given up 4, and be done with 6 before it is known that 5 has failed.
    expect(values[0]).toBe(1)
    expect(values).not.toContain(5)
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b))
    const report = pipeline.report()
    accounted(report)
    expect(report.stages[2]).toMatchObject({ out: values.length })
    expect(report.failure?.stage).toBe("three")
    expect(report.stages[3]).toMatchObject({ failed: 0, cancelled: 0, in: values.length, out: values.length })
  })

  it("tries again as often as each stage says, and blames the stage that has no attempt left", async () => {
    const tries = (retries: number) => ({ retry: { retries, minTimeout: 0 } })
    const enough = Pipeline.make("retries").stage("one", failsUntil, tries(2)).stage("two", failsUntil, tries(2))
    expect(await enough.run([1, 2, 3], { pool: pool() })).toEqual([1, 2, 3])
    const letters: Array<Pipeline.DeadLetter<number>> = []
    const short = Pipeline.make("retries")
      .stage("one", failsUntil, tries(2))
      .stage("two", failsUntil, { ...tries(1), deadLetter: letters })
    expect(await short.run([1, 2, 3], { pool: pool() })).toEqual([1, 2])
    expect(letters.map(({ stage, input, job }) => [stage, input, job.attempts.length])).toEqual([["two", 3, 2]])
  })

  it("goes on over a death in its middle where that stage collects", async () => {
    const letters: Array<Pipeline.DeadLetter<number>> = []
    const pipeline = Pipeline.make("death")
      .stage("one", addOne, { pool: other() })
      .stage("two", exitsAtFive, { pool: pool(), deadLetter: letters })
      .stage("three", double, { pool: other() })
    expect(await pipeline.run(upTo(40))).toEqual(upTo(40).flatMap((n) => (n === 4 ? [] : [(n + 1) * 2])))
    expect(letters).toMatchObject([{ stage: "two", input: 5, error: { _tag: "WorkerCrashed", exitCode: 3 } }])
    accounted(pipeline.report(), { cancelled: 0 })
  })

  it.each([Symbol.iterator, Symbol.asyncIterator] as const)("ends though its inputs can't be closed", async (kind) => {
    const pipeline = Pipeline.make("unclosable").stage("check", notFive, { chunkSize: 1 }).stage("add", addOne)
    const run = (options = {}) => pipeline.stream(unclosable(kind), { pool: pool(), ...options })
    const left = (async () => {
      for await (const value of run()) if (value === 3) break
    })()
    // Whoever leaves is told, unless the inputs were closed before: the fifth fails the run, and may be read ahead.
    const [end] = await Promise.allSettled([left])
    expect([undefined, "can't be closed"]).toContain(end.status === "rejected" ? end.reason.message : undefined)
    const failing = (async () => {
      for await (const _ of run());
    })()
    expect(await failureOf(failing)).toMatchObject({ cause: { message: "5 is not allowed" } })
    const controller = new AbortController()
    const stopped = (async () => {
      for await (const value of run({ signal: controller.signal })) if (value === 2) controller.abort("enough")
    })()
    await failureOf(stopped)
    accounted(pipeline.report())
  })

  it.each([
    ["throws", () => fails()],
    ["rejects", () => Promise.reject(own)],
    ["is a stream that has ended", { write: (_: unknown, done: (error: Error) => void) => done(own) }],
    ["throws where it is written to", { write: () => fails() }],
    ["takes nothing", { push: () => fails() }]
  ])("fails, by name, with a dead-letter sink that %s", async (_, sink) => {
    const pipeline = Pipeline.make("sink")
      .stage("one", addOne)
      .stage("two", noThirds, { deadLetter: sink as never })
      .stage("three", double)
    const error = await failureOf(pipeline.run(upTo(30), { pool: pool() }))
    expect(error).toMatchObject({ message: `the dead-letter sink of stage "two" failed: ${own.message}`, cause: own })
    accounted(pipeline.report())
  })

  it("takes whatever its functions and sinks throw, also what has no text", async () => {
    const bare: unknown = Object.create(null)
    const throwsBare = (): never => {
      throw bare
    }
    const letters: Array<unknown> = []
    const kept = Pipeline.make<number>("kept").map("two", (n) => (n === 1 ? throwsBare() : n), { deadLetter: letters })
    expect(await kept.run(upTo(3))).toEqual([0, 2])
    expect(letters).toMatchObject([{ stage: "two", input: 1, error: { _tag: "TaskThrew" } }])
    const broken = Pipeline.make<number>("broken").map("two", () => fails(), { deadLetter: throwsBare })
    expect(await failureOf(broken.run(upTo(3)))).toMatchObject({
      message: 'the dead-letter sink of stage "two" failed: an object (Object)'
    })
    accounted(broken.report())
  })
})
