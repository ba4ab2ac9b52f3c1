/** What threads are started with, what they load, and what they leave to the program: options, flags, its end. */

import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { createPool, InvalidOptions, Task } from "holdfast"
import { describe, expect, it } from "vitest"
import { takeNotes } from "../faults/notes.ts"
import { scenario } from "../faults/scenario.ts"
import { bystanders, failureOf, isAlive, STOPS_MS, timed, withPool } from "../faults/scene.ts"
import * as faulty from "../fixtures/faulty.ts"
import { loops } from "../fixtures/faulty.ts"
import { loadedFromCore } from "../fixtures/loaded.ts"
import { loadedFromHoldfast } from "../fixtures/loaded-holdfast.ts"
import { nests } from "../fixtures/nesting.ts"
import { square } from "../fixtures/plain.ts"
import { toldByThread } from "../fixtures/threads.ts"

const isolation = "thread"
const nothing = undefined as never
const recorder = new URL("../fixtures/records-loads.ts", import.meta.url).href
const HEAVY =
  /\/node_modules\/(effect|pino|pino-pretty|p-retry|cli-progress)\/|\/packages\/holdfast\/(src|dist)\/index\.|\/supervisor\/(src|dist)\/(index|pool|doors|scheduler|slot|transport)/

describe("a thread", () => {
  for (const task of [loadedFromCore, loadedFromHoldfast]) {
    it(`loads nothing that only the host needs for ${task.name}`, async () => {
      await using pool = await createPool({ workers: 1, isolation, logger: false, execArgv: ["--import", recorder] })
      const urls = await pool.run(task, undefined)
      expect(urls.some((url) => url.includes("/worker/thread-entry."))).toBe(true)
      expect(urls).toContain(task.module)
      expect(urls.filter((url) => HEAVY.test(url))).toEqual([])
    })
  }

  it("has the variables, the heap and the flags that its pool was given, and the others of the program", async () => {
    const execArgv = ["--max-old-space-size=96", "--max-semi-space-size=4", "--stack-size=2048", "--no-warnings"]
    const env = { HOLDFAST_GIVEN: "yes", HOME: undefined }
    await using pool = await createPool({ workers: 1, isolation, logger: false, env, execArgv })
    expect(await pool.run(toldByThread, ["HOLDFAST_GIVEN", "HOME", "PATH"])).toMatchObject({
      variables: ["yes", undefined, process.env.PATH],
      limits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 12, stackSizeMb: 2 },
      execArgv: expect.arrayContaining(["--no-warnings"])
    })
    expect(Object.keys(process.env)).not.toContain("HOLDFAST_GIVEN")
  })

  it.each([
    [{ cwd: "/" }, /cwd.*share the program's working directory/s],
    [{ execArgv: ["--expose-gc"] }, /execArgv.*--expose-gc/s],
    [{ execArgv: ["--no-warnings", "--title=x"] }, /execArgv.*--title=x/s]
  ])("can't have %j, which is said before anything starts", async (options, says) => {
    const error = await createPool({ isolation, logger: false, ...options }).then(
      () => expect.unreachable("it was accepted"),
      (reason: unknown) => reason
    )
    expect(error).toBeInstanceOf(InvalidOptions)
    expect((error as Error).message).toMatch(says)
    expect((error as Error).message).not.toContain("--no-warnings")
  })

  it.each(["process", isolation] as const)(
    "whose own code fails at a message ends and says why, rather than leave what it was asked for: isolation %s",
    async (isolation) => {
      // What Holdfast does before it loads a task; what its tasks do is none of its own.
      const hostile = `const { on } = process
        process.on = function (name, listener) {
          if (name === "exit") throw new Error("nobody may listen for the exit")
          return on.call(this, name, listener)
        }`
      const execArgv = ["--import", `data:text/javascript,${encodeURIComponent(hostile)}`]
      await using pool = await createPool({ workers: 1, isolation, logger: false, execArgv, restart: { max: 1 } })
      const { message } = await failureOf("PoolBroken", pool.run(square, 3))
      expect(message).toMatch(/it printed last: "holdfast worker: Error: nobody may listen for the exit"/)
    }
  )

  it("of a pool that is in a thread itself ends in time, and no native code is blamed for its loop", async () => {
    const program = new Worker(new URL("../fixtures/pool-in-thread.ts", import.meta.url))
    const [told] = await once(program, "message")
    expect(told).toMatchObject({ stalled: { stack: [], native: undefined }, hungAt: [], next: 9 })
    expect(told.message).toContain("its worker was blocked and could not be looked into")
  })

  scenario("row 32: a task module that makes a pool at import is told of its mistake", () =>
    withPool({ isolation }, async ({ pool, eventsOf }) => {
      const cube = Task.fn(
        { url: new URL("../fixtures/pool-at-import.ts", import.meta.url).href },
        "cube",
        square.run as never
      )
      const others = bystanders(pool)
      const error = await failureOf("TaskNotLoaded", pool.run(cube, 3 as never))
      expect(error.message).toMatch(/createPool.*inside (of )?a worker.*import\.meta\.main/s)
      await others.unharmed()
      expect(eventsOf("WorkerExited")).toEqual([])
    })
  )

  scenario("row 32: processes of a pool that a thread made on purpose end with the thread", () =>
    withPool({ isolation, workers: 1, killGrace: 50 }, async ({ pool }) => {
      using notes = takeNotes()
      const cancelled = new AbortController()
      const failing = failureOf(
        "JobCancelled",
        pool.run(nests, { file: notes.file, stays: true }, { signal: cancelled.signal })
      )
      const [, ...inner] = ((await notes.written(1))[0] ?? "").split(" ").map(Number)
      expect(inner.filter(isAlive)).toHaveLength(2)
      cancelled.abort()
      await failing
      await expect.poll(() => inner.filter(isAlive), { interval: 10 }).toEqual([])
    })
  )

  scenario("rows 27 and 28: loops are ended by cancelling, and by terminate, at once", () =>
    withPool({ isolation, killGrace: 100, goesOn: false }, async ({ pool }) => {
      const cancelled = new AbortController()
      const first = failureOf("JobCancelled", pool.run(loops, 1, { signal: cancelled.signal }))
      await expect.poll(() => pool.workers.some(({ state }) => state === "busy"), { timeout: 10_000 }).toBe(true)
      cancelled.abort("enough")
      expect((await first).cause).toBe("enough")
      expect(await pool.run(square, 3)).toBe(9)
      const others = [1, 2, 3].map((n) => failureOf("PoolClosed", pool.run(loops, n)))
      const { ms } = await timed(() => pool.terminate())
      expect(ms).toBeLessThan(2000 + STOPS_MS)
      await Promise.all(others)
    })
  )

  scenario("row 6: with flags alone, a full heap names their limit", () =>
    withPool({ isolation, workers: 1, execArgv: ["--max-old-space-size=40"] }, async ({ pool }) => {
      const failure = await failureOf("WorkerCrashed", pool.run(faulty.overflowsHeap, nothing))
      expect(failure).toMatchObject({ reason: "outOfMemory", limit: 40 * 1024 * 1024 })
    })
  )
})
