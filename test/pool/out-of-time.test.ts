/** Where a worker process was that had used up its time and that no debugger can stop: its log and event say that too. */
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { endsInCommand, hangs, startsInCommand } from "../fixtures/odd-starts.ts"
import { square } from "../fixtures/plain.ts"
import { exitsOf, warningLines } from "./told.ts"

/** What a pool whose worker does not end in time says of it. */
const endOf = async (context: typeof endsInCommand | typeof hangs, before: (pid: number) => void) => {
  const { lines, logger } = warningLines()
  const pool = await createPool({ workers: 1, logger, context, killGrace: 200 })
  const exits = exitsOf(pool)
  expect(await pool.run(square, 3)).toBe(9)
  before(pool.workers[0]?.pid ?? 0)
  await pool.close()
  return { lines, exits: await exits }
}

it("says of a worker that does not end that it was stopped from outside", async () => {
  const { lines, exits } = await endOf(hangs, (pid) => void process.kill(pid, "SIGSTOP"))
  expect(exits).toMatchObject([{ expected: true, exit: { reason: "grace", stopped: true } }])
  expect(lines).toEqual([
    "worker 1 had not ended within killGrace of being asked to, and was killed; its worker was stopped by the system (SIGSTOP)"
  ])
})

it("says of a worker that does not end what it had called, and which child it waits for", async () => {
  const { lines, exits } = await endOf(endsInCommand, () => undefined)
  const native = { busy: false, call: "execSync", child: expect.stringContaining("sleep 100") }
  expect(exits).toMatchObject([{ exit: { reason: "grace", releasing: ["endsInCommand"], native } }])
  const where =
    /; it was in \S+ at \S+odd-starts\.ts:\d+:\d+, which had called execSync: blocked in .* on \d+ .*sleep 100$/
  expect(lines).toEqual([expect.stringMatching(where)])
})

it("says of a worker that is never ready what its context had called, and where", async () => {
  const options = {
    workers: 1,
    logger: false,
    context: startsInCommand,
    startTimeout: 1500,
    restart: { max: 0 }
  } as const
  await using pool = await createPool(options)
  const failure: unknown = await pool.run(square, 1).catch((error: unknown) => error)
  expect(String(failure)).toMatch(
    /; it was in .*odd-starts\.ts:\d+:\d+, which had called execSync: blocked in .*sleep 100$/
  )
})
