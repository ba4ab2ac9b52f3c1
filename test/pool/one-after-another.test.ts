/**
 * Thousands of tiny jobs, each awaited before the next is asked for: parent and worker may then wait for each other
 * awake, which must be seen in nothing but the time.
 */
import { readFileSync } from "node:fs"
import { JobTimedOut } from "holdfast"
import { describe, expect, it } from "vitest"
import { loops } from "../fixtures/faulty.ts"
import { square } from "../fixtures/plain.ts"
import { eventually, failureOf, openIn, places } from "./places.ts"

const MANY = 2000

/** Processor time that a process has taken, in the kernel's ticks. */
const ticksOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
  return Number(utime) + Number(stime)
}

describe.each(places)("one after another ($isolation)", (place) => {
  it("each gives its own value", async () => {
    await using pool = await openIn(place)
    for (let n = 0; n < MANY; n++) expect(await pool.run(square, n)).toBe(n * n)
  })

  it.runIf(place.isolated)("one that hangs after many that did not is ended and named", async () => {
    await using pool = await openIn(place)
    for (let n = 0; n < MANY; n++) await pool.run(square, n)
    const error = await failureOf(pool.run(loops, 0, { timeout: 300 }))
    expect(error).toBeInstanceOf(JobTimedOut)
    expect((error as JobTimedOut).message).toContain("loops")
    expect(await pool.run(square, 3)).toBe(9)
  })

  it.runIf(place.ownProcess)("a worker that nothing is asked of any more takes no processor time", async () => {
    await using pool = await openIn(place, { workers: 1 })
    for (let n = 0; n < MANY; n++) await pool.run(square, n)
    const pid = pool.workers[0]?.pid ?? expect.unreachable()
    let before = -1
    let same = 0
    // A tick is 10 ms: to be awake all the time would take one in each of these looks.
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      const now = ticksOf(pid)
      same = now === before ? same + 1 : 0
      before = now
      expect(same).toBe(5)
    })
  })
})
