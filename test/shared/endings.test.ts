/** What is left of shared data when those end who had it: a thread, a worker that waits, the whole program. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { createPool, Handle, Shared, SharedArray } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { makeLock, makeQueue } from "../../packages/supervisor/src/shared/objects.ts"
import { spins } from "../fixtures/hangs.ts"
import {
  addsWithin,
  collectGarbage,
  firstOf,
  firstOfKept,
  held,
  heldNow,
  makesOne,
  waitsToTake,
  warnedOf
} from "../fixtures/shared-ends.ts"
import { eventually, failureOf, upTo } from "../pool/places.ts"

type Pool = Awaited<ReturnType<typeof createPool>>

const heldHere = async () => {
  await collectGarbage()
  return held()
}

const ends: Record<string, (pool: Pool) => Promise<unknown>> = {
  "with its pool": (pool) => pool.close(),
  "at once": (pool) => pool.terminate(),
  "to be replaced": (pool) => pool.recycle(),
  "for its job's timeout": async (pool) => expect(await pool.settle(spins, [1], { timeout: 50 })).toHaveLength(1)
}

describe("a thread that ends", () => {
  it.each(Object.keys(ends))("%s, leaves nothing of what it had mapped", async (how) => {
    const arrays = upTo(8).map((n) => SharedArray.make(Float64Array, 100).fill(n))
    const before = await heldHere()
    await using pool = await createPool({ workers: 1, isolation: "thread", logger: false, killGrace: 50 })
    expect(await pool.map(firstOfKept, arrays)).toEqual(upTo(8))
    expect(held().mappings).toBe(before.mappings + 8)
    await ends[how]?.(pool)
    await expect.poll(() => held().mappings).toBeLessThanOrEqual(before.mappings)
    expect(arrays.map((array) => array[99])).toEqual(upTo(8))
  })
})

describe("memory that jobs have made in a thread", () => {
  /** Descriptors of shared memory: as long as one is open, the memory is there. */
  const memories = (): number =>
    readdirSync("/proc/self/fd").filter((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`).includes("memfd:holdfast")
      } catch {
        return false
      }
    }).length

  it("becomes garbage there without a warning", async () => {
    await using pool = await createPool({ workers: 1, isolation: "thread", logger: false })
    expect(await pool.run(warnedOf, 8)).toEqual([])
  })

  it.each(Object.keys(ends))("is given back when the thread ends %s", async (how) => {
    await heldHere()
    const before = memories()
    await using pool = await createPool({ workers: 1, isolation: "thread", logger: false, killGrace: 50 })
    for (const n of upTo(8)) expect((await pool.run(makesOne, n))[99]).toBe(n)
    await ends[how]?.(pool)
    await expect
      .poll(async () => {
        await collectGarbage()
        return memories()
      })
      .toBeLessThanOrEqual(before)
  })
})

describe.each(["process", "thread"] as const)("a thousand arrays, %s", (isolation) => {
  it("made, used and released leave no mapping, no descriptor and no memory", async () => {
    await using pool = await createPool({ workers: 2, isolation, logger: false })
    await pool.broadcast(heldNow, undefined)
    const before = {
      here: await heldHere(),
      there: await pool.broadcast(heldNow, undefined),
      rss: process.memoryUsage.rss()
    }
    for (let round = 0; round < 50; round++) {
      const arrays = upTo(20).map((n) => SharedArray.make(Float64Array, 60_000).fill(n))
      expect(await pool.map(firstOf, arrays)).toEqual(upTo(20))
      for (const array of arrays) SharedArray.release(array)
    }
    // Each may still see some: those it was sent last, or has in a register.
    const few = 25
    const worst = async () => {
      const there = await pool.broadcast(heldNow, undefined)
      const here = await heldHere()
      return Math.max(here.mappings, ...there.map(({ mappings }) => mappings))
    }
    await expect.poll(worst).toBeLessThanOrEqual(before.here.mappings + few)
    expect(held().descriptors).toBeLessThanOrEqual(before.here.descriptors + 2 * few)
    for (const [at, { descriptors }] of (await pool.broadcast(heldNow, undefined)).entries())
      expect(descriptors).toBeLessThanOrEqual((before.there[at]?.descriptors ?? 0) + 2 * few)
    // All of them together have 480 MB.
    expect(process.memoryUsage.rss() - before.rss).toBeLessThan(250 * 2 ** 20)
  })
})

describe("shared data", () => {
  it("gives an item to another where the worker that waited for it is killed", async () => {
    await using pool = await createPool({ workers: 2, logger: false })
    const job = { work: Shared.queue<number>(), told: Shared.list<number>() }
    const handles = pool.submitAll(waitsToTake, [job, job])
    await expect.poll(() => job.told.length()).toBe(2)
    const [pid] = await job.told.values()
    if (pid !== undefined) process.kill(pid, "SIGKILL")
    const dead = await Handle.firstFailed(handles)
    expect(dead?.poll()).toMatchObject({ error: { _tag: "WorkerCrashed", signal: "SIGKILL" } })
    await job.work.put(7)
    expect(await handles.find((handle) => handle !== dead)?.result()).toBe(7)
    expect(await job.work.size()).toBe(0)
  })

  it("leaves no name, no file and no process when its program is killed", async () => {
    const before = new Set(readdirSync("/dev/shm"))
    const names = () => readdirSync("/dev/shm").filter((name) => name.includes("holdfast") && !before.has(name))
    const program = fileURLToPath(new URL("../fixtures/shared-parent-program.ts", import.meta.url))
    const parent = spawn(process.execPath, ["--conditions=holdfast-source", program], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    onTestFinished(() => void parent.kill("SIGKILL"))
    const [printed] = await once(parent.stdout, "data")
    const worker = Number(String(printed))
    expect(readFileSync(`/proc/${worker}/maps`, "utf8")).toContain("memfd:holdfast")
    await eventually(() => expect(names()).toEqual([]))
    parent.kill("SIGKILL")
    await eventually(() => expect(existsSync(`/proc/${worker}/maps`) && isAlive(worker)).toBe(false))
    await eventually(() => expect(names()).toEqual([]))
  })

  it("is refused in the workers of another program, which a pool within a job is", async () => {
    await using pool = await createPool({ workers: 1, logger: false })
    expect(await failureOf(pool.run(addsWithin, Shared.counter()))).toMatchObject({
      message: expect.stringContaining("a shared object of another program")
    })
  })

  it.each([
    [5, /expected options, received 5/],
    [null, /expected options, received null/],
    [{ capacty: 3 }, /capacty: expected not to be set.*did you mean capacity\?/],
    [{ capacity: 0 }, /expected a whole number, 1 or more, as capacity, received 0/]
  ])("makes no queue without bounds of options %j that are none", (options, message) => {
    expect(() => Shared.queue(options as never)).toThrow(message)
  })

  it("refuses what is no place in a list", async () => {
    const list = Shared.list<number>()
    await list.push(1, 2, 3)
    expect(await list.slice(1, Number.POSITIVE_INFINITY)).toEqual([2, 3])
    await expect(list.slice("first" as never)).rejects.toThrow(/list\.slice: expected a number, received 'first'/)
    await expect(list.get("first" as never)).rejects.toThrow(/list\.get: expected a finite number, received 'first'/)
  })
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("a job that calls a million times", () => {
  /** What is remembered for its end. */
  const calling = () => {
    const ends = new Set<unknown>()
    const onEnd = (end: unknown) => {
      ends.add(end)
      return () => ends.delete(end)
    }
    return {
      ends,
      visit: (...args: ReadonlyArray<unknown>) => ({
        caller: { isProgram: false, isForsaken: false, onEnd },
        callId: 1,
        args
      })
    }
  }

  it("has no lock in its books that it has released, whether it waited for it or not", async () => {
    const { ends, visit } = calling()
    const other = calling()
    const { acquire, release } = makeLock()
    const held = acquire?.(other.visit())
    const waiting = acquire?.(visit())
    expect([ends.size, other.ends.size]).toEqual([1, 1])
    release?.(other.visit(held))
    const ticket = await waiting
    expect([ends.size, other.ends.size]).toEqual([1, 0])
    release?.(visit(ticket))
    expect(ends.size).toBe(0)
  })

  it("has no put in its books that has waited for room", async () => {
    const { ends, visit } = calling()
    const { put, take } = makeQueue(1)
    const item = { bytes: new Uint8Array(1), named: false }
    put?.(visit(item))
    const waiting = put?.(visit(item))
    expect(ends.size).toBe(1)
    take?.(calling().visit())
    await waiting
    expect(ends.size).toBe(0)
  })
})
