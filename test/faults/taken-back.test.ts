/** Jobs behind a blocked one, without any limit: another worker that stands idle runs them. */
import { expect } from "vitest"
import { notesOrSpins } from "../fixtures/hangs.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { timed, withPool } from "./scene.ts"

scenario("the jobs behind an endless loop in its chunk are taken back and finish on the idle worker", () =>
  withPool({ workers: 2, killGrace: 100 }, async ({ pool }) => {
    using notes = takeNotes()
    const inputs = Array.from({ length: 50 }, (_, n) => ({ file: notes.file, n, bad: 10 }))
    const finished: Array<number> = []
    const controller = new AbortController()
    const reading = (async () => {
      const options = { chunkSize: 50, ordered: false, onFailure: "collect", signal: controller.signal } as const
      for await (const n of pool.stream(notesOrSpins, inputs, options)) finished.push(n)
    })()
    reading.catch(() => undefined)
    const all = inputs.map(({ n }) => n).filter((n) => n !== 10)
    const { ms } = await timed(() =>
      expect.poll(() => [...finished].sort((a, b) => a - b), { timeout: 15_000, interval: 20 }).toEqual(all)
    )
    expect(ms).toBeLessThan(10_000)
    expect(
      notes
        .lines()
        .map(Number)
        .sort((a, b) => a - b)
    ).toEqual(inputs.map(({ n }) => n))
    controller.abort(new Error("enough"))
    await reading.catch(() => undefined)
  })
)

scenario("what was taken back from a job that ends after all is not run twice", () =>
  withPool({ workers: 2 }, async ({ pool }) => {
    using notes = takeNotes()
    const inputs = Array.from({ length: 200 }, (_, n) => ({ file: notes.file, n, bad: n % 40 === 7 ? n : -1, ms: 180 }))
    const outcomes = await pool.settle(notesOrSpins, inputs, { chunkSize: 100 })
    expect(outcomes.map((each) => (each._tag === "Succeeded" ? each.value : each.error))).toEqual(
      inputs.map(({ n }) => n)
    )
    expect(outcomes.every(({ job }) => job.attempts.length === 1)).toBe(true)
    expect(
      notes
        .lines()
        .map(Number)
        .sort((a, b) => a - b)
    ).toEqual(inputs.map(({ n }) => n))
  })
)

scenario("a batch of another task does not wait behind it either", () =>
  withPool({ workers: 2, killGrace: 100 }, async ({ pool }) => {
    using notes = takeNotes()
    await pool.map(
      square,
      Array.from({ length: 5000 }, (_, n) => n)
    )
    const handle = pool.submit(notesOrSpins, { file: notes.file, n: 1, bad: 1 })
    await notes.written(1)
    const inputs = [1, 2, 3, 4, 5, 6].map((n) => ({ n, ms: 1 }))
    expect(await pool.map(slowSquare, inputs, { chunkSize: 2 })).toEqual([1, 4, 9, 16, 25, 36])
    handle.cancel()
  })
)
