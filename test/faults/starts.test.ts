/** Rows 18 to 20, and 31: what can't be loaded or started, and when a pool gives up. */
import { execFile, spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Task } from "@holdfast/core"
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { replacesPromise } from "../fixtures/breaks-worker.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { exitsAtStart, failsAtStart, neverStarts } from "../fixtures/starts.ts"
import { barred } from "../fixtures/throws-bare-at-import.ts"
import { scratchFile } from "../pool/places.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, STOPS_MS, timed, within, withPool } from "./scene.ts"

interface Unreachable {
  unreachable(n: number): number
  nothing(n: number): number
}
const of = (file: string) => Task.module<Unreachable>(new URL(`../fixtures/${file}.ts`, import.meta.url))
const throwsAtImport = of("broken-at-import")
const exitsAtImport = of("exits-at-import")
const neverImported = of("never-imported")
const spinsAtImport = of("spins-at-import")
const missing = of("no-such-file")

scenario("a module that throws at import fails the jobs that need it, with its own error; its worker goes on", () =>
  withPool({ workers: 2 }, async ({ pool, eventsOf }) => {
    const others = bystanders(pool)
    const outcomes = await pool.settle(throwsAtImport.unreachable, [1, 2, 3, 4, 5], { retry: 3 })
    for (const outcome of outcomes) {
      if (outcome._tag === "Succeeded") throw new Error("it was loaded")
      const error = await failureOf("TaskNotLoaded", Promise.reject(outcome.error))
      expect(error.cause).toBeInstanceOf(TypeError)
      expect((error.cause as Error).stack).toContain("test/fixtures/broken-at-import.ts:4:")
      expect(error.stack).toContain("test/fixtures/broken-at-import.ts:4:")
      expect(error.job.attempts.length, "nothing changes by trying again").toBe(1)
    }
    await others.unharmed()
    expect(eventsOf("WorkerExited")).toEqual([])
    await expect.poll(() => eventsOf("WorkerStarting").length).toBeLessThanOrEqual(2)
  })
)

scenario("a module that throws what has no text fails the jobs that need it; its worker goes on", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const error = await failureOf("TaskNotLoaded", pool.run(barred, 1))
    expect(error.message).toMatch(/importing its module failed: an object \(Object\)/)
    expect(await pool.run(square, 3)).toBe(9)
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a module, or an export, that is not there is named", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const noModule = await failureOf("TaskNotLoaded", pool.run(missing.unreachable, 1))
    expect(noModule.message).toContain("no-such-file.ts")
    const noExport = await failureOf("TaskNotLoaded", pool.run(of("bare").nothing, 1))
    expect(noExport.message).toMatch(/no export "nothing"; it exports .*double/)
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a module that exits at import costs the job that asked for it its worker, and breaks no pool", () =>
  withPool({ workers: 2 }, async ({ pool }) => {
    const others = bystanders(pool)
    const outcomes = await pool.settle(exitsAtImport.unreachable, Array(8).fill(1))
    expect(outcomes).toMatchObject(
      Array(8).fill({ _tag: "Failed", error: { _tag: "WorkerCrashed", reason: "exit", exitCode: 9 } })
    )
    await others.unharmed()
  })
)

scenario("a module that never finishes loading fails its jobs after startTimeout; other tasks go on", () =>
  withPool({ workers: 1, startTimeout: 5000 }, async ({ pool, eventsOf }) => {
    expect(await pool.run(square, 2)).toBe(4)
    const { result: error, ms } = await timed(() => failureOf("TaskNotLoaded", pool.run(neverImported.unreachable, 1)))
    expect(error.message).toContain("startTimeout")
    expect(ms).toBeLessThan(7000 + STOPS_MS)
    expect(await pool.run(square, 3)).toBe(9)
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a worker that a job has broken so that it loads nothing is replaced, and the next job runs in another", () =>
  withPool({ workers: 1, startTimeout: 2000 }, async ({ pool, eventsOf }) => {
    await pool.run(replacesPromise, undefined as never)
    expect(await pool.run(square, 3)).toBe(9)
    // On a loaded machine a worker may also be late to start.
    const told = eventsOf("WorkerExited").filter(({ expected }) => !expected)
    const why = /^answered, but had loaded no task's module in twice startTimeout \(2000 ms\)/
    expect(told.map(({ exit }) => exit.reason)).toContainEqual(expect.stringMatching(why))
  })
)

scenario("a module that loops for ever at import costs its worker after startTimeout, and its jobs are told", () =>
  withPool({ workers: 3, startTimeout: 4000 }, async ({ pool }) => {
    expect(await pool.map(square, [1, 2, 3, 4])).toEqual([1, 4, 9, 16])
    const others = bystanders(pool)
    // The second one's own limit has not begun to count.
    const { result: errors, ms } = await timed(() =>
      Promise.all(
        [{}, { timeout: 300 }].map((options) =>
          failureOf("TaskNotLoaded", pool.run(spinsAtImport.unreachable, 1, options))
        )
      )
    )
    for (const { frames, message, source } of errors) {
      expect(message).toContain("startTimeout")
      expect(message).toMatch(/it was in .* at .*spins-at-import\.ts:[67]:/)
      expect(frames.at(-1)?.file).toMatch(/spins-at-import\.ts$/)
      expect(source?.excerpt).toMatch(/^> 6 \| .*|^> 7 \| while/m)
    }
    expect(ms).toBeLessThan(7000 + STOPS_MS)
    await others.unharmed()
  })
)

for (const [what, context, says] of [
  ["that fails", failsAtStart, "no GPU here"],
  ["that ends its process", exitsAtStart, "process.exit(4)"]
] as const) {
  scenario(`a context ${what} is tried a handful of times, then every job is told`, () =>
    withPool(
      { workers: 2, context, goesOn: false, restart: { within: "10 minutes", backoff: { min: 1, max: 10 } } },
      async ({ pool, eventsOf }) => {
        const outcomes = await pool.settle(square, [1, 2, 3])
        for (const outcome of outcomes) {
          if (outcome._tag === "Succeeded") throw new Error("it ran")
          const error = await failureOf("WorkerFailedToStart", Promise.reject(outcome.error))
          expect(error.message).toContain(says)
          if (context === failsAtStart) expect(error.cause).toMatchObject({ name: "Error", message: says })
        }
        await failureOf("WorkerFailedToStart", pool.run(square, 4))
        expect(eventsOf("WorkerStarting").length).toBeLessThanOrEqual(8)
        await expect.poll(() => eventsOf("PoolBroke").length).toBe(1)
      }
    )
  )
}

scenario("a context that never comes to its end fails by startTimeout, as a start that failed", () =>
  withPool(
    {
      workers: 1,
      context: neverStarts,
      goesOn: false,
      startTimeout: 400,
      restart: { max: 1, within: "10 minutes", backoff: { min: 1, max: 1 } }
    },
    async ({ pool }) => {
      const error = await failureOf("WorkerFailedToStart", pool.run(square, 1))
      expect(error.message).toContain("within startTimeout (400 ms): it is once it has built its context")
      expect(error.message).toContain('"neverStarts"')
    }
  )
)

scenario("workers that die idle, faster than restart allows, break the pool: every job is told of the deaths", () =>
  withPool(
    { workers: 2, goesOn: false, restart: { max: 2, within: "1 minute", backoff: { min: 1, max: 10 } } },
    async ({ pool, eventsOf }) => {
      expect(await pool.map(square, [1, 2, 3, 4])).toEqual([1, 4, 9, 16])
      const killed = new Set<number>()
      await expect
        .poll(
          () => {
            for (const { pid, state } of pool.workers) {
              // One after the other: the break is told of the deaths until then.
              if (eventsOf("WorkerExited").length < killed.size) continue
              if (state !== "idle" || pid === undefined || killed.has(pid)) continue
              killed.add(pid)
              process.kill(pid, "SIGKILL")
            }
            return eventsOf("PoolBroke").length
          },
          { timeout: 15_000, interval: 5 }
        )
        .toBe(1)
      const error = await failureOf("PoolBroken", pool.run(square, 1))
      expect(error.deaths.length).toBe(3)
      for (const death of error.deaths) expect(killed.has(death.pid ?? 0)).toBe(true)
      expect(error.deaths[0]).toMatchObject({ description: "died of SIGKILL", lastLogs: [] })
      expect(error.message).toContain("SIGKILL")
      await within(3000 + STOPS_MS, pool.close())
    }
  )
)

scenario("deaths that a job is charged with do not count", () =>
  withPool({ workers: 2, restart: { max: 0 } }, async ({ pool, eventsOf }) => {
    const outcomes = await pool.settle(exitsAtImport.unreachable, Array(6).fill(1))
    expect(outcomes.every(({ _tag }) => _tag === "Failed")).toBe(true)
    expect(eventsOf("PoolBroke")).toEqual([])
  })
)

it("row 31: a program that is short of descriptors loses none with a worker that can't be started", async () => {
  const program = fileURLToPath(new URL("../fixtures/short-of-descriptors-program.ts", import.meta.url))
  const flags = ["--conditions=holdfast-source", program]
  const script = 'ulimit -n 120; exec "$0" "$@"'
  const ran = await promisify(execFile)("sh", ["-c", script, process.execPath, ...flags], { timeout: 50_000 })
  const told = JSON.parse(ran.stdout) as ReadonlyArray<readonly [left: number, came: unknown, lost: number]>
  const came = new Set(told.map(([, each]) => each))
  expect(came, "in some of them it can").toEqual(new Set(["WorkerFailedToStart", 9]))
  expect(told.filter(([, , lost]) => lost !== 0)).toEqual([])
})

/** Whether a namespace is to be had, in which `/dev/shm` is another, small one. */
const mayMount = process.platform === "linux" && spawnSync("unshare", ["-rm", "true"]).status === 0

it.skipIf(!mayMount).for([
  ["after", "/tmp", /^\["Succeeded"]$/],
  ["before", "/tmp", /^\["Succeeded"]$/],
  ["before", "/dev/shm", /^\["WorkerFailedToStart: Error: neither \/dev\/shm nor \/dev\/shm has a place .* ENOSPC/]
] as const)("memory that others have filled %s a worker has started, with %s for files", async ([when, tmp, came]) => {
  const program = fileURLToPath(new URL("../fixtures/full-memory-program.ts", import.meta.url))
  const script =
    'mount -t tmpfs -o size=256k none /dev/shm && TMPDIR=$1 exec "$0" --conditions=holdfast-source "$2" "$3"'
  const args = ["-rm", "sh", "-c", script, process.execPath, tmp, program, when]
  const ran = await promisify(execFile)("unshare", args, { timeout: 50_000 })
  expect(ran.stdout).toMatch(came)
})

/** Has all workers but the first be refused a thread, or that one, too. */
const withoutThreads = (file: string): ReadonlyArray<string> => {
  const preload = `import { openSync } from "node:fs"
    import { syncBuiltinESMExports } from "node:module"
    import threads from "node:worker_threads"
    let isFirst = true
    try { openSync(${JSON.stringify(file)}, "wx") } catch { isFirst = false }
    if (!isFirst) {
      threads.Worker = class { constructor() { throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" }) } }
      syncBuiltinESMExports()
    }`
  return ["--import", `data:text/javascript,${encodeURIComponent(preload)}`]
}
const few = { max: 1, within: "1 minute", backoff: { min: 10, max: 20 } } as const

it("row 31: where threads are left for one worker's watchdog alone, that worker does all the jobs", async () => {
  const execArgv = withoutThreads(`${scratchFile()}-first`)
  await using pool = await createPool({ workers: 2, logger: false, execArgv, restart: few })
  const inputs = Array.from({ length: 30 }, (_, n) => ({ n, ms: 50 }))
  expect(await pool.map(slowSquare, inputs, { chunkSize: 1 })).toEqual(inputs.map(({ n }) => n * n))
  expect(pool.workers.some(({ restarts }) => restarts > 1)).toBe(true)
})

it("row 31: a worker that there is no room for waits longer each time, though the others finish jobs", async () => {
  const execArgv = withoutThreads(`${scratchFile()}-first`)
  const restart = { ...few, backoff: { min: 10, max: 10_000 } }
  await using pool = await createPool({ workers: 2, logger: false, execArgv, restart })
  const { events } = pool
  const jobs = pool.map(
    slowSquare,
    Array.from({ length: 100 }, (_, n) => ({ n, ms: 30 })),
    { chunkSize: 1 }
  )
  const waits: Array<number | undefined> = []
  for await (const event of events) {
    if (event._tag === "WorkerExited") waits.push(event.restartInMs)
    if (waits.length === 5) break
  }
  await jobs
  // One that comes before the other worker has been given a job is the pool's own: whether it can work is not known yet.
  const from = waits[1] === 10 ? 1 : 0
  expect(waits.slice(from, from + 4)).toEqual([10, 20, 40, 80])
})

it("row 31: where they are left for none, the jobs are told so", async () => {
  const execArgv = withoutThreads("/dev/null")
  await using pool = await createPool({ workers: 2, logger: false, execArgv, restart: few })
  const { message } = await failureOf("WorkerFailedToStart", pool.run(square, 3))
  expect(message).toContain("its watchdog's thread could not be started: EAGAIN")
})
