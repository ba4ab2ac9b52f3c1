/** Rows 9, 12, 13 and 24: jobs that do not end by themselves, under a limit. */
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import { JobTimedOut } from "@holdfast/core"
import { expect } from "vitest"
import { notesPid } from "../fixtures/deaths.ts"
import { heedsAbort, ignoresAbort, notesOrSpins, readsFrom, spins } from "../fixtures/hangs.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import {
  bystanders,
  failureOf,
  fallsAsleep,
  isAlive,
  lineOf,
  SLACK_MS,
  STOPS_MS,
  timed,
  timely,
  withPool
} from "./scene.ts"

/** The debugger is armed a second ahead: with less, a loaded machine may have no time to look. */
const TIMEOUT = 2000
/** What promises.md states. */
const BOUND = TIMEOUT + 250 + SLACK_MS

const loop = { file: fileURLToPath(spins.module), line: lineOf(fileURLToPath(spins.module), "// the loop") }

const expectLoop = (error: JobTimedOut, start: number): void => {
  const [top, caller] = error.hungAt ?? []
  expect(top).toMatchObject({ function: "turnRound", file: loop.file, line: loop.line, locals: { what: '"square"' } })
  expect(top?.locals).toMatchObject({ start: String(start), turns: expect.stringMatching(/^\d+$/) })
  expect(caller).toMatchObject({ file: loop.file, line: lineOf(loop.file, `turnRound(start, "square")`) })
  expect(error.message).toContain(`turnRound at ${loop.file}:${loop.line}`)
}

/** What a worker from source needs; to debug itself is not permitted. */
const confined = ["--permission", "--allow-fs-read=*", "--allow-worker", "--no-warnings"]

scenario("where Node's permissions allow no debugger, a job is ended at its limit all the same, and none before", () =>
  withPool({ workers: 1, execArgv: confined, maxMemory: "1 GB" }, async ({ pool }) => {
    // Its watchdog is readied for its end by then.
    expect(await pool.run(slowSquare, { n: 3, ms: TIMEOUT - 500 }, { timeout: TIMEOUT })).toBe(9)
    const error = await failureOf("JobTimedOut", pool.run(spins, 41, { timeout: 300 }))
    expect(error.message).toContain("its worker was blocked and could not be looked into")
    expect(await pool.dump()).toMatchObject({ workers: [{}] })
  })
)

scenario("an endless loop is ended within timeout + 250 ms, with the loop's own stack and locals", () =>
  withPool({}, async ({ pool, eventsOf }) => {
    await pool.map(square, [1, 2, 3, 4])
    const others = bystanders(pool)
    const {
      result: error,
      ms,
      tries
    } = await timely(BOUND, () => failureOf("JobTimedOut", pool.run(spins, 41, { timeout: TIMEOUT })))
    expect(error).toMatchObject({ which: "timeout", limit: TIMEOUT })
    expectLoop(error, 41)
    expect(ms).toBeGreaterThanOrEqual(TIMEOUT - 1)
    expect(error.stack).toContain("hangs.test.ts")
    await others.unharmed()
    await expect.poll(() => eventsOf("WorkerExited").length).toBe(tries)
  })
)

scenario("a second endless loop on the successor of the first is caught as well", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    for (const start of [1, 2]) {
      const error = await failureOf("JobTimedOut", pool.run(spins, start, { timeout: TIMEOUT }))
      expectLoop(error, start)
    }
  })
)

scenario(
  "in a chunk of 50, the limit is each job's own: the looping one is charged, all others give their values",
  () =>
    withPool({ workers: 1 }, async ({ pool }) => {
      using notes = takeNotes()
      const inputs = Array.from({ length: 50 }, (_, n) => ({ file: notes.file, n, bad: 20 }))
      await pool.map(square, [1, 2, 3, 4])
      const { result: outcomes, ms } = await timed(() =>
        pool.settle(notesOrSpins, inputs, { chunkSize: 50, timeout: TIMEOUT })
      )
      for (const [n, outcome] of outcomes.entries()) {
        if (n !== 20) expect(outcome).toMatchObject({ _tag: "Succeeded", value: n })
        expect(outcome.job.attempts.length).toBe(1)
      }
      const hung = outcomes[20]
      if (hung?._tag !== "Failed" || !(hung.error instanceof JobTimedOut)) throw new Error("job 20 did not time out")
      expect(hung.error.hungAt?.[0]).toMatchObject({ file: loop.file, line: lineOf(loop.file, "while (Date.now()") })
      expect(notes.lines().map(Number)).toEqual(inputs.map(({ n }) => n))
      // The rest runs on a successor, which has to start.
      expect(ms).toBeLessThan(BOUND + 5000 + STOPS_MS)
    })
)

scenario("a wait on a server that never answers names its address", () =>
  withPool({}, async ({ pool, eventsOf }) => {
    const sockets: Array<Socket> = []
    const server = createServer((socket) => sockets.push(socket.on("error", () => undefined)))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    try {
      await pool.map(square, [1, 2, 3, 4])
      const others = bystanders(pool)
      const { result: error, tries } = await timely(BOUND, () =>
        failureOf("JobTimedOut", pool.run(readsFrom, port, { timeout: TIMEOUT }))
      )
      expect(error).toMatchObject({ which: "timeout", limit: TIMEOUT })
      expect(error.waitingOn).toContainEqual(expect.objectContaining({ kind: "tcp", detail: `127.0.0.1:${port}` }))
      expect(error.message).toContain(`tcp 127.0.0.1:${port}`)
      expect(error.hungAt).toBe(undefined)
      await others.unharmed()
      await expect.poll(() => eventsOf("WorkerExited").length).toBe(tries)
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, "close")
    }
  })
)

scenario("a stopped worker is killed at its job's deadline", () =>
  withPool({}, async ({ pool }) => {
    // Time to stop it, also for a test that is late.
    const timeout = 2 * TIMEOUT
    using notes = takeNotes()
    const others = bystanders(pool)
    const failing = timed(() => failureOf("JobTimedOut", pool.run(notesPid, { file: notes.file }, { timeout })))
    const [pid] = (await notes.written(1)).map(Number)
    // In the middle of its note it would be told of as being there.
    await fallsAsleep(pid ?? 0)
    process.kill(pid ?? 0, "SIGSTOP")
    const { result: error, ms } = await failing
    expect(error).toMatchObject({ which: "timeout", limit: timeout, job: { pid } })
    expect(error.message).toContain("its worker was stopped by the system (SIGSTOP)")
    // The worker may have had to start.
    expect(ms).toBeLessThan(timeout + STOPS_MS)
    await expect.poll(() => isAlive(pid ?? 0)).toBe(false)
    await others.unharmed()
  })
)

scenario("a worker that was stopped before its job could begin is killed too", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    await pool.run(square, 1)
    process.kill(pool.workers[0]?.pid ?? 0, "SIGSTOP")
    const { ms } = await timed(() => failureOf("JobTimedOut", pool.run(square, 2, { timeout: TIMEOUT })))
    expect(ms).toBeLessThan(BOUND + STOPS_MS)
  })
)

scenario(
  "a cancelled task that ignores its signal: the caller is told at once, its worker is killed after killGrace",
  () =>
    withPool({ killGrace: 4000 }, async ({ pool, eventsOf }) => {
      using notes = takeNotes()
      const others = bystanders(pool)
      const controller = new AbortController()
      const reason = new Error("changed my mind")
      const failing = failureOf("JobCancelled", pool.run(ignoresAbort, notes.file, { signal: controller.signal }))
      const [pid] = (await notes.written(1)).map(Number)
      const startedAt = performance.now()
      controller.abort(reason)
      expect((await failing).cause).toBe(reason)
      expect(performance.now() - startedAt).toBeLessThan(4000)
      expect(isAlive(pid ?? 0)).toBe(true)
      await expect.poll(() => isAlive(pid ?? 0), { interval: 5 }).toBe(false)
      const took = performance.now() - startedAt
      expect(took).toBeGreaterThanOrEqual(3995)
      expect(took).toBeLessThan(4000 + 200 + STOPS_MS)
      expect(notes.lines()).toEqual([String(pid), "aborted"])
      await others.unharmed()
      await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid, expected: true }])
    })
)

scenario("a timed out task that ignores its signal does not make its caller wait for killGrace", () =>
  withPool({ killGrace: 9000 }, async ({ pool }) => {
    using notes = takeNotes()
    await pool.map(square, [1, 2, 3, 4])
    const { ms } = await timed(() => failureOf("JobTimedOut", pool.run(ignoresAbort, notes.file, { timeout: TIMEOUT })))
    expect(ms).toBeLessThan(BOUND + STOPS_MS)
  })
)

scenario("a task that heeds its signal keeps its worker", () =>
  withPool({ workers: 1, killGrace: "60 seconds" }, async ({ pool, eventsOf }) => {
    using notes = takeNotes()
    const error = await failureOf("JobTimedOut", pool.run(heedsAbort, notes.file, { timeout: TIMEOUT }))
    expect(error.waitingOn?.map(({ kind }) => kind)).toEqual(["timer"])
    const [pid, name] = await notes.written(2)
    expect(name).toBe("TimeoutError")
    expect(await pool.run(square, 5)).toBe(25)
    expect(pool.workers[0]?.pid).toBe(Number(pid))
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)
