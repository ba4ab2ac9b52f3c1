/** What `with` makes is new at each call: neither the pool nor its workers keep it once nobody in the program has it. */
import { dirname } from "node:path"
import { describe, expect, it } from "vitest"
import { sees, stillHeld } from "../fixtures/bound.ts"
import { collectGarbage } from "../fixtures/shared-ends.ts"
import { eventually, linesOf, openIn, places, scratchFile } from "./places.ts"

const ROUNDS = 30
/** The last lanes of single jobs rest with their tasks, and V8 has some of what was used last in registers. */
const FEW = 8

describe.each(places)("a task with fixed input, $isolation", (place) => {
  it.skipIf(place.isolation === "inline")("is let go of with its jobs, here and in the worker", async () => {
    await using pool = await openIn(place, { workers: 1 })
    const tasks: Array<WeakRef<object>> = []
    const round = async (n: number): Promise<void> => {
      const task = sees.with({ table: new Uint8Array(50_000) })
      tasks.push(new WeakRef(task))
      if (n % 3 === 0) expect(await pool.map(task, [{ n }])).toEqual([50_000 + n])
      else if (n % 3 === 1) expect(await pool.run(task, { n })).toBe(50_000 + n)
      else expect(await pool.submit(task, { n }, { priority: 1 }).result()).toBe(50_000 + n)
    }
    for (let n = 0; n < ROUNDS; n++) await round(n)
    await eventually(async () => {
      await collectGarbage()
      expect(tasks.filter((task) => task.deref() !== undefined).length).toBeLessThan(FEW)
    })
    await eventually(async () => expect(await pool.run(stillHeld, undefined)).toBeLessThan(FEW))
  })

  it("goes on for as long as somebody has it", async () => {
    await using pool = await openIn(place, { workers: 1 })
    const tasks = Array.from({ length: ROUNDS }, (_, n) => sees.with({ table: new Uint8Array(n) }))
    for (let times = 0; times < 3; times++) {
      for (const [n, task] of tasks.entries()) expect(await pool.run(task, { n: 1 })).toBe(n + 1)
      await collectGarbage()
    }
  })
})

it("a spare has loaded a task that has done well before it is given a job", async () => {
  const file = scratchFile()
  await using pool = await openIn(places.find(({ isolation }) => isolation === "process") as (typeof places)[number], {
    workers: 1,
    spare: 1,
    cwd: dirname(file)
  })
  for (let n = 0; n < 3; n++) expect(await pool.run(sees.with({ table: new Uint8Array(1) }), { n })).toBe(n + 1)
  await eventually(() => expect(new Set(linesOf(file)).size).toBe(2))
})
