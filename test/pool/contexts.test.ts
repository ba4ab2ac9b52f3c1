import { createPool, type PoolEvent } from "holdfast"
import { describe, expect, it, vi } from "vitest"
import { brokenContext, convert } from "../fixtures/effects.ts"
import { cooks, countsHere, draws, kitchen, pit, reads, shelf, well } from "../fixtures/homes.ts"
import * as odd from "../fixtures/odd-starts.ts"
import { square } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"
import { exitsOf, warningLines } from "./told.ts"

/** Where a context's release is that never ends, in words. */
const whereabouts: Readonly<Record<string, string>> = {
  spins: "; it was in (dispose|spins) at \\S+odd-starts\\.ts:\\d+:\\d+",
  hangs: "; it was waiting on timer due in \\d+ ms"
}

describe.each(places)("contexts, $isolation", (place) => {
  const { isolation } = place

  /** The file in which the contexts note what happens to them. */
  const homeFile = (): string => {
    const file = scratchFile()
    vi.stubEnv("HOME_FILE", file)
    return file
  }
  const counted = (lines: ReadonlyArray<string>): Record<string, number> =>
    Object.fromEntries([...new Set(lines)].sort().map((line) => [line, lines.filter((each) => each === line).length]))

  it("that are Layers are built once in each worker, shared among its jobs, and released at its end", async () => {
    const file = homeFile()
    const pool = await createPool({ workers: 2, isolation, logger: false, context: [well, kitchen] })
    expect(await pool.map(cooks, upTo(20).map(String))).toEqual(upTo(20).map((n) => `soup of water for ${n}`))
    expect(await pool.map(draws, upTo(20))).toEqual(upTo(20).map(() => "water"))
    await vi.waitFor(() => expect(counted(linesOf(file))).toEqual({ "kitchen built": 2, "well built": 2 }), {
      timeout: 20_000
    })
    await pool.close()
    expect(counted(linesOf(file))).toEqual({
      "kitchen built": 2,
      "kitchen released": 2,
      "well built": 2,
      "well released": 2
    })
    const order = linesOf(file)
    expect(order.indexOf("kitchen released")).toBeLessThan(order.indexOf("well released"))
  })

  it("that are plain are loaded once in each worker, and disposed of at its end", async () => {
    const file = homeFile()
    const pool = await createPool({ workers: 2, isolation, logger: false, context: shelf })
    expect(await pool.map(reads, [0, 1, 0, 1])).toEqual(["one", "two", "one", "two"])
    await vi.waitFor(() => expect(counted(linesOf(file))).toEqual({ "shelf built": 2 }), { timeout: 20_000 })
    await pool.close()
    expect(counted(linesOf(file))).toEqual({ "shelf built": 2, "shelf released": 2 })
  })

  it("may be of both kinds, and are released in the reverse order", async () => {
    const file = homeFile()
    const pool = await createPool({ workers: 1, isolation, logger: false, context: [shelf, well] })
    expect(await Promise.all([pool.run(reads, 1), pool.run(draws, 1)])).toEqual(["two", "water"])
    await pool.close()
    expect(linesOf(file)).toEqual(["shelf built", "well built", "well released", "shelf released"])
  })

  it("are asked for by a task of a pool that has none: it says which, and the pool goes on", async () => {
    await using pool = await openIn(place, { workers: 1 })
    expect(await failureOf(pool.run(reads, 1))).toMatchObject({
      _tag: "TaskThrew",
      message: expect.stringMatching(/without the context "shelf"[\s\S]*createPool\(\{ context: \[shelf\] \}\)/)
    })
    // The types refuse it; a program in JavaScript would learn it here.
    expect(await failureOf(pool.run(convert as never, 1))).toMatchObject({
      _tag: "TaskThrew",
      message: expect.stringContaining("test/Rates")
    })
    expect(await pool.run(square, 3)).toBe(9)
  })

  it("that fail to be built fail every job, with their own error as its cause", async () => {
    const pool = await createPool({
      workers: 2,
      isolation,
      logger: false,
      context: brokenContext,
      restart: { max: 2, within: "10 minutes", backoff: { min: 1, max: 2 } }
    })
    const [one, many] = [pool.run(square, 1), pool.map(square, [1, 2])]
    const failed = { _tag: "WorkerFailedToStart", cause: { message: "no GPU here" } }
    expect(await failureOf(one)).toMatchObject(failed)
    expect(await failureOf(many)).toMatchObject(failed)
    expect(await failureOf(pool.run(square, 1))).toMatchObject(failed)
    await pool.close()
  })

  it.each([
    ["what has no text", [odd.bare], "bare", "an object (Object)"],
    ["a tagged error, which has no message", [odd.database], "database", "DbDown"],
    ["no error, whose fields are left to the cause", [odd.settings], "settings", "NoSettings"],
    [
      "its own error, not what a Layer before it fails to release with",
      [odd.cache, odd.database],
      "database",
      "DbDown"
    ],
    ["its own error, not what one before it fails to dispose of", [odd.shelf, odd.bare], "bare", "an object (Object)"]
  ] as const)("that fail are told by their own words: with %s", async (_, context, name, words) => {
    const once = { max: 1, within: "10 minutes", backoff: { min: 1, max: 2 } } as const
    const pool = await createPool({ workers: 1, isolation, logger: false, context, restart: once })
    expect(await failureOf(pool.run(square, 1))).toMatchObject({
      _tag: "WorkerFailedToStart",
      message: expect.stringMatching(new RegExp(`its context "${name}" failed: ${words.replace(/[()]/g, "\\$&")}$`))
    })
    await pool.close()
  })

  it.each([
    ["a function", [odd.shelf], 'the context "shelf" could not be released: its dispose'],
    [
      "one of several Layers",
      [odd.cache, odd.pantry],
      'one of the contexts "cache", "pantry" could not be released: its release'
    ],
    [
      "several of several Layers",
      [odd.cache, odd.fridge],
      'one of the contexts "cache", "fridge" could not be released: its door; one of the contexts "cache", "fridge" could not be released: its release'
    ]
  ] as const)("that fail to be released say so by name, and blame no job: %s", async (_, context, words) => {
    const pool = await createPool({ workers: 1, isolation, logger: false, context })
    const escaped: Array<PoolEvent> = []
    const watching = (async () => {
      for await (const event of pool.events) if (event._tag === "LateError") escaped.push(event)
    })()
    expect(await pool.run(square, 3)).toBe(9)
    await pool.close()
    await watching
    expect(escaped).toMatchObject([{ task: undefined, error: { message: expect.stringContaining(words) } }])
  })

  it.each(isolation === "inline" ? [odd.hangs] : [odd.hangs, odd.spins])(
    "that can't be released in time are told by name ($name)",
    async (stuck) => {
      const { lines, logger } = warningLines()
      const pool = await createPool({ workers: 1, isolation, logger, context: [odd.pantry, stuck], killGrace: 200 })
      const exits = exitsOf(pool)
      expect(await pool.run(square, 3)).toBe(9)
      await pool.close()
      expect(await exits).toMatchObject([{ expected: true, exit: { reason: "grace", releasing: [stuck.name] } }])
      const words = `worker 1 had not ended within killGrace of being asked to, and was killed: its context "${stuck.name}" was still being released`
      const where = isolation === "inline" ? "" : whereabouts[stuck.name]
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^${words}${where}$`))])
    }
  )

  it.runIf(isolation === "inline").each(["close", "terminate"] as const)(
    "that are Layers which are never built hold nothing once their worker was let go of, by %s",
    async (end) => {
      const file = homeFile()
      const pool = await createPool({ workers: 1, isolation, logger: false, context: [shelf, well, pit] })
      const failed = failureOf(pool.run(square, 3))
      await eventually(() => expect(linesOf(file)).toContain("pit begun"))
      if (end === "close") await pool.close({ drainTimeout: 1 })
      else await pool.terminate()
      expect(await failed).toMatchObject({ _tag: "PoolClosed" })
      await eventually(() =>
        expect(linesOf(file).slice(3).sort()).toEqual(["pit left", "shelf released", "well released"])
      )
    }
  )

  it.skipIf(isolation === "inline")("that have been released are not what a worker is still at", async () => {
    const { lines, logger } = warningLines()
    const context = [odd.pantry, odd.lingers]
    const pool = await createPool({ workers: 1, isolation, logger, context, killGrace: 200 })
    expect(await pool.run(square, 3)).toBe(9)
    await pool.close()
    expect(lines).toEqual([
      expect.stringMatching(
        /^worker 1 had not ended within killGrace of being asked to, and was killed; it was in \(anonymous\) at \S+odd-starts\.ts:\d+:\d+$/
      )
    ])
  })

  it.runIf(isolation === "process")(
    "that leave behind what still prints have no worker killed that has ended",
    async () => {
      const pool = await createPool({
        workers: 1,
        isolation,
        logger: false,
        context: odd.leavesTalker,
        killGrace: 1500
      })
      const exits = exitsOf(pool)
      expect(await pool.run(square, 3)).toBe(9)
      await pool.close()
      expect(await exits).toMatchObject([{ expected: true, exit: { exitCode: 0, reason: undefined } }])
    }
  )

  it("that give no value are told what they gave", async () => {
    const once = { max: 1, within: "10 minutes", backoff: { min: 1, max: 2 } } as const
    const pool = await createPool({ workers: 1, isolation, logger: false, context: odd.returnsBare, restart: once })
    expect(await failureOf(pool.run(square, 1))).toMatchObject({
      message: expect.stringContaining(
        'the context "returnsBare" must return { value, dispose? }, it returned [null prototype] {}'
      )
    })
    await pool.close()
  })

  it("are not for what a worker keeps by itself: its own store lasts from job to job", async () => {
    await using pool = await openIn(place, { workers: 2 })
    const counts = await pool.map(countsHere, upTo(30))
    for (const worker of [1, 2]) {
      const befores = counts.filter(({ workerId }) => workerId === worker).map(({ before }) => before)
      expect(befores.toSorted((a, b) => a - b)).toEqual(upTo(befores.length))
    }
  })
})
