/** A worker that is idle for long has no watchdog, has one again for its next job, and loses nothing by that. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { createPool, JobTimedOut, type PromisePool, WorkerCrashed } from "holdfast"
import { afterEach, beforeEach, expect, it } from "vitest"
import { RestClock } from "../../packages/supervisor/src/transport/RestClock.ts"
import { fillsMemory } from "../fixtures/deaths.ts"
import { spins } from "../fixtures/hangs.ts"
import { countsReports, holds, LEAVINGS, leaves, readsOnFree } from "../fixtures/leavings.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { makesOne } from "../fixtures/shared.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { isAlive } from "./spawned.ts"

const PATIENCE = { timeout: 25_000, interval: 5 }
const MB = 1 << 20
const usual = RestClock.soonestMs

beforeEach(() => {
  RestClock.soonestMs = 60
})
afterEach(() => {
  RestClock.soonestMs = usual
})

const pidOf = (pool: PromisePool): number => pool.workers[0]?.pid ?? 0
const threadsOf = (pool: PromisePool): ReadonlyArray<string> => readdirSync(`/proc/${pidOf(pool)}/task`)
const residentOf = (pool: PromisePool): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pidOf(pool)}/status`, "utf8"))?.[1]) * 1024
const countOf = (pool: PromisePool): number => threadsOf(pool).length

/** Has the worker do a job, and waits until its watchdog has come and gone; how many threads are left. */
const rested = async (pool: PromisePool): Promise<number> => {
  expect(await pool.run(square, 3)).toBe(9)
  const awake = countOf(pool)
  await expect.poll(() => countOf(pool), PATIENCE).toBeLessThan(awake)
  return countOf(pool)
}

it("ends an idle worker's watchdog, and starts it again for the next job, many times", async () => {
  const before = snapshotLeaks()
  const pool = await createPool({ workers: 1, logger: false })
  const left = await rested(pool)
  const pid = pidOf(pool)
  const open = () => readdirSync(`/proc/${pid}/fd`).length
  const most = open()
  // Beyond the descriptors that were made at the first time.
  for (let time = 0; time < 11; time++) {
    RestClock.soonestMs = Math.max(6, RestClock.soonestMs / 2)
    expect(await rested(pool)).toBe(left)
    expect(open()).toBeLessThanOrEqual(most)
  }
  expect(pidOf(pool)).toBe(pid)
  await pool.close()
  await expectNoLeaks(before)
})

it("is asked by its thread what is open, not by Node's report, which brings 1 MB of its executable into memory", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  expect(await pool.run(countsReports)).toBe(0)
  await rested(pool)
  expect(await pool.run(countsReports)).toBe(0)
})

it("names the line of a job that hangs at once after a rest", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  await rested(pool)
  const error = await pool.run(spins, 1, { timeout: 1500 }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(JobTimedOut)
  const { hungAt = [] } = error as JobTimedOut
  expect(hungAt[0]?.file).toMatch(/hangs\.ts$/)
  expect(hungAt[0]?.line).toBeGreaterThan(0)
})

it("ends it too where Node has stripped types, and where jobs have made shared memory: V8 tells both of garbage", async () => {
  await using pool = await createPool({ workers: 1, logger: false, env: { NODE_DISABLE_COMPILE_CACHE: "1" } })
  expect(await pool.run(makesOne, 7)).toEqual(new Int32Array(4).fill(7))
  await rested(pool)
})

it("gives back what a job has let go of once the worker rests", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  expect(await pool.run(holds, 160)).toBe(160 * MB)
  const before = residentOf(pool)
  expect(await pool.run(holds, 0)).toBe(0)
  await expect.poll(() => residentOf(pool), PATIENCE).toBeLessThan(before - 80 * MB)
})

it("loses no job that comes in the moment in which a watchdog ends, and names the line of one that hangs then", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const left = await rested(pool)
  RestClock.soonestMs = 6
  // Feels for that moment: a little later where the thread was there still, earlier where it was gone.
  let waits = 90
  let wasGone = false
  for (let [time, met] = [0, 0]; met < 4; time++) {
    await sleep(waits)
    const isGone = countOf(pool) <= left
    if (isGone !== wasGone) met++
    wasGone = isGone
    waits *= isGone ? 0.96 : 1.05
    expect(await pool.run(square, time)).toBe(time ** 2)
  }
  await sleep(waits)
  const error = await pool.run(spins, 1, { timeout: 800 }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(JobTimedOut)
  expect((error as JobTimedOut).hungAt?.[0]?.file).toMatch(/hangs\.ts$/)
})

it("ends a worker for its memory after a rest, too", async () => {
  await using pool = await createPool({ workers: 1, logger: false, maxMemory: 200 * MB })
  await rested(pool)
  const error = await pool.run(fillsMemory, undefined).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(WorkerCrashed)
  expect(error).toMatchObject({ reason: "outOfMemory", limit: 200 * MB })
})

it("dumps a worker that rests as idle", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const left = await rested(pool)
  const dump = await pool.dump()
  expect(dump.workers[0]).toMatchObject({ state: "idle", activity: "idle", jobs: [], waitingOn: [] })
  expect(countOf(pool)).toBe(left)
})

it("keeps the watchdog of a worker whose job runs for long, and of one that gets a job now and then", async () => {
  RestClock.soonestMs = 900
  await using pool = await createPool({ workers: 1, logger: false })
  await pool.run(square, 1)
  await expect.poll(() => countOf(pool), PATIENCE).toBeGreaterThan(1)
  const long = pool.run(slowSquare, { n: 2, ms: 2500 })
  const threads = threadsOf(pool)
  expect(await long).toBe(4)
  expect(threadsOf(pool)).toEqual(expect.arrayContaining([...threads]))
  for (let time = 0; time < 20; time++) {
    await pool.run(slowSquare, { n: 2, ms: 60 })
    expect(threadsOf(pool)).toEqual(expect.arrayContaining([...threads]))
  }
})

it.each(LEAVINGS)("keeps the watchdog of a worker in which a job has left %s", async (what) => {
  await using clean = await createPool({ workers: 1, logger: false })
  await using pool = await createPool({ workers: 1, logger: false })
  await pool.run(leaves, what)
  const awake = threadsOf(pool)
  // By then the other one has been asked thrice, and each time later than this one.
  for (let time = 0; time < 3; time++) await rested(clean)
  expect(threadsOf(pool)).toEqual(expect.arrayContaining([...awake]))
  expect(await pool.run(square, 3)).toBe(9)
})

it("names what a job waits on that has a number which was the worker's, as the watchdog's is free after a rest", async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  await using pool = await createPool({ workers: 1, logger: false })
  const error = await pool.run(readsOnFree, port, { timeout: 1000 }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(JobTimedOut)
  expect((error as JobTimedOut).waitingOn).toMatchObject([{ kind: "tcp", detail: `127.0.0.1:${port}` }])
  server.close()
})

it("leaves neither the worker nor what it has started behind when the parent is killed meanwhile", async () => {
  const program = fileURLToPath(new URL("../fixtures/resting-parent.ts", import.meta.url))
  const parent = spawn(process.execPath, ["--conditions=holdfast-source", program], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const pids: Array<number> = []
  try {
    const [said] = (await once(parent.stdout, "data")) as [Buffer]
    pids.push(...String(said).trim().split(" ").map(Number))
    expect(pids.map(isAlive)).toEqual([true, true])
    parent.kill("SIGKILL")
    await expect.poll(() => pids.filter(isAlive), PATIENCE).toEqual([])
  } finally {
    parent.kill("SIGKILL")
    for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL")
  }
})
