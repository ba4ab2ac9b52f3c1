/** Work for every worker, and the workers' own stores: what is put there, read back, restored and lost. */
import { describe, expect, it } from "vitest"
import { put } from "../../packages/supervisor/src/worker/store-tasks.ts"
import { throwsFor } from "../fixtures/faulty.ts"
import { pid, slowSquare, square, untilAborted, whoAmI } from "../fixtures/plain.ts"
import { meanOfPart, readStore, writeStore } from "../fixtures/stores.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"
import { hearWarnings } from "./warnings.ts"

const { saying, told } = hearWarnings()

describe.each(places)("work for every worker, $isolation", (place) => {
  const trio = sharedIn(place, { workers: 3 })

  it("broadcasts a task: once on each, the values by worker", async () => {
    const said = await trio().broadcast(whoAmI, undefined)
    expect(said.map(({ workerId }) => workerId)).toEqual(trio().workers.map(({ id }) => id))
    expect(said.map(({ index, attempt }) => [index, attempt])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1]
    ])
  })

  it("reaches workers that a batch of short jobs keeps busy, long before that is done", async () => {
    const inputs = upTo(1000).map(() => ({ n: 2, ms: 5 }))
    let done = 0
    let reached: Promise<number> | undefined
    for await (const _ of trio().stream(slowSquare, inputs, { ordered: false })) {
      // By now its jobs are known to be short, and are sent ahead.
      if (++done === 100)
        reached = trio()
          .broadcast(square, 3)
          .then(() => done)
    }
    expect(await reached).toBeLessThan(900)
  })

  it("goes to a busy worker once that has time, ahead of what waits for anybody", async () => {
    const long = upTo(3).map(() => trio().submit(slowSquare, { n: 2, ms: 150 }))
    const order: Array<string> = []
    const queued = upTo(6).map(() =>
      trio()
        .run(slowSquare, { n: 1, ms: 20 })
        .then(() => order.push("queued"))
    )
    const broadcast = trio()
      .broadcast(square, 3)
      .then((values) => {
        order.push("broadcast")
        return values
      })
    expect(await broadcast).toEqual([9, 9, 9])
    await Promise.all(queued)
    expect(order.indexOf("broadcast")).toBeLessThan(6)
    for (const handle of long) expect(await handle.result()).toBe(4)
  })

  it("fails with the first failure", async () => {
    expect(await failureOf(trio().broadcast(throwsFor, null as never))).toMatchObject({ _tag: "TaskThrew" })
    expect(await trio().broadcast(square, 2)).toEqual([4, 4, 4])
  })

  it("can be cancelled by a signal", async () => {
    const file = scratchFile()
    const controller = new AbortController()
    const broadcast = trio().broadcast(untilAborted, file, { signal: controller.signal })
    await eventually(() => expect(linesOf(file)).toHaveLength(3))
    controller.abort(new Error("enough"))
    expect(await failureOf(broadcast)).toMatchObject({ _tag: "JobCancelled", cause: { message: "enough" } })
    await eventually(() => expect(linesOf(file)).toHaveLength(6))
  })

  it("pushes values into every store, for all tasks to see, and pulls them back", async () => {
    const config = { name: "model", weights: new Float64Array([1, 2, 3]) }
    await trio().push({ config, limit: 10 })
    expect(await trio().pull("limit")).toEqual([10, 10, 10])
    expect(await trio().pull("config")).toEqual([config, config, config])
    expect(await trio().map(readStore, ["limit", "limit", "limit", "limit"])).toEqual([10, 10, 10, 10])
    expect(await trio().broadcast(writeStore, { name: "own", value: 1 })).toEqual(trio().workers.map(({ id }) => id))
    expect(await trio().pull("own")).toEqual([1, 1, 1])
  })

  it("keeps what was pushed last, where the job of an older push comes behind it", async () => {
    await using pool = await openIn(place, { workers: 1 })
    await pool.run(put, [
      ["a", "new", 2],
      ["b", "old", 1]
    ])
    await pool.run(put, [["a", "old", 1]])
    await pool.run(put, [["b", "new", 2]])
    expect([await pool.pull("a"), await pool.pull("b")]).toEqual([["new"], ["new"]])
  })

  it("takes what was pushed as it was then", async () => {
    const list = [1]
    const pushing = trio().push({ list })
    await pushing
    list.push(2)
    expect(await trio().pull("list")).toEqual([[1], [1], [1]])
  })

  it("scatters an array over the workers and gathers it again, whatever its length", async () => {
    for (const length of [0, 1, 2, 3, 95]) {
      const whole = upTo(length)
      await trio().scatter("part", whole)
      const parts = (await trio().pull("part")) as Array<Array<number>>
      const lengths = parts.map((part) => part.length)
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      expect(await trio().gather("part")).toEqual(whole)
    }
    const means = await trio().broadcast(meanOfPart, "part")
    expect(means).toEqual([15.5, 47.5, 79])
    await trio().scatter("typed", Float32Array.of(1, 2, 3, 4))
    expect(await trio().gather("typed")).toEqual(Float32Array.of(1, 2, 3, 4))
    await trio().scatter("bytes", Buffer.from("bytes"))
    expect(await trio().gather<never>("bytes")).toEqual(Buffer.from("bytes"))
    await told()
    expect(saying(/Buffer/)).toEqual([])
    // biome-ignore lint/suspicious/noSparseArray: what has no value keeps its place
    await trio().scatter("sparse", [1, , 3, , 5])
    // biome-ignore lint/suspicious/noSparseArray: as above
    expect(await trio().gather("sparse")).toStrictEqual([1, , 3, , 5])
  })

  it("says which worker lacks what is pulled", async () => {
    const [first] = trio().workers
    const failure = await failureOf(trio().pull("nobody's"))
    expect(failure).toMatchObject({ _tag: "NotInStore", key: "nobody's", worker: first?.id, lost: false })
    expect(String(failure)).toContain('has no "nobody\'s" in its store')
    await trio().push({ word: "text" })
    expect(String(await failureOf(trio().gather("word")))).toContain("is not an array of one kind on every worker")
  })

  it("refuses what can't be put into a store, and says where it is", async () => {
    const refused = await failureOf(trio().push({ fine: 1, call: { back: () => 1 } }))
    expect(refused).toMatchObject({ _tag: "NotSerializable", path: "input.call.back" })
    expect((refused as Error).stack).toContain("stores.test.ts")
    expect(await failureOf(trio().push([1] as never))).toBeInstanceOf(TypeError)
    expect(await failureOf(trio().scatter("x", "text" as never))).toBeInstanceOf(TypeError)
    expect(await failureOf(trio().pull(""))).toBeInstanceOf(TypeError)
  })

  it("forgets what was refused: workers that come later have what the others have", async () => {
    await using pool = await openIn(place, { workers: 1 })
    await pool.push({ kept: 1, part: 1 })
    const odd = { timeout: -1 } as never
    expect(await failureOf(pool.push({ kept: 2, bad: () => 1 }))).toMatchObject({ _tag: "NotSerializable" })
    expect(await failureOf(pool.push({ kept: 3 }, odd))).toMatchObject({ _tag: "InvalidOptions" })
    expect(await failureOf(pool.scatter("part", [1], odd))).toMatchObject({ _tag: "InvalidOptions" })
    await pool.resize(2)
    expect([await pool.pull("kept"), await pool.pull("part")]).toEqual([
      [1, 1],
      [1, 1]
    ])
  })

  it("is refused by a pool that is closed", async () => {
    const pool = await openIn(place, { workers: 1 })
    await pool.close()
    for (const call of [pool.broadcast(square, 1), pool.push({ a: 1 }), pool.pull("a"), pool.scatter("a", [1])]) {
      expect(await failureOf(call)).toMatchObject({ _tag: "PoolClosed" })
    }
  })
})

describe("stores of workers that die", () => {
  const [processes] = places as [(typeof places)[number]]

  it("are given again what was pushed, before anything else runs there", async () => {
    await using pool = await openIn(processes, { workers: 2, concurrency: 2 })
    await pool.push({ limit: 10, list: [1, 2] })
    const [first] = await pool.broadcast(pid, undefined)
    process.kill(first ?? 0, "SIGKILL")
    await eventually(() => expect(pool.workers[0]?.restarts).toBe(1))
    expect(await pool.map(readStore, Array(8).fill("limit"))).toEqual(Array(8).fill(10))
    expect(await pool.pull("list")).toEqual([
      [1, 2],
      [1, 2]
    ])
  })

  it("are told of as lost where a part was scattered there", async () => {
    await using pool = await openIn(processes, { workers: 2 })
    await pool.scatter("part", [1, 2, 3])
    const [, second] = pool.workers
    process.kill(second?.pid ?? 0, "SIGKILL")
    await eventually(() => expect(pool.workers[1]?.restarts).toBe(1))
    const failure = await failureOf(pool.gather("part"))
    expect(failure).toMatchObject({ _tag: "NotInStore", key: "part", worker: second?.id, lost: true })
    expect(String(failure)).toContain("lost")
    await pool.scatter("part", [4, 5])
    expect(await pool.gather("part")).toEqual([4, 5])
  })
})
