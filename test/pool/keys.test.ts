/** What jobs are called that never were in a queue: by what failures of theirs are known to their caller. */
import { describe, expect, it } from "vitest"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { square } from "../fixtures/plain.ts"
import { failureOf, openIn, places, scratchFile } from "./places.ts"

const squareOf = (n: number): string => `square of ${n.toFixed(0)}`

describe.each(places)("the key of a job, $isolation", (place) => {
  it("is the caller's own where the queue is full, and where the pool is closed", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { workers: 1, maxQueue: 1 })
    const free = pool.submit(passesGate, { file, n: 0 })
    const taken = [1, 2, 3].map((n) => pool.submit(passesGate, { file, n, free: true }, { key: `order ${n}` }))
    const tags = taken.map((handle) => handle.poll()?._tag)
    const refused = taken.filter((_, at) => tags[at] === "Failed")
    expect(refused.length).toBeGreaterThan(0)
    for (const handle of refused) {
      const key = `order ${taken.indexOf(handle) + 1}`
      expect(handle.poll()).toMatchObject({ error: { _tag: "QueueFull", job: { key } }, job: { key } })
    }
    const many = pool.submitAll(square, [7, 8, 9], { key: squareOf })
    expect(many.at(-1)?.poll()).toMatchObject({ error: { _tag: "QueueFull" }, job: { key: "square of 9", index: 2 } })
    openGate(file)
    await free.result()
    await pool.close()
    const late = [pool.submit(square, 5, { key: "order 5" }), ...pool.submitAll(square, [6], { key: squareOf })]
    expect(late.map(({ job }) => job.key)).toEqual(["order 5", "square of 6"])
    expect(await failureOf(pool.run(square, 7, { key: "order 7" }))).toMatchObject({ job: { key: "order 7" } })
    for (const options of [{ key: "" }, { key: 7 }, Object.defineProperty({}, "key", { get: () => expect.fail() })])
      expect(await failureOf(pool.run(square, 7, options as never))).toMatchObject({ job: { key: "0" } })
  })

  it("is asked only of inputs that were read", async () => {
    const warned: Array<string> = []
    const warn = (warning: Error): unknown => warned.push(warning.message)
    process.on("warning", warn)
    try {
      await using pool = await openIn(place, { workers: 1 })
      async function* silent(): AsyncGenerator<number> {
        await new Promise(() => undefined)
        yield 1
      }
      const asked: Array<unknown> = []
      const key = (n: number): string => {
        asked.push(n)
        return squareOf(n)
      }
      const options = { key, signal: AbortSignal.timeout(50) }
      const calls = [pool.map(square, silent(), options), pool.settle(square, silent(), options)]
      for (const failure of await Promise.all(calls.map(failureOf)))
        expect(failure).toMatchObject({ _tag: "JobCancelled", job: { key: "0", inputPreview: "" } })
      expect(asked).toEqual([])
      await new Promise(setImmediate)
      expect(warned).toEqual([])
    } finally {
      process.off("warning", warn)
    }
  })
})
