/** `submitAll`: a handle for each of many inputs, at once. */
import { Handle } from "holdfast"
import { describe, expect, it } from "vitest"
import { throwsFor, waitsForever } from "../fixtures/faulty.ts"
import { echo, note, power, slowSquare, square, whoAmI } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

describe.each(places)("submitAll, $isolation", (place) => {
  const pair = sharedIn(place, { killGrace: 50 })

  it("gives an array of handles at once, in the order of the inputs", async () => {
    const handles = pair().submitAll(slowSquare, [
      { n: 1, ms: 30 },
      { n: 2, ms: 1 },
      { n: 3, ms: 10 }
    ])
    expect(handles).toBeInstanceOf(Array)
    expect(handles.map(({ status }) => status)).toEqual(["queued", "queued", "queued"])
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 4, 9])
  })

  it("takes any iterable that ends, and none gives none", async () => {
    const pool = pair()
    const generated = (function* () {
      yield 2
      yield 3
    })()
    expect(await Handle.all(pool.submitAll(square, generated))).toEqual([4, 9])
    expect(await Handle.all(pool.submitAll(square, new Set([5])))).toEqual([25])
    expect(await Handle.all(pool.submitAll(square, Uint8Array.of(6, 7)))).toEqual([36, 49])
    expect(
      await Handle.all(
        pool.submitAll(power, [
          [2, 3],
          [3, 2]
        ])
      )
    ).toEqual([8, 9])
    expect(pool.submitAll(square, [])).toEqual([])
  })

  it("numbers its jobs, for their tasks too, and calls them by a key function", async () => {
    const pool = pair()
    pool.submit(square, 1)
    const plain = pool.submitAll(whoAmI, upTo(3) as never)
    expect(await Handle.all(plain)).toMatchObject(upTo(3).map((index) => ({ index, key: String(index) })))
    expect(plain.map(({ job }) => [job.index, job.key])).toEqual(upTo(3).map((index) => [index, String(index)]))
    const named = pool.submitAll(echo, ["a", "b"], { key: (input, index) => `${input}${index}` })
    expect(named.map(({ job }) => job.key)).toEqual(["a0", "b1"])
    await Handle.all(named)
    expect(named.map(({ job }) => job.key)).toEqual(["a0", "b1"])
  })

  it("reads the inputs at the call: what becomes of the array later is nobody's concern", async () => {
    const inputs = [1, 2, 3]
    const handles = pair().submitAll(square, inputs)
    inputs.length = 0
    expect(await Handle.all(handles)).toEqual([1, 4, 9])
  })

  it("lets each job fail by itself", async () => {
    const handles = pair().submitAll(
      throwsFor,
      upTo(6).map((n) => ({ n, bad: 3 }))
    )
    for (const handle of handles) await handle.wait("20 seconds")
    expect(handles.map((handle) => handle.poll()?._tag)).toEqual(upTo(6).map((n) => (n === 3 ? "Failed" : "Succeeded")))
    expect(handles[3]?.job).toMatchObject({ index: 3, attempts: [{ failure: "TaskThrew" }] })
  })

  it("takes inputs of unequal lengths as they are: each is the parameters of one job", async () => {
    const inputs = [[2, 5], [3], [] as Array<number>, [2, 3, 4]] as unknown as Array<[number, number]>
    const handles = pair().submitAll(power, inputs)
    expect(await Handle.all(handles)).toEqual([32, Number.NaN, Number.NaN, 8])
  })

  it("applies its options to each job", async () => {
    const handles = pair().submitAll(waitsForever, [undefined, undefined], { timeout: 40, key: (_, at) => `w${at}` })
    const errors = await Promise.all(handles.map((handle) => failureOf(handle.result())))
    expect(errors).toMatchObject([
      { _tag: "JobTimedOut", limit: 40, job: { key: "w0", index: 0 } },
      { _tag: "JobTimedOut", limit: 40, job: { key: "w1", index: 1 } }
    ])
  })

  it("is cancelled as a whole by its signal, which then has no listener left", async () => {
    const file = scratchFile()
    const pool = pair()
    const controller = new AbortController()
    const handles = pool.submitAll(
      note,
      upTo(20).map((n) => ({ file, n, ms: 60_000 })),
      { signal: controller.signal }
    )
    await eventually(() => expect(linesOf(file).length).toBeGreaterThan(0))
    controller.abort(new Error("stop"))
    for (const handle of handles) {
      expect(handle.poll()).toMatchObject({
        _tag: "Failed",
        error: { _tag: "JobCancelled", cause: { message: "stop" } }
      })
    }
    expect(await pool.run(square, 3)).toBe(9)
    const already = pool.submitAll(square, [1, 2], { signal: AbortSignal.abort("before") })
    expect(already.map((handle) => handle.status)).toEqual(["settled", "settled"])
  })

  it("never throws: inputs that can't be read are one handle, which has failed", async () => {
    const pool = pair()
    const later = (async function* () {
      yield 1
    })()
    for (const [inputs, says] of [
      [5, /submitAll\(square\): expected .*iterable, received 5/],
      ["text", /received "text"/],
      [undefined, /received undefined/],
      [{ length: 2 }, /received \{/],
      [later, /asynchronously.*Array\.fromAsync.*pool\.stream/]
    ] as const) {
      const handles = pool.submitAll(square, inputs as never)
      expect(handles.map(({ status }) => status)).toEqual(["settled"])
      expect(await failureOf(handles[0]?.result() as Promise<number>)).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(says)
      })
    }
  })

  it("submits nothing where the iterable throws, and fails with what it threw", async () => {
    const file = scratchFile()
    const pool = pair()
    const broken = (function* () {
      yield { file, n: 1 }
      throw new RangeError("no more")
    })()
    const handles = pool.submitAll(note, broken)
    expect(handles).toHaveLength(1)
    expect(await failureOf(handles[0]?.result() as Promise<number>)).toMatchObject({ message: "no more" })
    expect(await pool.run(square, 3)).toBe(9)
    expect(linesOf(file)).toEqual([])
  })

  it("has as many failed handles as inputs where the call is wrong, or the pool has ended", async () => {
    const wrong = pair().submitAll(square, [1, 2], { key: "one", timeout: "soon" } as never)
    const errors = await Promise.all(wrong.map((handle) => failureOf(handle.result())))
    expect(errors).toMatchObject([{ _tag: "InvalidOptions" }, { _tag: "InvalidOptions" }])
    expect(String(errors[0])).toMatch(/pool\.submitAll\(square\): 2 options.*timeout.*key/s)
    const noTask = pair().submitAll((() => 1) as never, [1, 2])
    expect(await failureOf(Handle.all(noTask))).toMatchObject({ name: "TypeError" })

    const pool = await openIn(place)
    await pool.close()
    const late = pool.submitAll(square, [7, 8])
    const closed = await Promise.all(late.map((handle) => failureOf(handle.result())))
    expect(closed).toMatchObject([
      { _tag: "PoolClosed", job: { index: 0, inputPreview: "7" } },
      { _tag: "PoolClosed", job: { index: 1, inputPreview: "8" } }
    ])
  })

  it("is refused from where the queue is full on", async () => {
    // One is the worker's, two wait.
    await using pool = await openIn(place, { workers: 1, maxQueue: 2, killGrace: 50 })
    const handles = pool.submitAll(
      slowSquare,
      upTo(5).map((n) => ({ n, ms: 5 }))
    )
    expect(handles.map((handle) => handle.poll()?._tag)).toEqual([undefined, undefined, undefined, "Failed", "Failed"])
    expect(await failureOf(Handle.all(handles.slice(3)))).toMatchObject({ _tag: "QueueFull", job: { index: 3 } })
    expect(await Handle.all(handles.slice(0, 3))).toEqual([0, 1, 4])
  })

  it("is taken in, one by one too, as far as workers are free and the queue has room", async () => {
    await using pool = await openIn(place, { workers: 2, maxQueue: 1, killGrace: 50 })
    await pool.broadcast(square, 1)
    const handles = upTo(5).map((n) => pool.submit(slowSquare, { n, ms: 20 }))
    const failed = handles.map((handle) => Object(handle.poll()).error)
    expect(failed).toMatchObject([undefined, undefined, undefined, { _tag: "QueueFull" }, { _tag: "QueueFull" }])
    expect(String(failed[4])).toContain(
      "pool.submit(slowSquare): 1 job is waiting already, which is as many as maxQueue"
    )
    expect(await Handle.all(handles.slice(0, 3))).toEqual([0, 1, 4])
    expect(await pool.map(square, upTo(10))).toHaveLength(10)
  })

  it("is taken in for what waited and was cancelled, or waited too long", async () => {
    await using pool = await openIn(place, { workers: 1, maxQueue: 2, killGrace: 50 })
    await pool.broadcast(square, 1)
    const running = pool.submit(slowSquare, { n: 3, ms: 300 })
    const cancelled = [1, 2].map((n) => pool.submit(square, n))
    const refused = pool.submit(square, 3)
    for (const handle of cancelled) handle.cancel()
    const late = pool.submit(square, 4, { queueTimeout: 20 })
    const waits = pool.submit(square, 5)
    const refusedToo = pool.submit(square, 6)
    expect(await failureOf(late.result())).toMatchObject({ _tag: "JobTimedOut" })
    const inItsPlace = pool.submit(square, 7)
    const last = pool.submit(square, 8)
    for (const each of [refused, refusedToo, last])
      expect(await failureOf(each.result())).toMatchObject({ _tag: "QueueFull" })
    expect(await Handle.all([running, waits, inItsPlace])).toEqual([9, 25, 49])
    expect(await Handle.all(pool.submitAll(square, [1, 2, 3]))).toEqual([1, 4, 9])
  })

  it("may be called from where another job's result comes in", async () => {
    const pool = pair()
    const tree = async (depth: number): Promise<number> => {
      if (depth === 0) return pool.run(square, 1)
      const parts = await Handle.all(pool.submitAll(square, [1, 1, 1]))
      const below = await Promise.all(parts.map(() => tree(depth - 1)))
      return below.reduce((sum, each) => sum + each, 0)
    }
    expect(await tree(4)).toBe(81)
  })

  it("takes 100,000 inputs: run, dropped, or cancelled in bulk", { timeout: 60_000 }, async () => {
    const pool = pair()
    const inputs = upTo(100_000)
    const handles = pool.submitAll(square, inputs)
    const values = await Handle.all(handles)
    expect(values.length).toBe(100_000)
    expect(values[99_999]).toBe(99_999 ** 2)
    pool.submitAll(square, inputs)
    const unwanted = pool.submitAll(
      slowSquare,
      inputs.map((n) => ({ n, ms: 60_000 }))
    )
    for (const handle of unwanted) handle.cancel()
    expect(unwanted.every(({ status }) => status === "settled")).toBe(true)
    expect(await pool.run(square, 3)).toBe(9)
  })
})
