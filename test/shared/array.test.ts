import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { createPool, SharedArray, SharedDataError } from "holdfast"
import { describe, expect, it } from "vitest"
import { addTo, fillWith, kindOf, makesOne, readPushed, rssAround, sameBack } from "../fixtures/shared.ts"
import { typedArrays } from "../protocol/typed-arrays.ts"

const isolations = ["process", "thread", "inline"] as const

describe.each(isolations)("SharedArray, %s", (isolation) => {
  it("shows the program what workers write into their parts", async () => {
    await using pool = await createPool({ workers: 2, isolation })
    const all = SharedArray.make(Float64Array, 40)
    const parts = [0, 1, 2, 3].map((n) => ({ into: all.subarray(n * 10, n * 10 + 10), value: n + 1 }))
    await pool.map(fillWith, parts)
    expect([...all]).toEqual([1, 2, 3, 4].flatMap((n) => Array.from({ length: 10 }, () => n)))
  })

  it("brings a result that is a view of it back as a view", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    const array = SharedArray.make(Float64Array, 4)
    const back = await pool.run(sameBack, array)
    array[1] = 7
    expect([...back]).toEqual([7, 0])
  })

  it("is seen where it was bound and where it was pushed", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    const array = SharedArray.make(Float64Array, 2)
    await pool.run(fillWith.with({ into: array }), { value: 3 })
    await pool.push({ array })
    array[0] = 9
    expect([array[1], await pool.run(readPushed, "array")]).toEqual([3, 9])
  })

  it("can be made by a job and outlives it", async () => {
    await using pool = await createPool({ workers: 1, isolation })
    expect(SharedArray.isShared(await pool.run(makesOne, 5))).toBe(true)
  })
})

describe("SharedArray", () => {
  it("adds exactly by Atomics from two processes and a thread at once", async () => {
    await using processes = await createPool({ workers: 2 })
    await using threads = await createPool({ workers: 1, isolation: "thread" })
    const counts = SharedArray.make(Int32Array, 1)
    const job = { counts, times: 1_000_000 }
    await Promise.all([processes.map(addTo, [job, job], { chunkSize: 1 }), threads.run(addTo, job)])
    expect(counts[0]).toBe(3_000_000)
  })

  it("shares 1 GB with two workers without a copy", async () => {
    await using pool = await createPool({ workers: 2 })
    await pool.broadcast(kindOf, new Uint8Array(1))
    const before = process.memoryUsage().rss
    const array = SharedArray.make(Uint8Array, 2 ** 30)
    const told = await pool.map(rssAround, [array, array], { chunkSize: 1 })
    expect(told.map(({ length }) => length)).toEqual([2 ** 30, 2 ** 30])
    for (const { rss } of told) expect(rss).toBeLessThan(200 * 2 ** 20)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
    SharedArray.release(array)
  })

  it.each(typedArrays)("takes %o", async (constructor) => {
    await using pool = await createPool({ workers: 1, isolation: "thread" })
    const array = SharedArray.make<InstanceType<typeof constructor>>(constructor as never, 1)
    expect(array).toBeInstanceOf(constructor)
    expect(await pool.run(kindOf, array as never)).toBe(constructor.name)
  })

  it("may be empty", async () => {
    await using pool = await createPool({ workers: 1 })
    const array = SharedArray.make(Float64Array, 0)
    expect([array.length, SharedArray.isShared(array), await pool.run(kindOf, array)]).toEqual([
      0,
      true,
      "Float64Array"
    ])
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 60, "3"])("refuses %s as a length, and says so", (length) => {
    expect(() => SharedArray.make(Float64Array, length as number)).toThrow(RangeError)
    expect(() => SharedArray.make(Float64Array, length as number)).toThrow(/received (-1|1\.5|NaN|11529|'3')/)
  })

  it("refuses a class that is no typed array", () => {
    expect(() => SharedArray.make(DataView as never, 1)).toThrow(/expected one of Int8Array.*received DataView/)
  })

  it("says how much memory there is where that is too little", () => {
    expect(() => SharedArray.make(Float64Array, 2 ** 45)).toThrow(SharedDataError)
    expect(() => SharedArray.make(Float64Array, 2 ** 45)).toThrow(/281474976710656 bytes.*available/)
  })

  it("reads as zeros after its release, and can't be sent any more", async () => {
    await using pool = await createPool({ workers: 1 })
    const array = SharedArray.make(Float64Array, 1000).fill(4)
    SharedArray.release(array)
    SharedArray.release(array)
    expect(array[5]).toBe(0)
    await expect(pool.run(sameBack, array)).rejects.toThrow(/is a SharedArray after SharedArray.release\(\)/)
    expect(() => SharedArray.release(new Float64Array(1))).toThrow(/expected a shared array/)
  })

  it("gives the memory of what is garbage back", { timeout: 60_000 }, () => {
    const program = fileURLToPath(new URL("../fixtures/shared-memory-program.ts", import.meta.url))
    const options = ["--conditions=holdfast-source", "--expose-gc", program]
    const grownMegabytes = Number(execFileSync(process.execPath, options, { encoding: "utf8" }))
    expect(grownMegabytes).toBeLessThan(100)
  })

  it("can't be transferred, since others see its memory", () => {
    const { buffer } = SharedArray.make(Float64Array, 4)
    expect(() => (buffer as ArrayBuffer).transfer()).toThrow(/can't be transferred/)
    expect(() => structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })).toThrow()
  })
})
