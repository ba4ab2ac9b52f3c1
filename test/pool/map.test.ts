import { Readable } from "node:stream"
import type { PoolEvent } from "holdfast"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { echo, note, power, slowSquare, square } from "../fixtures/plain.ts"
import { eventually, linesOf, openIn, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"

function* generated(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n
}
async function* generatedLater(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) {
    if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    yield n
  }
}

/** Ways to give the numbers from 0 on. */
const kinds: ReadonlyArray<[string, (count: number) => Iterable<number> | AsyncIterable<number>]> = [
  ["an array", upTo],
  ["a generator", generated],
  ["an async generator", generatedLater],
  ["a Set", (count) => new Set(upTo(count))],
  ["a Map's keys", (count) => new Map(upTo(count).map((n) => [n, n])).keys()],
  ["a typed array", (count) => Float64Array.from(upTo(count))],
  ["bytes", (count) => Uint8Array.from(upTo(count))],
  ["a Buffer", (count) => Buffer.from(upTo(count))],
  ["a Node readable", (count) => Readable.from(upTo(count))],
  ["a web stream", (count) => new Response(Buffer.from(upTo(count))).body?.values() as never]
]

/** How many jobs the first message of each batch answered for. */
const firstAnswers = async (events: AsyncIterable<PoolEvent>, told: (count: number) => void): Promise<void> => {
  const seen = new Set<unknown>()
  for await (const event of events) {
    if (event._tag !== "JobsSucceeded" || seen.has(event.batch)) continue
    seen.add(event.batch)
    told(event.count)
  }
}

describe.each(places)("map, $isolation", (place) => {
  const pair = sharedIn(place)
  const lone = sharedIn(place, { workers: 1 })

  it("begins a task's next batch with chunks as its jobs are known to allow", async () => {
    const pool = await openIn(place, { workers: 1 })
    onTestFinished(() => pool.terminate())
    const first: Array<number> = []
    void firstAnswers(pool.events, (count) => first.push(count))
    const inputs = upTo(2000)
    // On a machine under load, tiny jobs may for once seem to be slow.
    await expect
      .poll(async () => {
        expect(await pool.map(square, inputs)).toHaveLength(2000)
        return first.at(-1)
      })
      .toBeGreaterThan(1)
    expect(first[0]).toBe(1)
  })

  it.each(kinds.slice(0, -1))("takes %s, of any length", async (_, inputs) => {
    for (const count of [0, 1, 2, 100]) {
      expect(await pair().map(square, inputs(count)), `${count} inputs`).toEqual(upTo(count).map((n) => n * n))
    }
  })

  it.each(kinds)("settles and streams %s as well", async (_, inputs) => {
    const count = (await valuesOf<unknown>(inputs(20))).length
    const outcomes = await pair().settle(echo, inputs(20))
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(upTo(count).map(() => "Succeeded"))
    const streamed = await valuesOf(pair().stream(echo, inputs(20)))
    expect(streamed).toEqual(outcomes.map((outcome) => (outcome._tag === "Succeeded" ? outcome.value : outcome)))
  })

  it("gives values in the order of the inputs, however long each takes", async () => {
    const inputs = [40, 1, 20, 1, 30, 1, 1].map((ms, n) => ({ n, ms }))
    expect(await pair().map(slowSquare, inputs)).toEqual([0, 1, 4, 9, 16, 25, 36])
    expect(await pair().map(slowSquare, inputs, { chunkSize: 3 })).toEqual([0, 1, 4, 9, 16, 25, 36])
  })

  it.each([1, 7, 1000, "auto" as const])("runs each job once with a chunkSize of %s", async (chunkSize) => {
    const file = scratchFile()
    const inputs = upTo(60).map((n) => ({ file, n }))
    expect(await pair().map(note, inputs, { chunkSize })).toEqual(upTo(60))
    expect(
      linesOf(file)
        .map(Number)
        .sort((a, b) => a - b)
    ).toEqual(upTo(60))
    expect(await pair().map(note, inputs.slice(0, 3), { chunkSize })).toEqual([0, 1, 2])
    expect(await pair().map(note, inputs.slice(0, 1).values(), { chunkSize })).toEqual([0])
    expect(await pair().map(note, [], { chunkSize })).toEqual([])
  })

  it("gives 100,000 tiny jobs to all workers", async () => {
    const before = pair().workers.map(({ jobsDone }) => jobsDone)
    expect(await pair().map(square, upTo(100_000))).toEqual(upTo(100_000).map((n) => n * n))
    const done = pair().workers.map(({ jobsDone }, at) => jobsDone - (before[at] ?? 0))
    expect(done[0] ?? 0).toBeGreaterThan(0)
    expect((done[0] ?? 0) + (done[1] ?? 0)).toBe(100_000)
  })

  it("leaves no worker idle while jobs wait in another's chunk", async () => {
    await using pool = await openIn(place)
    await pool.map(square, upTo(100))
    await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
    const before = pool.workers.map(({ jobsDone }) => jobsDone)
    const inputs = upTo(6).map((n) => ({ n, ms: 300 }))
    await pool.map(slowSquare, inputs, { chunkSize: 6 })
    const done = pool.workers.map(({ jobsDone }, at) => jobsDone - (before[at] ?? 0)).sort((a, b) => a - b)
    expect((done[0] ?? 0) + (done[1] ?? 0)).toBe(6)
    expect(done[0]).toBeGreaterThanOrEqual(1)
  })

  it.each([1, 2, 8, "auto" as const])(
    "runs no job twice that it has taken back from behind a slow one, with a chunkSize of %s",
    async (chunkSize) => {
      const file = scratchFile()
      const inputs = upTo(36).map((n) => ({ file, n, ms: n === 12 ? 400 : n > 12 ? 5 : 0 }))
      expect(await pair().map(note, inputs, { chunkSize })).toEqual(upTo(36))
      // Whatever the slow worker still holds, it would run before this.
      await Promise.all(pair().workers.map(() => pair().run(slowSquare, { n: 1, ms: 20 })))
      expect(
        linesOf(file)
          .map(Number)
          .sort((a, b) => a - b)
      ).toEqual(upTo(36))
    }
  )

  it("takes the inputs as they were when it was called, though their array is changed", async () => {
    const inputs = upTo(50)
    const longer = upTo(3)
    const results = [lone().map(square, inputs), lone().map(square, longer)]
    inputs.length = 0
    longer.push(3, 4)
    const [first, second] = await Promise.all(results)
    expect(first).toEqual(upTo(50).map((n) => n * n))
    expect(second).toEqual([0, 1, 4])
  })

  it("takes the holes of an array for undefined", async () => {
    const inputs: Array<number | undefined> = [1, undefined, 3]
    delete inputs[1]
    expect(await lone().map(echo, inputs)).toEqual([1, undefined, 3])
  })

  it("gives the jobs of a spread their parameters", async () => {
    expect(
      await pair().map(power, [
        [2, 3],
        [3, 2],
        [5, 0]
      ])
    ).toEqual([8, 9, 1])
  })

  it("tells its progress, up to the end", async () => {
    const told: Array<{ done: number; failed: number; total: number | undefined }> = []
    await pair().map(square, upTo(500), { onProgress: (progress) => told.push(progress) })
    expect(told.at(-1)).toEqual({ done: 500, failed: 0, total: 500 })
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b))
    told.length = 0
    await pair().settle(square, generated(20), { onProgress: (progress) => told.push(progress) })
    expect(told.at(-1)).toEqual({ done: 20, failed: 0, total: undefined })
  })

  it("goes on though onProgress throws", async () => {
    const told = (): never => {
      throw new Error("of the callback")
    }
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    expect(await pair().map(square, [1, 2], { onProgress: told })).toEqual([1, 4])
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("of the callback"), "HoldfastWarning")
  })

  it("may be called by ten users of one pool at once, and serves them in turn", async () => {
    const finished: Array<string> = []
    const large = pair()
      .map(
        slowSquare,
        upTo(300).map((n) => ({ n, ms: 1 }))
      )
      .then((values) => {
        finished.push("large")
        expect(values).toEqual(upTo(300).map((n) => n * n))
      })
    const small = upTo(9).map(async (user) => {
      const values = await pair().map(
        square,
        upTo(10).map((n) => n + user)
      )
      finished.push("small")
      expect(values).toEqual(upTo(10).map((n) => (n + user) ** 2))
    })
    await Promise.all([large, ...small])
    expect(finished.at(-1)).toBe("large")
  })

  it("may be called from its own inputs", async () => {
    async function* inputs(): AsyncGenerator<number> {
      for (const n of [1, 2, 3]) yield (await lone().map(square, [n]))[0] ?? 0
    }
    expect(await lone().map(square, inputs())).toEqual([1, 16, 81])
  })
})

describe("map with 200 workers", () => {
  it("uses them all, inline", async () => {
    const pool = await openIn({ isolation: "inline", ownProcess: false, isolated: false }, { workers: 200 })
    expect(
      await pool.map(
        slowSquare,
        upTo(400).map((n) => ({ n, ms: 5 })),
        { chunkSize: 1 }
      )
    ).toEqual(upTo(400).map((n) => n * n))
    expect(pool.workers.map(({ jobsDone }) => jobsDone).every((done) => done > 0)).toBe(true)
    await pool.close()
    expect(new Set(pool.workers.map(({ state }) => state))).toEqual(new Set(["gone"]))
  })
})
