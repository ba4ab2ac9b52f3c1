/**
 * Which workers a new pool starts when: all at once, unless a single job is all that there is to do. Then its worker has
 * the machine to itself until it has answered, or another job comes, or the job turns out to take its time.
 */
import { setImmediate as turn } from "node:timers/promises"
import { afterEach, describe, expect, it, vi } from "vitest"
import { jobsForAny } from "../../packages/supervisor/src/pool/jobs-for-any.ts"
import { Outset } from "../../packages/supervisor/src/pool/Outset.ts"
import type { LaneQueue } from "../../packages/supervisor/src/scheduler/LaneQueue.ts"
import type { SlotState } from "../../packages/supervisor/src/slot/state.ts"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { square, whoAmI } from "../fixtures/plain.ts"
import { descendants } from "../setup/descendants.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, openIn, places, scratchFile } from "./places.ts"

/** A pool's first slot, its jobs, and how often the others were started. */
const opening = (jobs: number) => {
  const scene = {
    first: { state: { _tag: "starting" } as SlotState, jobsDone: 0 },
    jobs,
    starts: 0,
    outset: undefined as Outset | undefined
  }
  scene.outset = new Outset({ first: scene.first, jobs: () => scene.jobs, startOthers: () => void scene.starts++ })
  return scene as typeof scene & { outset: Outset }
}

/** As far as a pool's first moments go by themselves. */
const begun = async (scene: ReturnType<typeof opening>): Promise<ReturnType<typeof opening>> => {
  await turn()
  return scene
}

describe("the outset of a pool", () => {
  afterEach(() => void vi.useRealTimers())

  it.each([0, 2, Number.POSITIVE_INFINITY])("starts all workers at once where there are %s jobs", async (jobs) => {
    const scene = await begun(opening(jobs))
    expect(scene.starts).toBe(1)
    scene.outset.look()
    await turn()
    expect(scene.starts).toBe(1)
  })

  it("counts what its maker gives it before anything else happens", async () => {
    const scene = opening(0)
    // What stands behind an `await` of the pool.
    await Promise.resolve()
    scene.jobs = 1
    await begun(scene)
    expect(scene.starts).toBe(0)
    scene.outset.end()
  })

  it("is decided when somebody looks at the workers, by what there is to do then", async () => {
    const looked = opening(0)
    looked.outset.decide()
    expect(looked.starts).toBe(1)
    const held = opening(1)
    held.outset.decide()
    held.outset.decide()
    expect(held.starts).toBe(0)
    held.outset.end()
    looked.outset.decide()
    held.outset.decide()
    await turn()
    expect([looked.starts, held.starts]).toEqual([1, 0])
  })

  it("leaves a first job's worker alone until it has answered, and those who wait for that come first", async () => {
    const scene = await begun(opening(1))
    scene.first.state = { _tag: "busy", load: 1 }
    scene.outset.look()
    await turn()
    expect(scene.starts).toBe(0)
    Object.assign(scene.first, { state: { _tag: "idle" }, jobsDone: 1 })
    scene.outset.look()
    expect(scene.starts).toBe(0)
    await turn()
    expect(scene.starts).toBe(1)
  })

  it("goes on when a second job comes, or the first is there no more", async () => {
    for (const jobs of [0, 2]) {
      const scene = await begun(opening(1))
      scene.jobs = jobs
      scene.outset.look()
      await turn()
      expect(scene.starts).toBe(1)
    }
  })

  it.each(["backingOff", "killing", "gone", "stopping"] as const)("goes on when its worker is %s", async (_tag) => {
    const scene = await begun(opening(1))
    scene.first.state = { _tag }
    scene.outset.look()
    await turn()
    expect(scene.starts).toBe(1)
  })

  it("goes on after a moment, whatever the job does", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const scene = await begun(opening(1))
    await vi.advanceTimersByTimeAsync(149)
    expect(scene.starts).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(scene.starts).toBe(1)
    scene.jobs = 2
    scene.outset.look()
    await turn()
    expect(scene.starts).toBe(1)
  })

  it("starts nobody once the pool ends, and leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const ended = opening(0)
    ended.outset.end()
    const held = await begun(opening(1))
    held.outset.end()
    const answered = await begun(opening(1))
    answered.jobs = 0
    answered.outset.look()
    answered.outset.end()
    expect(vi.getTimerCount()).toBe(0)
    await turn()
    await vi.advanceTimersByTimeAsync(1000)
    expect([ended.starts, held.starts, answered.starts]).toEqual([0, 0, 0])
  })
})

describe("the jobs that any worker may run", () => {
  const lane = (size: number, single: boolean, target?: number) => ({ single, target, sink: { size } })
  const count = (...all: ReadonlyArray<object>): number => jobsForAny({ all } as unknown as LaneQueue)

  it("are counted one by one; a list, or a job for one worker alone, is more than one", () => {
    expect([count(), count(lane(0, true)), count(lane(1, true), lane(2, true))]).toEqual([0, 0, 3])
    expect(count(lane(1, false))).toBeGreaterThan(1)
    expect(count(lane(1, true, 2))).toBeGreaterThan(1)
  })
})

describe("a new pool of processes", () => {
  const place = places.find(({ isolation }) => isolation === "process") ?? expect.unreachable()
  const states = (pool: Awaited<ReturnType<typeof openIn>>) => pool.workers.map(({ state }) => state)
  /** Which of them have been started: a turn may take so long that one is ready by then. */
  const begunOf = (pool: Awaited<ReturnType<typeof openIn>>) =>
    states(pool).map((state) => ["starting", "idle", "busy"].includes(state))

  it("has all of them starting where it has no job, or several", async () => {
    const before = snapshotLeaks()
    await using idle = await openIn(place)
    await turn()
    expect(begunOf(idle)).toEqual([true, true])
    await using busy = await openIn(place)
    const results = busy.map(square, [1, 2])
    await turn()
    expect(begunOf(busy)).toEqual([true, true])
    expect(await results).toEqual([1, 4])
    await using both = await openIn(place)
    const two = Promise.all([both.run(square, 2), both.run(square, 3)])
    await turn()
    expect(begunOf(both)).toEqual([true, true])
    expect(await two).toEqual([4, 9])
    await Promise.all([idle.close(), busy.close(), both.close()])
    await expectNoLeaks(before)
  })

  it("shows all of them as starting to whoever looks at once, each with its process", async () => {
    await using pool = await openIn(place, { workers: 3 })
    expect(pool.workers.every(({ pid = 0, state }) => pid > 0 && state === "starting")).toBe(true)
  })

  it("starts one where a single job waits, the others behind its answer, and all are whole then", async () => {
    const pool = await openIn(place, { workers: 3 })
    const result = pool.run(square, 7)
    await turn()
    expect(states(pool)).toEqual(["starting", "vacant", "vacant"])
    expect(await result).toBe(49)
    await eventually(() => expect(states(pool)).toEqual(["idle", "idle", "idle"]))
    await pool.close()
  })

  it("starts the others as soon as a second job comes", async () => {
    const pool = await openIn(place, { workers: 3 })
    const first = pool.run(square, 7)
    await turn()
    const second = pool.run(square, 8)
    await turn()
    await turn()
    expect(states(pool)).not.toContain("vacant")
    expect(await Promise.all([first, second])).toEqual([49, 64])
    await pool.close()
  })

  it("starts them beside a job that takes its time", async () => {
    const file = scratchFile()
    const pool = await openIn(place, { workers: 2 })
    const waits = pool.run(passesGate, { file, n: 1 })
    await eventually(() => expect(states(pool).sort()).toEqual(["busy", "idle"]))
    openGate(file)
    expect(await waits).toBe(1)
    await pool.close()
  })

  it("has every worker do what is for each of them, though it is asked for but one thing", async () => {
    const pool = await openIn(place, { workers: 3 })
    const answers = await pool.broadcast(whoAmI, undefined as never)
    expect(answers.map(({ workerId }) => workerId).sort()).toEqual([1, 2, 3])
    await pool.close()
  })

  it("leaves nobody behind where it is closed right after its one job", async () => {
    const before = snapshotLeaks()
    const others = descendants().size
    const pool = await openIn(place, { workers: 2 })
    expect(await pool.run(square, 3)).toBe(9)
    await pool.close()
    expect(descendants().size).toBe(others)
    await expectNoLeaks(before)
  })
})
