/**
 * The rows of promises.md whose faults a thread survives, each tried in a pool of threads: the right failure in
 * time, bystanders unharmed, the next job runs, nothing left behind.
 */
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { type JobError, Task } from "@holdfast/core"
import { describe, expect } from "vitest"
import { scenario } from "../faults/scenario.ts"
import { bystanders, failureOf, lineOf, type Scene, SLACK_MS, timely, withPool } from "../faults/scene.ts"
import { readsAtOnce } from "../fixtures/blocked.ts"
import * as deaths from "../fixtures/deaths.ts"
import * as faulty from "../fixtures/faulty.ts"
import { neverWakes, readsFrom, spins, wakesLate } from "../fixtures/hangs.ts"
import * as late from "../fixtures/late.ts"
import { square } from "../fixtures/plain.ts"
import { printsAndFails } from "../fixtures/printing.ts"
import { overflowsStack, rejectsWithThenable, throwsFromFinally, throwsInMicrotask } from "../fixtures/thrown.ts"
import { linesOf, scratchFile, upTo } from "../pool/places.ts"
import { fifo } from "./fifo.ts"

const isolation = "thread"
const hangs = fileURLToPath(new URL("../fixtures/hangs.ts", import.meta.url))
const nothing = undefined as never
const exitsAtImport = Task.module<typeof import("../fixtures/exits-at-import.ts")>(
  new URL("../fixtures/exits-at-import.ts", import.meta.url)
)

interface Fault {
  readonly row: number
  readonly what: string
  readonly play: (pool: Scene["pool"]) => Promise<unknown>
  readonly tag: JobError["_tag"]
  readonly fields?: object
  readonly message?: RegExp
  readonly replaced: boolean
}

const MB = 1024 * 1024
const faults: ReadonlyArray<Fault> = [
  ...[0, 3].map(
    (code): Fault => ({
      row: 4,
      what: `process.exit(${code})`,
      play: (pool) => pool.run(faulty.exits, code),
      tag: "WorkerCrashed",
      fields: { reason: "exit", exitCode: code },
      replaced: true
    })
  ),
  {
    row: 5,
    what: "process.abort(), which a thread can't",
    play: (pool) => pool.run(faulty.aborts, nothing),
    tag: "TaskThrew",
    message: /process\.abort\(\) is not supported in workers/,
    replaced: false
  },
  {
    row: 6,
    what: "a full heap",
    play: (pool) => pool.run(faulty.overflowsHeap, nothing),
    tag: "WorkerCrashed",
    fields: { reason: "outOfMemory", limit: 48 * MB, lastReading: 48 * MB },
    message: /limit is 48 MB/,
    replaced: true
  },
  ...late.ways.map(
    (way): Fault => ({
      row: 7,
      what: `an error that escapes from a ${way}`,
      play: (pool) => pool.run(late.escapesWhileRunning, way),
      tag: "TaskThrew",
      replaced: true
    })
  ),
  ...(["promise", "thenable"] as const).map(
    (how): Fault => ({
      row: 11,
      what: `a ${how} that nothing can wake`,
      play: (pool) => pool.run(neverWakes, how),
      tag: "JobStuck",
      replaced: false
    })
  ),
  {
    row: 15,
    what: "a result that can't be serialised",
    play: (pool) => pool.run(faulty.returnsFunction, nothing),
    tag: "NotSerializable",
    fields: { side: "output", path: "result.items[0].onClick" },
    replaced: false
  },
  ...[overflowsStack, throwsFromFinally, rejectsWithThenable, throwsInMicrotask].map(
    (task): Fault => ({
      row: 34,
      what: task.name,
      play: (pool) => pool.run(task, nothing),
      tag: "TaskThrew",
      replaced: task === throwsInMicrotask
    })
  )
]

describe("a fault in a thread", () => {
  for (const { row, what, play, tag, fields = {}, message = /./, replaced } of faults) {
    scenario(`row ${row}: ${what}`, () =>
      withPool({ isolation, maxMemory: 48 * MB }, async ({ pool }) => {
        const beside = bystanders(pool)
        const failure = await failureOf(tag, play(pool))
        expect(failure).toMatchObject(fields)
        expect(failure.message).toMatch(message)
        expect(failure.job).toMatchObject({ pid: process.pid, attempts: [{ number: 1 }] })
        await beside.unharmed()
        expect(await pool.map(square, upTo(20))).toEqual(upTo(20).map((n) => n * n))
        const restarts = (): number => pool.workers.reduce((sum, { restarts }) => sum + restarts, 0)
        await expect.poll(restarts).toBe(replaced ? 1 : 0)
      })
    )
  }

  scenario("row 9: an endless loop is told of with its line and locals, and its thread ended", () =>
    withPool({ isolation, workers: 3 }, async ({ pool }) => {
      await pool.broadcast(square, 1)
      const beside = bystanders(pool, 30)
      const { result } = await timely(2000 + 250 + SLACK_MS + 600, () =>
        failureOf("JobTimedOut", pool.run(spins, 7, { timeout: 2000 }))
      )
      const line = lineOf(hangs, "// the loop")
      expect(result.hungAt?.[0]).toMatchObject({ function: "turnRound", file: hangs, line, locals: { start: "7" } })
      expect(result.message).toContain(`${hangs}:${line}`)
      await beside.unharmed()
    })
  )

  scenario("row 12: a wait with a timeout names what it waits on", () =>
    withPool({ isolation }, async ({ pool }) => {
      const failure = await failureOf("JobTimedOut", pool.run(faulty.waitsForever, nothing, { timeout: 1000 }))
      expect(failure.waitingOn).toContainEqual({ kind: "timer", detail: expect.stringMatching(/^due in \d+ ms$/) })
      expect(failure.hungAt).toBeUndefined()
    })
  )

  scenario("row 12: the address of a server that does not answer, and nothing of other threads", async () => {
    const server = createServer()
    await once(server.listen(0, "127.0.0.1"), "listening")
    const { port } = server.address() as AddressInfo
    await withPool({ isolation }, async ({ pool }) => {
      const beside = pool.run(faulty.waitsForever, nothing, { timeout: 5000 }).catch(() => undefined)
      const failure = await failureOf("JobTimedOut", pool.run(readsFrom, port, { timeout: 1000 }))
      expect(failure.waitingOn).toEqual([expect.objectContaining({ kind: "tcp", detail: `127.0.0.1:${port}` })])
      await beside
    })
    await promisify(server.close.bind(server))()
  })

  scenario("row 11: a job that a timer wakes which holds nothing open is not taken for stuck", () =>
    withPool({ isolation }, async ({ pool }) => {
      expect(await pool.run(wakesLate, 300)).toBe("woken")
    })
  )

  scenario("row 12: a thread blocked in native code is left behind, and its slot goes on with another", () =>
    fifo(async ({ path, release }) => {
      await withPool({ isolation, workers: 1 }, async ({ pool, eventsOf }) => {
        const { result, tries } = await timely(400 + 250 + SLACK_MS + 600, () =>
          failureOf("JobTimedOut", pool.run(readsAtOnce, path, { timeout: 400 }))
        )
        expect(result.message).toMatch(/blocked in|native code|which had called readFileSync/)
        expect(await pool.run(square, 3)).toBe(9)
        await expect.poll(() => eventsOf("WorkerExited")).toHaveLength(tries)
        // Only now can it end, and be no leak of the test's.
        release()
      })
    })
  )

  scenario("blame is exact: of a chunk, only the job that ended its thread is charged, and none runs twice", () =>
    withPool({ isolation, workers: 2 }, async ({ pool }) => {
      const file = scratchFile()
      const inputs = upTo(200).map((n) => ({ file, n, succeedsAt: n === 77 ? 2 : 1 }))
      const outcomes = await pool.settle(deaths.exitsUntil, inputs, { chunkSize: 100 })
      const failed = outcomes.filter((outcome) => outcome._tag === "Failed")
      expect(failed.map(({ job }) => job.index)).toEqual([77])
      expect(failed[0]).toMatchObject({ error: { _tag: "WorkerCrashed", reason: "exit", exitCode: 7 } })
      expect(linesOf(file).sort()).toEqual(
        upTo(200)
          .map((n) => `${n}:1`)
          .sort()
      )
      expect(outcomes.every(({ job }) => job.attempts.length === 1)).toBe(true)
    })
  )

  scenario("row 18: a module that exits at import costs the job that asked for it its thread, and breaks no pool", () =>
    withPool({ isolation }, async ({ pool }) => {
      const others = bystanders(pool)
      const outcomes = await pool.settle(exitsAtImport.unreachable, upTo(8))
      expect(outcomes).toMatchObject(
        Array(8).fill({ _tag: "Failed", error: { _tag: "WorkerCrashed", reason: "exit", exitCode: 9 } })
      )
      await others.unharmed()
    })
  )

  for (const how of ["throws", "exits"] as const) {
    scenario(`logs: all that was printed before it ${how} has arrived, the unfinished line too`, () =>
      withPool({ isolation, keepLogs: true }, async ({ pool, eventsOf }) => {
        const tag = how === "throws" ? "TaskThrew" : "WorkerCrashed"
        const { job } = await failureOf(tag, pool.run(printsAndFails, how))
        expect(job.lastLogs.stdout).toHaveLength(20)
        expect(job.lastLogs.stdout.at(-1)).toBe("unfinished")
        expect(job.lastLogs.stdout.at(-2)).toMatch(/^out 2999 /)
        const lines = () =>
          eventsOf("Log").filter(({ stream, message }) => stream === "stdout" && message.startsWith("out "))
        // Printed at once by a thread that ends at once: the reader of events may have been told that it missed some.
        const missed = () => eventsOf("EventsDropped").reduce((sum, { count }) => sum + count, 0)
        // The reader takes events one by one, on turns of its own.
        await expect.poll(() => lines().length + missed()).toBeGreaterThanOrEqual(3000)
        expect(lines().every(({ task }) => task === "printsAndFails")).toBe(true)
      })
    )
  }

  scenario("row 8: an error that escapes after its job harms no other", () =>
    withPool({ isolation, workers: 1 }, async ({ pool, eventsOf }) => {
      const values = pool.map(late.escapesAfterwards, [
        { n: 1, ms: 50 },
        { n: 2, ms: 200 }
      ])
      expect(await values).toHaveLength(2)
      await expect.poll(() => eventsOf("LateError").length, { timeout: 10_000 }).toBeGreaterThan(0)
      expect(eventsOf("LateError")[0]).toMatchObject({ task: "escapesAfterwards" })
    })
  )
})
