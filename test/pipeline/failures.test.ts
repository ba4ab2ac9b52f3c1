/** Pipelines whose stages, inputs, callbacks or pools fail: what comes out, what is told, what is left. */
import { PassThrough, Writable } from "node:stream"
import { createPool, jobOf, Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { addOne, double, exitsAtFive, forever, noThirds, notFive, slowly } from "../fixtures/staged.ts"
import { eventually, failureOf, places, sharedIn, standsStill, upTo, valuesOf } from "../pool/places.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { accounted } from "./accounts.ts"

describe.each(places)("a failure in a pipeline, $isolation", (place) => {
  const pool = sharedIn(place)

  it("goes to the dead-letter sink with its input, and the others go on", async () => {
    const letters: Array<Pipeline.DeadLetter<number>> = []
    const pipeline = Pipeline.make("letters").stage("check", noThirds, { deadLetter: letters }).stage("double", double)
    const good = upTo(60).filter((n) => n % 3 !== 0)
    expect(await pipeline.run(upTo(60), { pool: pool() })).toEqual(good.map((n) => n * 2))
    expect(letters.map(({ input }) => input).toSorted((a, b) => a - b)).toEqual(upTo(20).map((n) => n * 3))
    for (const { error, input, job, pipeline: of, stage } of letters) {
      expect({ of, stage, index: job.index }).toEqual({ of: "letters", stage: "check", index: input })
      expect(error).toMatchObject({ _tag: "TaskThrew", cause: { message: `${input} is a third` } })
    }
    const report = pipeline.report()
    accounted(report, { cancelled: 0 })
    expect(report.stages[0]).toMatchObject({ in: 60, out: 40, failed: 20, deadLettered: 20 })
  })

  it("stops the pipeline where it fails fast; what is further down comes to its end", async () => {
    const pipeline = Pipeline.make("fast")
      .stage("check", notFive, { chunkSize: 1 })
      .stage("slowly", slowly, { chunkSize: 1 })
      .stage("double", double)
    const values: Array<number> = []
    const reading = (async () => {
      for await (const value of pipeline.stream(upTo(10_000), { pool: pool() })) values.push(value)
    })()
    const error = await failureOf(reading)
    expect(error).toMatchObject({ _tag: "TaskThrew", cause: { message: "5 is not allowed" } })
    expect(jobOf(error)).toMatchObject({ task: "notFive", index: 5 })
    const report = pipeline.report()
    expect(report).toMatchObject({ state: "failed", failure: { stage: "check", error } })
    accounted(report)
    const [check, slow, last] = report.stages
    expect(check).toMatchObject({ failed: 1 })
    expect(slow).toMatchObject({ failed: 0, cancelled: 0, in: check?.out })
    expect(last).toMatchObject({ cancelled: 0, out: values.length })
    expect(report.read).toBeLessThan(10_000)
    expect(values).toEqual(values.toSorted((a, b) => a - b))
  })

  it("gives up everything at once with onStop: cancel", async () => {
    // A pool of its own: on a shared one, jobs without an end may take all workers before the fifth has been checked.
    const { isolation } = place
    const pipeline = Pipeline.make("cancel")
      .stage("check", notFive, { chunkSize: 1, pool: { workers: 1, isolation, logger: false } })
      .stage("forever", forever, { chunkSize: 1, lookAhead: 20 })
    expect(await failureOf(pipeline.run(upTo(100), { pool: pool(), onStop: "cancel" }))).toMatchObject({
      _tag: "TaskThrew"
    })
    accounted(pipeline.report())
    expect(pipeline.report().stages[1]?.cancelled).toBeGreaterThan(0)
  })

  it.each([0, 3, 9])("of the inputs, thrown at %s, comes after what was read before it", async (at) => {
    function* inputs() {
      for (let n = 0; n < 10; n++) {
        if (n === at) throw new Error(`thrown at ${n}`)
        yield n
      }
    }
    async function* later() {
      yield* inputs()
    }
    const pipeline = Pipeline.make("throwing").stage("add", addOne).stage("double", double)
    for (const source of [inputs, later]) {
      const values: Array<number> = []
      const reading = (async () => {
        for await (const value of pipeline.stream(source(), { pool: pool() })) values.push(value)
      })()
      expect(await failureOf(reading)).toMatchObject({ message: `thrown at ${at}` })
      expect(values).toEqual(upTo(at).map((n) => (n + 1) * 2))
      expect(pipeline.report()).toMatchObject({ read: at, failure: { stage: "its inputs" } })
      accounted(pipeline.report(), { cancelled: 0 })
    }
  })

  it("of a plain function is told like a task's, with what it threw", async () => {
    const letters: Array<unknown> = []
    const odd = (n: number): boolean => {
      if (n === 2) throw new Error("two")
      return n % 2 === 1
    }
    const collected = Pipeline.make("functions")
      .stage("add", addOne)
      .filter("odd", odd, { deadLetter: (letter) => letters.push(letter) })
    expect(await collected.run(upTo(6), { pool: pool() })).toEqual([1, 3, 5])
    expect(letters).toMatchObject([{ stage: "odd", input: 2, error: { _tag: "TaskThrew", cause: { message: "two" } } }])
    accounted(collected.report(), { cancelled: 0 })

    const rejects = Pipeline.make("functions")
      .stage("add", addOne)
      .map("two", async (n) => {
        if (n === 2) throw new Error("two")
        return n
      })
    const error = await failureOf(rejects.run(upTo(6), { pool: pool() }))
    expect(error).toMatchObject({ _tag: "TaskThrew", message: 'stage "two" failed at its input 1, 2: two' })
    accounted(rejects.report())
  })

  it("of something that can't be taken apart is that input's own", async () => {
    const letters: Array<Pipeline.DeadLetter> = []
    const pipeline = Pipeline.make("apart")
      .stage("add", addOne)
      .map("lists", (n): Array<number> => (n === 3 ? (null as never) : [n, -n]))
      .unbatch("apart", { deadLetter: letters })
    expect(await pipeline.run(upTo(4), { pool: pool() })).toEqual([1, -1, 2, -2, 4, -4])
    expect(letters).toMatchObject([
      { input: null, error: { cause: { message: "expected something iterable, received null" } } }
    ])
    accounted(pipeline.report(), { cancelled: 0 })
  })

  it("is what its signal says, once what has been read has come out", async () => {
    const stop = new AbortController()
    function* endless() {
      for (let n = 0; ; n++) yield n
    }
    const values: Array<number> = []
    const run = Pipeline.make("signal")
      .stage("slowly", slowly)
      .stage("double", double)
      .stream(endless(), { pool: pool(), signal: stop.signal })
    const reading = (async () => {
      for await (const value of run) if (values.push(value) === 3) stop.abort(new Error("enough"))
    })()
    expect(await failureOf(reading)).toMatchObject({ message: "enough" })
    accounted(run.report(), { cancelled: 0 })
    expect(values).toHaveLength(run.report().read)

    const never = Pipeline.make("signal").stage("forever", forever)
    const soon = new AbortController()
    const failing = failureOf(never.run(upTo(5), { pool: pool(), signal: soon.signal, onStop: "cancel" }))
    await eventually(() => expect(never.report().stages[0]?.in).toBeGreaterThan(0))
    soon.abort(new Error("at once"))
    expect(await failing).toMatchObject({ message: "at once" })
    accounted(never.report())
    expect(await failureOf(never.run([1], { pool: pool(), signal: soon.signal }))).toMatchObject({ message: "at once" })
  })
})

describe("a dead-letter sink", () => {
  const inline = { isolation: "inline", logger: false, workers: 2 } as const

  it.each([
    [
      "throws",
      () => {
        throw new Error("full")
      }
    ],
    ["rejects", () => Promise.reject(new Error("full"))],
    ["is a stream that fails", new Writable({ write: (_chunk, _encoding, done) => done(new Error("full")) })]
  ] as ReadonlyArray<[string, Pipeline.DeadLetterSink]>)(
    "that %s stops the pipeline, which says so",
    async (_, deadLetter) => {
      const pipeline = Pipeline.make("full")
        .stage("check", noThirds, { deadLetter: deadLetter as never })
        .stage("double", double)
      const error = await failureOf(pipeline.run(upTo(1000), { pool: inline }))
      expect(error).toMatchObject({
        message: 'the dead-letter sink of stage "check" failed: full',
        cause: { message: "full" }
      })
      accounted(pipeline.report())
      expect(pipeline.report().stages[0]?.deadLettered).toBe(0)
    }
  )

  it("may be a stream, which gets a line of JSON for each, or the letters themselves", async () => {
    const lines: Array<string> = []
    const objects: Array<{ input: number }> = []
    const text = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        done()
      }
    })
    const typed = new Writable({
      objectMode: true,
      write: (chunk, _encoding, done) => {
        objects.push(chunk)
        done()
      }
    })
    for (const deadLetter of [text, typed])
      await Pipeline.make("lines").stage("check", noThirds, { deadLetter }).run(upTo(7), { pool: inline })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      [0, 3, 6].map((input) => ({
        pipeline: "lines",
        stage: "check",
        input,
        error: { _tag: "TaskThrew", cause: { message: `${input} is a third` } }
      }))
    )
    expect(objects.map(({ input }) => input)).toEqual([0, 3, 6])
    expect(text.listenerCount("error")).toBe(0)
  })

  it.each([
    ["", "the stream was closed before it had taken a letter"],
    ["disk full", "disk full"]
  ])("that is a stream fails when it is destroyed in the middle of a letter: %j", async (thrown, said) => {
    // Nobody reads it, so its callback waits, and is never called.
    const deadLetter = new PassThrough({ highWaterMark: 1 })
    const pipeline = Pipeline.make("destroyed").stage("check", noThirds, { deadLetter })
    const failing = failureOf(pipeline.run(upTo(100), { pool: inline }))
    await eventually(() => expect(deadLetter.writableLength).toBeGreaterThan(0))
    deadLetter.destroy(thrown === "" ? undefined : new Error(thrown))
    expect(await failing).toMatchObject({ message: `the dead-letter sink of stage "check" failed: ${said}` })
    accounted(pipeline.report())
    await eventually(() => expect(deadLetter.listenerCount("error") + deadLetter.listenerCount("close")).toBe(0))
  })

  it("that is slow holds up the stage, not the memory", async () => {
    let read = 0
    function* thirds() {
      for (; read < 100; read++) yield read * 3
    }
    let farthest = 0
    const deadLetter = async () => {
      const { stages } = pipeline.report()
      farthest = Math.max(farthest, (await standsStill(() => read)) - (stages[0]?.deadLettered ?? 0))
    }
    const pipeline = Pipeline.make("slow").stage("check", noThirds, { deadLetter, chunkSize: 1, lookAhead: 4 })
    expect(await pipeline.run(thirds(), { pool: inline })).toEqual([])
    expect(pipeline.report().stages[0]?.deadLettered).toBe(100)
    expect(farthest).toBeGreaterThan(4)
    expect(farthest).toBeLessThan(60)
  })

  it("that never answers does not keep a broken off pipeline from its end", async () => {
    const pipeline = Pipeline.make("never").stage("check", noThirds, { deadLetter: () => new Promise(() => undefined) })
    for await (const _ of pipeline.stream(upTo(50), { pool: inline })) break
    accounted(pipeline.report())
  })
})

describe("a pipeline whose pool ends", () => {
  it("fails with what its jobs fail with, and leaves nothing", async () => {
    const before = snapshotLeaks()
    const pool = await createPool({ workers: 2, logger: false })
    const pipeline = Pipeline.make("closed").stage("forever", forever).stage("double", double)
    const failing = failureOf(pipeline.run(upTo(20), { pool }))
    await eventually(() => expect(pool.workers.some(({ state }) => state === "busy")).toBe(true))
    await pool.terminate()
    expect(await failing).toMatchObject({ _tag: "PoolClosed" })
    accounted(pipeline.report())
    expect(await failureOf(pipeline.run([1], { pool }))).toMatchObject({
      _tag: "PoolClosed",
      message: expect.stringMatching(/^stage "\w+" of pipeline "closed" was called on a pool that is closed$/)
    })
    const collecting = Pipeline.make("closed").stage("add", addOne, { pool, onFailure: "collect" })
    expect(await failureOf(collecting.run(upTo(5)))).toMatchObject({ _tag: "PoolClosed" })
    await expectNoLeaks(before)
  })

  it("goes on over a worker's death where its stage retries or collects", async () => {
    const letters: Array<Pipeline.DeadLetter<number>> = []
    const pipeline = Pipeline.make("deaths")
      .stage("exits", exitsAtFive, { deadLetter: letters })
      .stage("double", double, { pool: { workers: 1, logger: false } })
    expect(await pipeline.run(upTo(10), { pool: { workers: 2, logger: false } })).toEqual(
      [0, 1, 2, 3, 4, 6, 7, 8, 9].map((n) => n * 2)
    )
    expect(letters).toMatchObject([{ input: 5, error: { _tag: "WorkerCrashed", exitCode: 3 } }])
    accounted(pipeline.report(), { cancelled: 0 })
  })
})

describe("one pipeline in the stages of another", () => {
  it("is only a stream of inputs to it", async () => {
    const pool = { isolation: "inline", logger: false } as const
    const first = Pipeline.make("first").stage("add", addOne)
    const second = Pipeline.make("second").stage("double", double)
    expect(await valuesOf(second.stream(first.stream(upTo(5), { pool }), { pool }))).toEqual([2, 4, 6, 8, 10])
  })
})
