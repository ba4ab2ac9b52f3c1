/** The dump as both doors give it: its data and form, its options, a worker that can't answer, a pool that is inline. */
import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import { createPool, type EventOf, JobTimedOut, Pool, type PoolEvent } from "holdfast"
import { expect, it } from "vitest"
import { computesThenReads } from "../fixtures/blocked.ts"
import { loads } from "../fixtures/dumped-effects.ts"
import { spins } from "../fixtures/hangs.ts"
import { savesAndWaits } from "../fixtures/last-words.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { fifo } from "../threads/fifo.ts"

const PATIENCE = { timeout: 25_000, interval: 50 }

it("is plain data, and prints itself", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  await pool.map(square, [1, 2, 3])
  const dump = await pool.dump()
  expect(structuredClone(dump)).toEqual(
    JSON.parse(
      JSON.stringify(dump, (_, value) => value ?? null),
      (_, value) => value ?? undefined
    )
  )
  expect(Object.keys(dump)).toEqual(["at", "tookMs", "isolation", "phase", "queue", "workers"])
  expect(String(dump)).toMatch(/^pool at \d{4}-.*, 1 × processes/)
  expect(inspect(dump)).toBe(String(dump))
  expect(dump.workers[0]).toMatchObject({ activity: "idle", jobs: [], jobsDone: 3 })
})

it("counts what waits, runs and is to be tried again, by task", async () => {
  const pool = await createPool({ workers: 1, logger: false })
  const map = pool.map(
    slowSquare,
    Array.from({ length: 10 }, (_, n) => ({ n, ms: 60_000 }))
  )
  map.catch(() => undefined)
  for (let n = 0; n < 5; n++) pool.submit(square, n)
  await expect
    .poll(async () => (await pool.dump()).queue, PATIENCE)
    .toMatchObject({
      queued: 14,
      running: 1,
      retrying: 0,
      tasks: expect.arrayContaining([expect.objectContaining({ task: "square", queued: 5 })])
    })
  await pool.terminate()
  expect((await pool.dump()).workers.every(({ activity }) => activity === "absent")).toBe(true)
})

it("counts no job that was cancelled while it waited, and none as to be tried again that has only checkpointed", async () => {
  const pool = await createPool({ workers: 1, logger: false })
  const seen: Array<PoolEvent> = []
  const reading = (async () => {
    for await (const event of pool.events) seen.push(event)
  })()
  pool.submit(savesAndWaits)
  await expect.poll(() => seen.map(({ _tag }) => _tag), PATIENCE).toContain("JobProgress")
  const handles = pool.submitAll(square, [1, 2, 3, 4, 5])
  for (const handle of handles.slice(0, 3)) handle.cancel()
  expect((await pool.dump()).queue).toMatchObject({ queued: 2, running: 1, retrying: 0 })
  await pool.terminate()
  await reading
  expect(seen.find(({ _tag }) => _tag === "PoolClosing")).toMatchObject({ pending: 3 })
})

it("is an Effect behind the Effect door", async () => {
  const program = Effect.gen(function* () {
    const pool = yield* Pool.make({ workers: 1, logger: false })
    yield* pool.run(square, 2)
    return yield* pool.dump()
  }).pipe(Effect.scoped)
  expect((await Effect.runPromise(program)).workers).toHaveLength(1)
})

it.each([
  [{ within: 0 }, "within"],
  [{ within: "soon" }, "within"],
  [{ without: 1 }, "without"],
  [null, "options"]
])("refuses the options %o", async (options, option) => {
  await using pool = await createPool({ workers: 1, logger: false })
  await expect(pool.dump(options as never)).rejects.toMatchObject({ _tag: "InvalidOptions", problems: [{ option }] })
})

it("says of a worker that the system has stopped that it is stopped, within its time", {
  timeout: 90_000
}, async () => {
  const before = snapshotLeaks()
  const pool = await createPool({ workers: 1, logger: false })
  const handle = pool.submit(slowSquare, { n: 2, ms: 600_000 })
  await expect.poll(async () => (await pool.dump()).workers[0]?.activity, PATIENCE).toBe("waiting")
  const pid = pool.workers[0]?.pid
  process.kill(pid as number, "SIGSTOP")
  await expect.poll(async () => (await pool.dump()).workers[0]?.activity, PATIENCE).toBe("stopped")
  process.kill(pid as number, "SIGCONT")
  await expect.poll(async () => (await pool.dump()).workers[0]?.activity, PATIENCE).toBe("waiting")
  handle.cancel()
  await pool.terminate()
  await expectNoLeaks(before)
})

it("a failure in native code tells where the job was in the middle of its time", { timeout: 90_000 }, () =>
  fifo(async ({ path }) => {
    const before = snapshotLeaks()
    const pool = await createPool({ workers: 1, logger: false })
    await pool.run(square, 2)
    const error = await pool.run(computesThenReads, { ms: 11_000, path }, { timeout: 16_000 }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(JobTimedOut)
    expect(error.native).toMatchObject({ busy: false, path, lastSeen: { agoMs: expect.any(Number) } })
    expect(error.native.lastSeen.frames[0]).toMatchObject({ function: "computeFor" })
    // Where it is now, it has noted itself.
    expect(error.native.call).toBe("readFileSync")
    expect(error.hungAt[0].file).toBe(error.native.lastSeen.frames[0].file)
    expect(error.message).toMatch(/; it was in .*, which had called readFileSync: blocked in .* open(at)? on .*fifo$/)
    expect(inspect(error)).toMatch(/in readFileSync, blocked in .*fifo; \d.* before, it was in computeFor at/)
    await pool.terminate()
    await expectNoLeaks(before)
  })
)

it("tells of a job that has run for long, again and again, with its variables", { timeout: 60_000 }, async () => {
  const pool = await createPool({ workers: 1, stallWarning: 400, logger: false })
  const stalls: Array<EventOf<"JobStalled">> = []
  void (async () => {
    for await (const event of pool.events) if (event._tag === "JobStalled") stalls.push(event)
  })()
  pool.submit(spins, 41)
  await expect
    .poll(() => stalls.filter(({ stack }) => stack[0]?.locals?.what === '"square"').length, PATIENCE)
    .toBeGreaterThan(1)
  await expect.poll(() => (stalls.at(-1)?.runningMs ?? 0) / (stalls[0]?.runningMs ?? 1), PATIENCE).toBeGreaterThan(1.5)
  await pool.terminate()
})

it("tells inline which jobs there are, and where an Effect waits", async () => {
  const pool = await createPool({ workers: 1, isolation: "inline", logger: false })
  pool.submit(loads, 7)
  await expect
    .poll(async () => (await pool.dump()).workers[0]?.jobs[0]?.waitingOn[0]?.detail, PATIENCE)
    .toBe('in spans "query" in "load"')
  expect((await pool.dump()).workers[0]).toMatchObject({ activity: "waiting", pid: process.pid })
  await pool.terminate()
})
