import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { JobDump, PoolDump, Resource, WorkerDump } from "@holdfast/core"
import { createPool, type PromisePool } from "holdfast"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readsAtOnce } from "../fixtures/blocked.ts"
import { asks, awaits, computesUntil } from "../fixtures/dumped.ts"
import { loads } from "../fixtures/dumped-effects.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { fifo } from "../threads/fifo.ts"

const PATIENCE = { timeout: 25_000, interval: 50 }

const folder = mkdtempSync(join(tmpdir(), "holdfast-dump-"))
const server = createServer((request, response) => void (request.url === "/ok" && response.end("ok")))
let port = 0

beforeAll(async () => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})

let files = 0
/** A file that lets a computing job go once it is written. */
const gate = (): { readonly path: string; readonly open: () => void } => {
  const path = join(folder, `gate-${++files}`)
  return { path, open: () => writeFileSync(path, "") }
}

const file = fileURLToPath(computesUntil.module)
const lineOf = (text: string, path: string = file): number =>
  readFileSync(path, "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1

/** Looks until the first worker is seen so. */
const dumpWhen = async (pool: PromisePool, seen: (worker: WorkerDump) => boolean): Promise<PoolDump> => {
  let dump: PoolDump | undefined
  await expect
    .poll(async () => {
      dump = await pool.dump({ within: "5 seconds" })
      const [worker] = dump.workers
      return worker !== undefined && seen(worker) ? true : String(dump)
    }, PATIENCE)
    .toBe(true)
  return dump as PoolDump
}

/** A child process of a thread outlives it. */
const endChildrenOf = (dump: PoolDump): void => {
  for (const { kind, detail } of dump.workers.flatMap(({ waitingOn }) => waitingOn))
    if (kind === "child process") process.kill(Number.parseInt(detail, 10), "SIGKILL")
}

const inTheLoop = ({ activity, frames }: WorkerDump): boolean =>
  // Where a function begins it may be seen, too.
  activity === "running" && frames[0]?.function === "turnRound" && frames[0].line === lineOf("// the loop")

describe.each(["process", "thread"] as const)("a dump of a pool of isolation %s", (isolation) => {
  const withPool = async (options: object, use: (pool: PromisePool) => Promise<void>): Promise<void> => {
    const before = snapshotLeaks()
    const pool = await createPool({ workers: 1, isolation, logger: false, ...options })
    try {
      await use(pool)
    } finally {
      await pool.terminate()
    }
    await expectNoLeaks(before)
  }

  it("tells where a job is blocked, with its variables, and leaves it at work", () =>
    withPool({}, async (pool) => {
      const { open, path } = gate()
      const handle = pool.submit(computesUntil, path, { key: "the one", timeout: "10 minutes" })
      const dump = await dumpWhen(pool, inTheLoop)
      const [worker] = dump.workers
      expect(worker?.frames[0]).toMatchObject({ file, line: lineOf("// the loop"), locals: { label: '"orders"' } })
      expect(worker?.frames[1]).toMatchObject({ function: "(anonymous)", locals: { rounds: expect.any(String) } })
      const job: Partial<JobDump> = { task: "computesUntil", index: 0, key: "the one", attempt: 1 }
      expect(worker?.jobs).toMatchObject([{ ...job, inputPreview: expect.stringContaining("gate-") }])
      expect(worker?.jobs[0]?.runningMs).toBeGreaterThan(0)
      expect(worker?.jobs[0]?.timeoutInMs).toBeLessThan(600_000)
      expect(worker).toMatchObject({ state: "busy", pid: expect.any(Number), memory: { rss: expect.any(Number) } })
      expect(String(dump)).toContain(`at turnRound (${file}:${lineOf("// the loop")}:`)
      open()
      expect(await handle.result()).toBe("computed")
    }))

  it.each([
    ["fetch", "http", (): string => `GET http://127.0.0.1:${port}/never`],
    ["http", "http", (): string => `GET http://127.0.0.1:${port}/never`],
    ["net", "tcp", (): string => `127.0.0.1:${port}`],
    ["child", "child process", (): string => "sleep 1000"]
  ] as const)("tells what a job waits on, and where it asked for it: %s", (how, kind, detail) =>
    withPool({}, async (pool) => {
      pool.submit(awaits, { how, port })
      const found = (worker: WorkerDump): Resource | undefined =>
        worker.jobs[0]?.waitingOn.find((each) => each.kind === kind && each.openedAt !== undefined)
      const dump = await dumpWhen(pool, (worker) => worker.activity === "waiting" && found(worker) !== undefined)
      const resource = found(dump.workers[0] as WorkerDump)
      expect(resource?.detail).toContain(detail())
      expect(resource?.detail).not.toContain("hunter2")
      expect(resource?.openedAt).toMatchObject({ function: "await_", file, line: lineOf(`// ${how}`) })
      expect(dump.workers[0]?.memory?.heapUsed).toBeGreaterThan(0)
      await expect
        .poll(async () => (await pool.dump()).workers[0]?.jobs[0]?.lastLogs.stdout, PATIENCE)
        .toEqual([`awaiting ${how}`])
      endChildrenOf(dump)
    })
  )

  it("tells of a connection that an earlier job has opened, and of no request that was answered", () =>
    withPool({}, async (pool) => {
      const url = `http://127.0.0.1:${port}`
      expect(await pool.run(asks, `${url}/ok`)).toBe("ok")
      pool.submit(asks, `${url}/never`)
      const told = async (): Promise<ReadonlyArray<string> | undefined> => {
        const [job] = (await pool.dump()).workers[0]?.jobs ?? []
        return job?.waitingOn.map(({ kind, detail, openedAt }) => `${kind} ${detail} ${openedAt?.line}`)
      }
      const line = lineOf('"asks"')
      const expected = [`http GET ${url}/never ${line}`, `tcp 127.0.0.1:${port} ${line}`]
      await expect.poll(told, PATIENCE).toEqual(expected)
    }))

  it("tells of a timer when it is due", () =>
    withPool({}, async (pool) => {
      pool.submit(awaits, { how: "timer", port })
      const due = /waits on timer due in \d{5,6} ms/
      await expect.poll(async () => String(await pool.dump()), PATIENCE).toMatch(due)
    }))

  it("tells apart what jobs side by side wait on", () =>
    withPool({ concurrency: 3 }, async (pool) => {
      pool.submit(awaits, { how: "net", port })
      pool.submit(awaits, { how: "child", port })
      pool.submit(loads, 7)
      const kinds = ({ waitingOn }: JobDump): string => waitingOn.map(({ kind }) => kind).join()
      const dump = await dumpWhen(pool, ({ jobs }) => jobs.map(kinds).sort().join("|") === "child process|effect|tcp")
      expect(dump.workers[0]?.jobs).toHaveLength(3)
      expect(dump.queue).toMatchObject({ running: 3, queued: 0 })
      endChildrenOf(dump)
    }))

  it("tells in which spans, and at which yield, an Effect waits", () =>
    withPool({}, async (pool) => {
      pool.submit(loads, 7)
      const effects = fileURLToPath(loads.module)
      const line = lineOf("// the wait", effects)
      const found = ({ jobs }: WorkerDump): Resource | undefined =>
        jobs[0]?.waitingOn.find(({ openedAt }) => openedAt?.line === line)
      const dump = await dumpWhen(pool, (worker) => found(worker) !== undefined)
      expect(found(dump.workers[0] as WorkerDump)).toMatchObject({
        kind: "effect",
        detail: 'in spans "query" in "load"',
        openedAt: { file: effects }
      })
    }))

  it("tells in which system call a job is blocked, and on which path", () =>
    fifo(({ path, release }) =>
      withPool({}, async (pool) => {
        const handle = pool.submit(readsAtOnce, path)
        const dump = await dumpWhen(pool, ({ native }) => native?.path === path)
        expect(dump.workers[0]).toMatchObject({ activity: "native", native: { busy: false } })
        expect(String(dump)).toMatch(new RegExp(`blocked in the system call open(at)? on ${path}`))
        release()
        expect(await handle.result()).toBe("")
      })
    ))

  it("disturbs no job, however often it is taken", () =>
    withPool({ workers: 2 }, async (pool) => {
      const { open, path } = gate()
      const computing = pool.submit(computesUntil, path)
      const squares = pool.map(
        square,
        Array.from({ length: 20_000 }, (_, n) => n)
      )
      const slow = pool.map(slowSquare, Array.from({ length: 20 }, (_, n) => ({ n, ms: 5 })) as never)
      for (let look = 0; look < 8; look++) {
        const [a, b] = await Promise.all([pool.dump({ within: 300 }), pool.dump()])
        expect(a.workers).toHaveLength(2)
        expect(b.workers).toHaveLength(2)
      }
      expect((await squares).at(-1)).toBe(19_999 ** 2)
      expect(await slow).toHaveLength(20)
      open()
      expect(await computing.result()).toBe("computed")
      expect(pool.workers.every(({ restarts }) => restarts === 0)).toBe(true)
    }))
})
