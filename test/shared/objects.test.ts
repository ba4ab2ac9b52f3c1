import { createPool, Shared, SharedArray } from "holdfast"
import { describe, expect, it, vi } from "vitest"
import {
  addPid,
  addSlowly,
  countsItself,
  diesHavingTaken,
  diesHolding,
  forgetsRelease,
  locksTwice,
  makesQueue,
  putFunction,
  square,
  takeOne,
  takeOrThrow,
  takesBlocked,
  takesThenTidies,
  waitsForLock
} from "../fixtures/shared.ts"
import { countsItselfEffect } from "../fixtures/shared-effects.ts"

const isolations = ["process", "thread", "inline"] as const

describe.each(isolations)("shared objects, %s", (isolation) => {
  it("feed long-lived workers by a queue and take their answers from another", async () => {
    await using pool = await createPool({ workers: 2, isolation })
    const work = Shared.queue<number>({ capacity: 10 })
    const done = Shared.queue<number>()
    const counts = pool.map(
      square,
      [
        { work, done },
        { work, done }
      ],
      { chunkSize: 1 }
    )
    for (let n = 0; n < 100; n++) await work.put(n)
    await work.close()
    const total = (await counts).reduce((sum, n) => sum + n, 0)
    await done.close()
    const squares: Array<number> = []
    for await (const n of done) squares.push(n)
    expect(total).toBe(100)
    expect(squares.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n * n))
  })

  it("exclude one another by a lock", async () => {
    await using pool = await createPool({ workers: 2, isolation })
    const job = { lock: Shared.lock(), values: Shared.map<string, number>(), times: 50 }
    await pool.map(addSlowly, [job, job], { chunkSize: 1 })
    expect(await job.values.get("sum")).toBe(100)
  })

  it("release the lock of a job that has ended without doing so", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    const job = { lock: Shared.lock(), told: Shared.list<string>() }
    await pool.run(forgetsRelease, job)
    expect(await pool.run(waitsForLock, job)).toBe("got it")
  })

  it("tell a job that it would wait for itself", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    await expect(pool.run(locksTwice, Shared.lock())).rejects.toThrow(/it would wait for itself/)
  })

  it("refuse what can't be copied, with the path to it", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    await expect(pool.run(putFunction, Shared.queue<unknown>())).rejects.toThrow(/\.items\[0\] is a function/)
  })

  it("give nothing to a job that is cancelled and tidies up: what comes meanwhile is for others", async () => {
    await using pool = await createPool({ workers: 1, isolation, killGrace: "1 minute" })
    const work = Shared.queue<number>()
    const flags = SharedArray.make(Int32Array, 2)
    const handle = pool.submit(takesThenTidies, { work, flags })
    await vi.waitFor(() => expect(flags[0]).toBe(1), { timeout: 20_000 })
    handle.cancel()
    await vi.waitFor(() => expect(flags[0]).toBe(2), { timeout: 20_000 })
    await work.put(5)
    // The answer to it is there before the job has ended.
    await new Promise((resolve) => setTimeout(resolve, 50))
    flags[1] = 1
    await vi.waitFor(async () => expect(await work.size()).toBe(1), { timeout: 10_000 })
    expect(await pool.run(takeOne, work)).toBe(5)
  })

  it("let a job that is cancelled tidy up: all but to take, and to wait for others", async () => {
    await using pool = await createPool({ workers: 1, isolation, killGrace: "1 minute" })
    const job = { counter: Shared.counter(), lock: Shared.lock(), work: Shared.queue<number>() }
    const handle = pool.submit(countsItself, job)
    await vi.waitFor(async () => expect(await job.counter.get()).toBe(1), { timeout: 20_000 })
    handle.cancel()
    await vi.waitFor(async () => expect(await job.counter.get()).toBe(0), { timeout: 20_000 })
    const told: Array<number | undefined> = []
    while ((await job.work.size()) > 0) told.push(await job.work.take())
    expect(told).toEqual([10, 11, 12, 13, 14])
    await (await job.lock.acquire())()
  })

  it("let the finalizers of a cancelled Effect set right what it had counted", async () => {
    await using pool = await createPool({ workers: 1, isolation, killGrace: "1 minute" })
    const job = { counter: Shared.counter(), lock: Shared.lock(), work: Shared.queue<number>() }
    const handle = pool.submit(countsItselfEffect, job)
    await vi.waitFor(async () => expect(await job.counter.get()).toBe(1), { timeout: 20_000 })
    handle.cancel()
    await vi.waitFor(async () => expect(await job.counter.get()).toBe(0), { timeout: 20_000 })
  })

  it("leave an item with a job that fails by itself", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    const work = Shared.queue<number>()
    await work.put(1)
    await expect(pool.run(takeOrThrow, work)).rejects.toThrow("had 1")
    expect(await work.size()).toBe(0)
  })
})

describe("shared objects", () => {
  it("give 10,000 items to 4 workers, each once", { timeout: 30_000 }, async () => {
    await using pool = await createPool({ workers: 4 })
    const work = Shared.queue<number>()
    const done = Shared.queue<number>()
    const counts = pool.map(
      square,
      Array.from({ length: 4 }, () => ({ work, done })),
      { chunkSize: 1 }
    )
    for (let n = 0; n < 10_000; n++) await work.put(n)
    await work.close()
    await counts
    await done.close()
    const seen = new Set<number>()
    let all = 0
    for await (const n of done) {
      seen.add(n)
      all++
    }
    expect([all, seen.size]).toEqual([10_000, 10_000])
  })

  it("release the lock of a worker that is killed", async () => {
    await using pool = await createPool({ workers: 2 })
    const job = { lock: Shared.lock(), told: Shared.list<string>() }
    await expect(pool.run(diesHolding, job)).rejects.toThrow(/SIGKILL/)
    expect(await pool.run(waitsForLock, job)).toBe("got it")
  })

  it("forget a waiter that is cancelled", async () => {
    await using pool = await createPool({ workers: 1 })
    const job = { lock: Shared.lock(), told: Shared.list<string>() }
    const release = await job.lock.acquire()
    const handle = pool.submit(waitsForLock, job)
    await vi.waitFor(async () => expect(await job.told.length()).toBe(1), { timeout: 20_000 })
    handle.cancel()
    await expect(handle.result()).rejects.toThrow(/cancelled/)
    await release()
    await (await job.lock.acquire())()
  })

  it("give nothing to a job that was cancelled and can't hear of it yet: items keep their order", async () => {
    await using pool = await createPool({ workers: 1, killGrace: "1 minute" })
    const work = Shared.queue<number>()
    const lock = Shared.lock()
    const flags = SharedArray.make(Int32Array, 2)
    const release = await lock.acquire()
    const handle = pool.submit(takesBlocked, { work, lock, flags })
    await vi.waitFor(() => expect(flags[0]).toBe(1), { timeout: 20_000 })
    handle.cancel()
    await expect(handle.result()).rejects.toThrow(/cancelled/)
    await work.put(1)
    await work.put(2)
    expect(await work.size()).toBe(2)
    expect([await work.tryTake(), await work.tryTake()]).toEqual([1, 2])
    await release()
    await (await lock.acquire())()
    flags[1] = 1
  })

  it("put what a killed worker has taken back to the front, in its order", async () => {
    await using pool = await createPool({ workers: 1 })
    const work = Shared.queue<number>()
    for (const n of [1, 2, 3]) await work.put(n)
    await expect(pool.run(diesHavingTaken, { work })).rejects.toThrow(/SIGKILL/)
    expect([await work.take(), await work.take(), await work.take()]).toEqual([1, 2, 3])
  })

  it("forget a waiting taker that is cancelled, so that the item goes to the next", async () => {
    await using pool = await createPool({ workers: 2 })
    const work = Shared.queue<number>()
    const first = pool.submit(takeOne, work)
    await vi.waitFor(() => expect(first.status).toBe("running"), { timeout: 20_000 })
    first.cancel()
    await expect(first.result()).rejects.toThrow(/cancelled/)
    const second = pool.submit(takeOne, work)
    await vi.waitFor(() => expect(second.status).toBe("running"), { timeout: 20_000 })
    await work.put(5)
    expect(await second.result()).toBe(5)
  })

  it("are made in the program alone", async () => {
    await using pool = await createPool({ workers: 1 })
    await expect(pool.run(makesQueue, undefined)).rejects.toThrow(/make it in the program that has the pool/)
  })

  it("collect in a list from all workers", async () => {
    await using pool = await createPool({ workers: 2 })
    const pids = Shared.list<number>()
    await pool.broadcast(addPid, pids)
    expect(new Set(await pids.values())).toEqual(new Set(pool.workers.map(({ pid }) => pid)))
  })

  it("do in the program what they do in jobs", async () => {
    const map = Shared.map<string, number>()
    await map.set("a", 1)
    await map.increment("a", 2)
    await map.update("b", (old) => (old ?? 10) + 1)
    expect(await map.entries()).toEqual([
      ["a", 3],
      ["b", 11]
    ])
    expect([await map.has("a"), await map.delete("a"), await map.has("a"), await map.size()]).toEqual([
      true,
      true,
      false,
      1
    ])
    const list = Shared.list<number>()
    await list.push(1, 2, 3)
    await list.set(-1, 4)
    expect([await list.get(-1), await list.pop(), await list.values()]).toEqual([4, 4, [1, 2]])
    await expect(list.set(9, 1)).rejects.toThrow(/index within the list's 2 items, received 9/)
    const counter = Shared.counter()
    expect([await counter.add(), await counter.add(4)]).toEqual([1, 5])
    await expect(counter.add(Number.NaN)).rejects.toThrow(/finite number, received NaN/)
    expect(() => Shared.queue({ capacity: 0 })).toThrow(/1 or more, as capacity, received 0/)
  })

  it("let a put wait for room, and end takers and putters at the close", async () => {
    const queue = Shared.queue<number>({ capacity: 1 })
    await queue.put(1)
    expect(await queue.tryPut(2)).toBe(false)
    const waiting = queue.put(3)
    expect([await queue.take(), await waiting, await queue.take()]).toEqual([1, undefined, 3])
    const taker = queue.take()
    await queue.close()
    expect(await taker).toBeUndefined()
    await expect(queue.put(4)).rejects.toMatchObject({ _tag: "SharedDataError", reason: "closed" })
  })
})
