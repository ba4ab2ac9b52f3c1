/** Pipelines: what comes out, in which order, how far ahead they read, and what they say of themselves. */
import { createPool, Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { addOne, double, slowly, sum, words } from "../fixtures/staged.ts"
import { eventually, failureOf, places, sharedIn, standsStill, upTo, valuesOf } from "../pool/places.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { accounted } from "./accounts.ts"

describe.each(places)("a pipeline, $isolation", (place) => {
  const pool = sharedIn(place)

  it("takes values through its stages, in the order of the inputs", async () => {
    const pipeline = Pipeline.make("numbers").stage("add", addOne).stage("double", double).stage("words", words)
    expect(await pipeline.run(upTo(500), { pool: pool() })).toEqual(upTo(500).map((n) => `n${(n + 1) * 2}`))
    const report = pipeline.report()
    expect(report).toMatchObject({ state: "ended", read: 500, out: 500, failure: undefined })
    expect(report.stages.map(({ name, in: taken, out, failed }) => ({ name, taken, out, failed }))).toEqual([
      { name: "add", taken: 500, out: 500, failed: 0 },
      { name: "double", taken: 500, out: 500, failed: 0 },
      { name: "words", taken: 500, out: 500, failed: 0 }
    ])
    accounted(report, { cancelled: 0 })
  })

  it("filters, maps, looks, groups and takes apart between its tasks", async () => {
    const seen: Array<number> = []
    const pipeline = Pipeline.make("mixed")
      .stage("add", addOne)
      .filter("even", (n) => n % 2 === 0)
      .tap("look", async (n) => {
        seen.push(n)
      })
      .batch("tens", 10)
      .stage("sum", sum)
      .map("twice", async (n) => [n, n])
      .unbatch("apart")
    const evens = upTo(100)
      .filter((n) => n % 2 === 1)
      .map((n) => n + 1)
    const sums = upTo(5).map((at) => evens.slice(at * 10, at * 10 + 10).reduce((a, b) => a + b, 0))
    expect(await pipeline.run(upTo(100), { pool: pool() })).toEqual(sums.flatMap((n) => [n, n]))
    expect(seen).toEqual(evens)
    const report = pipeline.report()
    accounted(report, { cancelled: 0 })
    const counts = Object.fromEntries(report.stages.map((stage) => [stage.name, stage]))
    expect(counts.even).toMatchObject({ in: 100, out: 50, filtered: 50 })
    expect(counts.tens).toMatchObject({ in: 50, through: 50, out: 5 })
    expect(counts.apart).toMatchObject({ in: 5, through: 5, out: 10 })
  })

  it.each([0, 1, 7])("ends with %s inputs, also where a chunk or a group is larger", async (count) => {
    const pipeline = Pipeline.make("few")
      .stage("add", addOne, { chunkSize: 50 })
      .batch("group", 50)
      .unbatch("apart")
      .stage("double", double, { chunkSize: 50, ordered: false })
    const out = await pipeline.run(upTo(count), { pool: pool() })
    expect(out.toSorted((a, b) => a - b)).toEqual(upTo(count).map((n) => (n + 1) * 2))
    accounted(pipeline.report(), { cancelled: 0 })
  })

  it("counts without collecting", async () => {
    const pipeline = Pipeline.make("counted").stage("add", addOne)
    expect(await pipeline.run(new Set([1, 2, 3]), { pool: pool(), collect: false })).toBe(3)
  })

  it("reads no further ahead than its windows, however slow its reader is", async () => {
    let read = 0
    function* endless() {
      for (;;) yield read++
    }
    const pipeline = Pipeline.make("lazy")
      .stage("add", addOne, { chunkSize: 1, lookAhead: 2 })
      .map("same", (n) => n)
      .stage("double", double, { chunkSize: 1, lookAhead: 2 })
    const run = pipeline.stream(endless(), { pool: pool() })
    await valuesOf([])
    expect(read).toBe(0)
    let taken = 0
    let farthest = 0
    for await (const value of run) {
      expect(value).toBe((taken + 1) * 2)
      taken++
      await eventually(() => expect(read).toBeGreaterThan(taken))
      farthest = Math.max(farthest, (await standsStill(() => read)) - taken)
      if (taken === 20) break
    }
    // Two windows of two, and what each stage holds of the one before it.
    expect(farthest).toBeLessThanOrEqual(8)
    accounted(run.report())
    expect(run.report().read - 20).toBeLessThanOrEqual(9)
  })

  it("gives up all that is under way at a break, and closes the inputs", async () => {
    let closed = 0
    async function* endless() {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        closed++
      }
    }
    const pipeline = Pipeline.make("broken off").stage("slowly", slowly).stage("double", double)
    for await (const value of pipeline.stream(endless(), { pool: pool() })) {
      expect(value).toBe(0)
      break
    }
    expect(closed).toBe(1)
    const report = pipeline.report()
    expect(report).toMatchObject({ state: "ended", out: 1 })
    accounted(report)
    expect(await pool().run(addOne, 1)).toBe(2)
  })

  it("stops taking inputs when it is told to, and lets all that it has read come out", async () => {
    function* endless() {
      for (let n = 0; ; n++) yield n
    }
    const run = Pipeline.make("stopped")
      .stage("slowly", slowly)
      .stage("double", double)
      .stream(endless(), { pool: pool() })
    const values: Array<number> = []
    for await (const value of run) {
      values.push(value)
      if (values.length === 5) run.stop()
    }
    const report = run.report()
    expect(values).toEqual(upTo(report.read).map((n) => n * 2))
    expect(report).toMatchObject({ state: "ended", out: report.read })
    accounted(report, { cancelled: 0 })
  })

  it("can be run any number of times, also at once", async () => {
    const pipeline = Pipeline.make("again").stage("add", addOne).stage("double", double)
    const runs = upTo(10).map((n) => pipeline.run(upTo(50 + n), { pool: pool() }))
    for (const [n, values] of (await Promise.all(runs)).entries())
      expect(values).toEqual(upTo(50 + n).map((each) => (each + 1) * 2))
  })
})

describe("a pipeline's pools", () => {
  it("are those that are given to its stages, or its own, which it closes", async () => {
    const before = snapshotLeaks()
    const given = await createPool({ workers: 1, logger: false })
    const pipeline = Pipeline.make("pools")
      .stage("add", addOne, { pool: given })
      .stage("double", double, { pool: { isolation: "thread", logger: false }, workers: 1 })
      .stage("words", words)
    expect(await pipeline.run([1, 2], { pool: { isolation: "inline", logger: false } })).toEqual(["n4", "n6"])
    expect(await given.run(addOne, 1)).toBe(2)
    await given.close()
    await expectNoLeaks(before)
  })

  it("are closed after a break, too", async () => {
    const before = snapshotLeaks()
    const pipeline = Pipeline.make("break").stage("slowly", slowly, { pool: { workers: 2, logger: false } })
    for await (const _ of pipeline.stream(upTo(100))) break
    await expectNoLeaks(before)
  })

  it("are not started for a run that nobody reads", async () => {
    const before = snapshotLeaks()
    const pipeline = Pipeline.make("unread").stage("add", addOne, { workers: 1 })
    const run = pipeline.stream([1, 2, 3])
    expect(run.report()).toMatchObject({ state: "notStarted", read: 0, bottleneck: undefined })
    await run.return()
    expect(await valuesOf(run)).toEqual([])
    await expectNoLeaks(before)
  })
})

describe("a pipeline's report", () => {
  it("names the stage that holds up the others, while it runs and at its end", async () => {
    await using pool = await createPool({ workers: 2, isolation: "inline", logger: false })
    const pipeline = Pipeline.make("uneven")
      .stage("add", addOne, { pool: { isolation: "inline", workers: 1, logger: false } })
      .stage("slowly", slowly, { pool })
      .map("same", (n) => n)
    const run = pipeline.stream(upTo(60))
    let at = 0
    for await (const _ of run)
      if (++at === 30) expect(run.report()).toMatchObject({ state: "running", bottleneck: "slowly" })
    const report = run.report()
    expect(report.bottleneck).toBe("slowly")
    expect(report.stages[1]?.utilisation).toBeGreaterThan(0.3)
    expect(structuredClone(report)).toEqual(report)
    const lines = String(report).split("\n")
    expect(lines[0]).toMatch(/^pipeline uneven: ended, 60 read, 60 out in \d+\.\d s$/)
    expect(lines[3]).toMatch(/^slowly +60 +60 .*< bottleneck$/)
  })

  it("names the inputs or the reader where they are what is waited for", async () => {
    await using pool = await createPool({ workers: 1, isolation: "inline", logger: false })
    const pipeline = Pipeline.make("waits").stage("add", addOne)
    let run = pipeline.stream([])
    // Each goes on only once it is what has been waited for most, however long the machine takes over the rest.
    async function* late() {
      for (let n = 0; n < 3; n++) {
        await eventually(() => expect(run.report().bottleneck).toBe("inputs"))
        yield n
      }
    }
    run = pipeline.stream(late(), { pool })
    expect(await valuesOf(run)).toEqual([1, 2, 3])
    run = pipeline.stream(upTo(3), { pool })
    for await (const _ of run) await eventually(() => expect(run.report().bottleneck).toBe("reader"))
    expect(run.report().bottleneck).toBe("reader")
  })
})

describe("what is wrong with a pipeline", () => {
  const make = () => Pipeline.make("wrong")

  it.each([
    [
      "a stage's option that does not exist",
      () => make().stage("s", addOne, { chunkSise: 3 } as never),
      /chunkSise.*did you mean chunkSize/
    ],
    [
      "one that is the run's",
      () => make().stage("s", addOne, { progress: true } as never),
      /option of the pipeline's run/
    ],
    ["a wrong value", () => make().stage("s", addOne, { concurrency: 0 }), /concurrency: expected a whole number/],
    [
      "a pool that is none",
      () => make().stage("s", addOne, { pool: 3 } as never),
      /pool: expected a pool, or the options of one/
    ],
    [
      "a dead-letter sink that is none",
      () => make().stage("s", addOne, { deadLetter: 3 } as never),
      /deadLetter: expected a function/
    ],
    [
      "a function in place of a task",
      () => make().stage("s", ((n: number) => n) as never),
      /expected a task.*\.map\(name, f\)/
    ],
    [
      "a task in place of a function",
      () => make().map("s", addOne as never),
      /expected a function.*\.stage\(name, task\)/
    ],
    [
      "a name twice",
      () =>
        make()
          .stage("s", addOne)
          .map("s", (n) => n),
      /there is a stage "s" already/
    ],
    ["no name", () => make().stage("", addOne), /expected a name/],
    ["a group of none", () => make().stage("s", addOne).batch("b", 0), /size: expected a whole number/],
    ["no stages", () => Pipeline.make<number>("wrong").stream([1]), /has no stages/]
  ])("is said when it is made: %s", (_, act, message) => {
    expect(act).toThrow(message)
    expect(act).toThrow(/wrong/)
  })

  it("is what a run fails with: options and inputs that are none", async () => {
    const pipeline = make().stage("s", addOne, { pool: { isolation: "inline", logger: false } })
    expect(await failureOf(pipeline.run([1], { onStop: "never" } as never))).toMatchObject({ _tag: "InvalidOptions" })
    expect(await failureOf(pipeline.run([1], { pol: {} } as never))).toMatchObject({
      message: expect.stringContaining("did you mean pool")
    })
    expect(await failureOf(pipeline.run(5 as never))).toBeInstanceOf(TypeError)
    const pools = make().stage("s", addOne, { pool: { wokers: 1 } as never })
    expect(await failureOf(pools.run([1]))).toMatchObject({ message: expect.stringContaining("did you mean workers") })
  })

  it("is a second reader of one run", async () => {
    const run = make()
      .stage("s", addOne)
      .stream([1], { pool: { isolation: "inline", logger: false } })
    expect(await valuesOf(run)).toEqual([2])
    await expect(valuesOf(run)).rejects.toThrow(/pipeline\.stream\(inputs\) starts another/)
  })
})
