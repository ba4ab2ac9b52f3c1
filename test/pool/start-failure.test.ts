import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { createPool, JobTimedOut } from "holdfast"
import { expect, it, onTestFinished, vi } from "vitest"
import * as odd from "../fixtures/odd-starts.ts"
import { square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { warningLines } from "./told.ts"

it("says what Node printed when a worker could not even be started", async () => {
  const before = snapshotLeaks()
  {
    await using pool = await createPool({ workers: 1, execArgv: ["--no-such-flag"], logger: false })
    const failure: unknown = await pool.run(square, 1).catch((error: unknown) => error)
    expect(failure).toMatchObject({ _tag: "WorkerFailedToStart" })
    expect(String(failure)).toContain("bad option: --no-such-flag")
    // Node's own doing, and no call of the task's.
    // The next one would be refused as well.
    expect(String(failure)).toContain(
      "in 1 try: ended with exit code 9, as Node does at a flag that it refuses; it printed"
    )
    expect(failure).not.toHaveProperty("cause")
  }
  await expectNoLeaks(before)
})

it("says in its events why a worker could not start, which its exit code does not", async () => {
  const before = snapshotLeaks()
  {
    await using pool = await createPool({ workers: 1, preload: ["./no-such.js"], restart: { max: 0 }, logger: false })
    const reading = (async () => {
      const told: Array<string | undefined> = []
      for await (const event of pool.events) {
        if (event._tag === "WorkerExited") told.push(event.exit.reason)
        if (event._tag === "PoolBroke") told.push(event.message)
      }
      return told
    })()
    await pool.run(square, 1).catch(() => undefined)
    await pool.close()
    const why = /Cannot find module '.*no-such\.js'/
    const whole =
      /^the pool ends after 1 death that no job is charged with, the last worker's: preloading \S+no-such\.js failed: Cannot find module/
    expect((await reading).sort()).toEqual([expect.stringMatching(why), expect.stringMatching(whole)])
  }
  await expectNoLeaks(before)
})

it.each(["process", "thread"] as const)(
  "says what was built, and where, by one that exits meanwhile: %s",
  async (isolation) => {
    await using pool = await createPool({
      workers: 1,
      isolation,
      context: odd.leaves,
      restart: { max: 0 },
      logger: false
    })
    const failure: unknown = await pool.run(square, 1).catch((error: unknown) => error)
    expect(String(failure)).toMatch(
      /called process\.exit\(9\) in \S+ at \S+odd-starts\.ts:\d+:\d+ before it was ready: it is once it has built its context "leaves"; it printed last: "no password for pg"$/
    )
  }
)

const hanging = [
  { context: odd.startsSpinning, where: /it was in \S+ at \S+odd-starts\.ts:\d+:\d+/ },
  { context: odd.startsWaiting, where: /it was waiting on timer due in \d+ ms/ },
  {
    context: odd.startsConnecting,
    where: /it was waiting on tcp 127\.0\.0\.1:\d+ \(\S+ at \S+odd-starts\.ts:\d+:\d+\)/
  },
  {
    context: odd.startsAsking,
    where: /it was waiting on http GET http:\/\/127\.0\.0\.1:\d+\/settings \(\S+ at \S+odd-starts\.ts:\d+:\d+\)/
  }
]

/** Takes connections, and says nothing. */
const silentServer = async (): Promise<void> => {
  const server = createServer((socket) => void socket.on("error", () => undefined))
  await once(server.listen(0, "127.0.0.1"), "listening")
  vi.stubEnv("SILENT_PORT", String((server.address() as AddressInfo).port))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    server.close()
  })
}

it.each((["process", "thread"] as const).flatMap((isolation) => hanging.map((each) => ({ isolation, ...each }))))(
  "says where a context hangs that is never built: $context.name, $isolation",
  async ({ isolation, context, where }) => {
    await silentServer()
    const { lines, logger } = warningLines()
    {
      const options = { workers: 1, isolation, context, startTimeout: 1500, restart: { max: 0 }, logger } as const
      await using pool = await createPool(options)
      const failure: unknown = await pool.run(square, 1).catch((error: unknown) => error)
      const until = `was not ready within startTimeout (1500 ms): it is once it has built its context "${context.name}"; `
      expect(String(failure)).toContain(until)
      expect(String(failure)).toMatch(where)
      // In the log as well, where a pool goes on with others.
      expect(lines).toContainEqual(expect.stringMatching(where))
    }
  }
)

it.each(["process", "thread"] as const)(
  "says where a connection was opened that a context has made and a job waits on: %s",
  async (isolation) => {
    await silentServer()
    await using pool = await createPool({ workers: 1, isolation, context: odd.connected, logger: false })
    const failure: unknown = await pool.run(odd.queries, undefined, { timeout: 600 }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(JobTimedOut)
    expect(String(failure)).toMatch(/it was waiting on tcp 127\.0\.0\.1:\d+ \(\S+ at \S+odd-starts\.ts:\d+:\d+\)/)
  }
)
