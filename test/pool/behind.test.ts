/** Jobs that were sent ahead to a worker with room for several at once: they are run where there is room. */
import { writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { openGate, passesGate, spinsAtGate } from "../fixtures/gated.ts"
import { passesGateOnceLoaded } from "../fixtures/loads-at-gate.ts"
import { eventually, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

const sorted = (lines: ReadonlyArray<string>): Array<number> => lines.map(Number).sort((a, b) => a - b)

/** So that jobs of this task are known to be tiny, and are sent ahead; to any of the workers. */
const warm = async (
  pool: Awaited<ReturnType<typeof openIn>>,
  task: typeof passesGate | typeof spinsAtGate
): Promise<void> => {
  const file = scratchFile()
  openGate(file)
  await pool.map(
    task,
    upTo(100).map((n) => ({ file, n }))
  )
  await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
}

const QUICK = upTo(40).map((n) => n + 100)

describe.each(places)("jobs behind others, $isolation", (place) => {
  it("that run side by side and are slow: begin where there is room, once each", async () => {
    await using pool = await openIn(place, { workers: 2, concurrency: 2 })
    await warm(pool, passesGate)
    const file = scratchFile()
    const handles = pool.submitAll(passesGate, [
      ...[1, 2, 3].map((n) => ({ file, n })),
      ...QUICK.map((n) => ({ file, n, free: true }))
    ])
    const [slow, quick] = [handles.slice(0, 3), handles.slice(3)]
    expect(await Promise.all(quick.map((each) => each.result()))).toEqual(QUICK)
    expect(slow.map(({ status }) => status)).toEqual(["running", "running", "running"])
    openGate(file)
    expect(await Promise.all(slow.map((each) => each.result()))).toEqual([1, 2, 3])
    expect(sorted(linesOf(file))).toEqual([1, 2, 3, ...QUICK])
  })

  it("that need their worker to themselves: as many as may run side by side begin beside others", async () => {
    await using pool = await openIn(place, { workers: 2 })
    await warm(pool, passesGate)
    const [file, other] = [scratchFile(), scratchFile()]
    const alone = pool.map(passesGate, [{ file, n: 1 }])
    let isOver = false
    alone.then(() => {
      isOver = true
    })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const inputs = [{ file: other, n: 2 }, { file: other, n: 3 }, ...QUICK.map((n) => ({ file, n, free: true }))]
    const wide = pool.map(passesGate, inputs, { concurrency: 2 })
    await eventually(() => expect(linesOf(other)).toHaveLength(2))
    openGate(other)
    expect(await wide).toEqual([2, 3, ...QUICK])
    expect(isOver).toBe(false)
    openGate(file)
    expect(await alone).toEqual([1])
    expect(sorted(linesOf(file))).toEqual([1, ...QUICK])
  })

  it.runIf(place.isolated)("that block their worker: others run them, and it has its share once it can", async () => {
    await using pool = await openIn(place, { workers: 2, concurrency: 2 })
    for (const task of [passesGate, spinsAtGate]) await warm(pool, task)
    const [file, other] = [scratchFile(), scratchFile()]
    const blocked = pool.submit(spinsAtGate, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const quick = QUICK.map((n) => pool.submit(passesGate, { file, n, free: true }))
    expect(await Promise.all(quick.map((each) => each.result()))).toEqual(QUICK)
    openGate(file)
    expect(await blocked.result()).toBe(1)
    expect(sorted(linesOf(file))).toEqual([1, ...QUICK])
    const four = pool.submitAll(
      passesGate,
      upTo(4).map((n) => ({ file: other, n }))
    )
    await eventually(() => expect(linesOf(other)).toHaveLength(4))
    openGate(other)
    expect(await Promise.all(four.map((each) => each.result()))).toEqual(upTo(4))
  })

  it.runIf(place.isolated)("of which one has begun while another's module was loaded: begin once each", async () => {
    const loads = scratchFile()
    const gate = `${loads}.loads`
    await using pool = await openIn(place, { workers: 2, concurrency: 2, env: { LOADS_WITH: gate } })
    await warm(pool, passesGate)
    const file = scratchFile()
    const slow = [1, 2].map((n) => pool.submit(passesGateOnceLoaded, { file, n }))
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(2))
    // For long enough to have been looked at several times: a worker that loads has room.
    await eventually(() => {
      for (const { currentJob } of pool.workers) expect(currentJob?.runningMs).toBeGreaterThan(300)
    })
    slow.push(pool.submit(passesGate, { file, n: 3 }))
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    writeFileSync(gate, "")
    await eventually(() => expect(linesOf(file)).toHaveLength(3))
    const quick = QUICK.map((n) => pool.submit(passesGate, { file, n, free: true }))
    expect(await Promise.all(quick.map((each) => each.result()))).toEqual(QUICK)
    openGate(file)
    expect(await Promise.all(slow.map((each) => each.result()))).toEqual([1, 2, 3])
    expect(sorted(linesOf(file))).toEqual([1, 2, 3, ...QUICK])
  })

  it.runIf(place.isolated)(
    "that their blocked worker has and whose task it has not loaded: begin once each",
    async () => {
      await using pool = await openIn(place, { workers: 1, concurrency: 4 })
      await warm(pool, spinsAtGate)
      const file = scratchFile()
      const blocked = pool.submit(spinsAtGate, { file, n: 1 })
      const quick = QUICK.slice(0, 3).map((n) => pool.submit(passesGateOnceLoaded, { file, n, free: true }))
      await eventually(() => expect(linesOf(file)).toHaveLength(1))
      await pool.resize(2)
      expect(await Promise.all(quick.map((each) => each.result()))).toEqual(QUICK.slice(0, 3))
      openGate(file)
      expect(await blocked.result()).toBe(1)
      // Once the worker has answered, it has come to what was taken back.
      expect(await pool.broadcast(passesGateOnceLoaded, { file, n: 0, free: true })).toEqual([0, 0])
      expect(sorted(linesOf(file))).toEqual([0, 0, 1, ...QUICK.slice(0, 3)])
    }
  )
})
