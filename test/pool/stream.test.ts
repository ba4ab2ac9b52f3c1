import { describe, expect, it } from "vitest"
import { throwsFor } from "../fixtures/faulty.ts"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { note, slowSquare, square } from "../fixtures/plain.ts"
import { collectGarbage } from "../fixtures/shared-ends.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"

/** All numbers, and how many of them were read. */
const endless = () => {
  const facts = { read: 0, closed: 0 }
  function* numbers(): Generator<number> {
    try {
      for (let n = 0; ; n++) {
        facts.read++
        yield n
      }
    } finally {
      facts.closed++
    }
  }
  async function* numbersLater(): AsyncGenerator<number> {
    for (const n of numbers()) yield n
  }
  return { facts, numbers, numbersLater }
}

describe.each(places)("a stream, $isolation", (place) => {
  const pair = sharedIn(place)
  const lone = sharedIn(place, { workers: 1 })

  it("ends for a reader who has dropped its iterator, as it would for one who returns it", async () => {
    const { facts, numbers } = endless()
    const read = async (): Promise<unknown> => pair().stream(square, numbers())[Symbol.asyncIterator]().next()
    expect(await read()).toEqual({ done: false, value: 0 })
    await expect
      .poll(async () => {
        await collectGarbage()
        return facts.closed
      })
      .toBe(1)
  })

  it("gives values in the order of the inputs, or with ordered: false as they are done", async () => {
    const inputs = [400, 1, 1, 1].map((ms, n) => ({ n, ms }))
    expect(await valuesOf(pair().stream(slowSquare, inputs, { chunkSize: 1 }))).toEqual([0, 1, 4, 9])
    const file = scratchFile()
    const gated = upTo(4).map((n) => ({ file, n, free: n !== 0 }))
    const unordered: Array<number> = []
    for await (const n of pair().stream(passesGate, gated, { chunkSize: 1, ordered: false })) {
      unordered.push(n)
      if (unordered.length === 3) openGate(file)
    }
    expect(unordered.at(-1)).toBe(0)
    expect(unordered.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
  })

  it("gives the first value while later jobs have not been run", async () => {
    const file = scratchFile()
    const inputs = upTo(5).map((n) => ({ file, n, ms: n === 4 ? 2_000 : 0 }))
    for await (const value of lone().stream(note, inputs, { chunkSize: 1 })) {
      expect(value).toBe(0)
      break
    }
    expect(linesOf(file).length).toBeLessThan(5)
  })

  it("starts anew each time it is iterated, and not before", async () => {
    const file = scratchFile()
    const stream = lone().stream(note, [{ file, n: 1 }])
    await lone().run(square, 1)
    expect(linesOf(file)).toEqual([])
    expect([await valuesOf(stream), await valuesOf(stream)]).toEqual([[1], [1]])
    expect(linesOf(file)).toEqual(["1", "1"])
  })

  it.each([true, false])(
    "of endless inputs is read no further ahead than lookAhead says, ordered: %s",
    async (ordered) => {
      const { facts, numbers } = endless()
      let taken = 0
      let farthest = 0
      for await (const _ of lone().stream(square, numbers(), { chunkSize: 1, lookAhead: 3, ordered })) {
        taken++
        // It reads on while its reader is busy, and then stops.
        await eventually(() => expect(facts.read).toBeGreaterThan(taken))
        await new Promise((resolve) => setTimeout(resolve, 5))
        farthest = Math.max(farthest, facts.read - taken)
        if (taken === 12) break
      }
      expect(farthest).toBeGreaterThanOrEqual(2)
      expect(farthest).toBeLessThanOrEqual(3)
      expect(facts.closed).toBe(1)
    }
  )

  it("counts lookAhead in chunks", async () => {
    const { facts, numbersLater } = endless()
    const reading = pair().stream(square, numbersLater(), { chunkSize: 5, lookAhead: 2 })[Symbol.asyncIterator]()
    await reading.next()
    await eventually(() => expect(facts.read).toBeGreaterThanOrEqual(10))
    await pair().run(square, 1)
    // The one value that was taken, the window, and the one that its async generator gives up when it is closed.
    expect(facts.read).toBeLessThanOrEqual(1 + 10 + 1)
    await reading.return?.()
    expect(facts.closed).toBe(1)
  })

  it("by default looks two chunks ahead for each worker", async () => {
    const { facts, numbers } = endless()
    const reading = pair().stream(square, numbers(), { chunkSize: 1 })[Symbol.asyncIterator]()
    await reading.next()
    await eventually(() => expect(facts.read).toBe(5))
    await pair().run(square, 1)
    expect(facts.read).toBe(5)
    await reading.return?.()
  })

  it("holds a slow first job's followers within the window, too", async () => {
    const { facts, numbers } = endless()
    function* inputs(): Generator<{ n: number; ms: number }> {
      for (const n of numbers()) yield { n, ms: n === 0 ? 150 : 0 }
    }
    const reading = pair().stream(slowSquare, inputs(), { chunkSize: 1, lookAhead: 6 })[Symbol.asyncIterator]()
    expect((await reading.next()).value).toBe(0)
    const read = facts.read
    await reading.return?.()
    expect(read).toBeLessThanOrEqual(7)
  })

  it("left early closes its inputs, cancels what runs, and leaves the pool to others", async () => {
    await using pool = await openIn(place, { killGrace: 50 })
    const { facts, numbers } = endless()
    const file = scratchFile()
    function* inputs(): Generator<{ file: string; n: number; ms: number }> {
      for (const n of numbers()) yield { file, n, ms: n < 3 ? 0 : 100_000 }
    }
    for await (const value of pool.stream(note, inputs(), { chunkSize: 1 })) if (value === 2) break
    expect(facts.closed).toBe(1)
    await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
    const ran = linesOf(file).length
    expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9])
    expect(linesOf(file)).toHaveLength(ran)
  })

  it("left by an exception of its reader closes its inputs as well", async () => {
    const { facts, numbers } = endless()
    const reading = async (): Promise<void> => {
      for await (const _ of lone().stream(square, numbers())) throw new Error("the reader's")
    }
    expect(await failureOf(reading())).toMatchObject({ message: "the reader's" })
    expect(facts.closed).toBe(1)
  })

  it("never iterated past its start leaves nothing to be closed", async () => {
    const { facts, numbers } = endless()
    const iterator = lone().stream(square, numbers())[Symbol.asyncIterator]()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(facts).toEqual({ read: 0, closed: 0 })
    expect(await lone().run(square, 3)).toBe(9)
  })

  it("fails fast, after the values before the failure", async () => {
    const inputs = upTo(50).map((n) => ({ n, bad: 5 }))
    const seen: Array<number> = []
    const reading = async (): Promise<void> => {
      for await (const value of lone().stream(throwsFor, inputs, { chunkSize: 1 })) seen.push(value)
    }
    expect(await failureOf(reading())).toMatchObject({ _tag: "TaskThrew", job: { index: 5 } })
    expect(seen).toEqual([0, 1, 2, 3, 4])
  })

  it.each([true, false])("that collects leaves failed jobs out, ordered: %s", async (ordered) => {
    const inputs = upTo(30).map((n) => ({ n, bad: n % 3 === 0 ? n : -1 }))
    const values = await valuesOf(pair().stream(throwsFor, inputs, { onFailure: "collect", ordered, chunkSize: 1 }))
    expect(values.toSorted((a, b) => a - b)).toEqual(upTo(30).filter((n) => n % 3 !== 0))
    const none = upTo(30).map((n) => ({ n, bad: n }))
    expect(await valuesOf(pair().stream(throwsFor, none, { onFailure: "collect", ordered, lookAhead: 1 }))).toEqual([])
  })

  it("chained by via runs each stage on what the one before it gives, with backpressure", async () => {
    const { facts, numbers } = endless()
    const squared = pair().via(square, { chunkSize: 1, lookAhead: 2 })
    const seen: Array<number> = []
    for await (const value of squared(squared(squared(numbers())))) {
      seen.push(value)
      if (seen.length === 6) break
    }
    expect(seen).toEqual(upTo(6).map((n) => n ** 8))
    expect(facts.closed).toBe(1)
    // Three stages, each with its window, and one value on its way between two of them.
    expect(facts.read).toBeLessThanOrEqual(6 + 3 * (2 + 1))
  })

  it("of a stream is the same", async () => {
    const outer = pair().stream(square, pair().stream(square, upTo(40)))
    expect(await valuesOf(outer)).toEqual(upTo(40).map((n) => n ** 4))
  })

  it("passes a failure of an inner stream on as it is", async () => {
    const inner = pair().stream(
      throwsFor,
      upTo(9).map((n) => ({ n, bad: 4 }))
    )
    expect(await failureOf(valuesOf(pair().stream(square, inner)))).toMatchObject({
      _tag: "TaskThrew",
      job: { index: 4 }
    })
  })
})
