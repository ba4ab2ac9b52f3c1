/** Who waits beside a large batch: nobody for all of it. */
import { describe, expect, it } from "vitest"
import { echo, slowSquare, square } from "../fixtures/plain.ts"
import { eventually, openIn, places, upTo } from "./places.ts"

const slow = (count: number, ms: number) => upTo(count).map((n) => ({ n, ms }))

describe.each(places)("beside a large batch, $isolation", (place) => {
  it("jobs of which none was seen before, and those that take longer, have their turn", async () => {
    await using pool = await openIn(place, { killGrace: 50 })
    const controller = new AbortController()
    let done = 0
    let isOver = false
    const large = pool
      .settle(slowSquare, slow(3000, 20), {
        signal: controller.signal,
        onProgress: (progress) => {
          done = progress.done
        }
      })
      .finally(() => {
        isOver = true
      })
    // By then it is known how long its jobs take, and they are sent ahead.
    await eventually(() => expect(done).toBeGreaterThan(10))
    const values = await Promise.all([
      pool.run(square, 3, { priority: 9 }),
      pool.run(echo, 1, { queueTimeout: "20 seconds" }),
      pool.map(square, [1, 2, 3]),
      pool.map(slowSquare, slow(4, 100))
    ])
    expect(isOver).toBe(false)
    expect(values).toEqual([9, 1, [1, 4, 9], [0, 1, 4, 9]])
    controller.abort()
    expect(await large).toHaveLength(3000)
  })

  it.runIf(place.isolated)("no job waits for all of a chunk whose jobs take longer than it was made for", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: 50 })
    const controller = new AbortController()
    let isOver = false
    const large = pool.settle(slowSquare, slow(100, 300), { chunkSize: 100, signal: controller.signal }).finally(() => {
      isOver = true
    })
    expect(await pool.run(square, 3)).toBe(9)
    expect(isOver).toBe(false)
    controller.abort()
    expect(await large).toHaveLength(100)
  })
})
