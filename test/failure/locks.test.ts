/** A job that waits for a lock is told with who holds it, and where two wait for each other, that they do. */
import { createPool, explain, JobTimedOut, Shared } from "holdfast"
import { expect, it } from "vitest"
import { keeps, takesBoth, waits } from "../fixtures/locks.ts"

const PATIENCE = { timeout: 20_000 }

const timedOut = (error: unknown): JobTimedOut => {
  if (!(error instanceof JobTimedOut)) throw new Error("it has not timed out", { cause: error })
  return error
}

it.each(["process", "thread"] as const)(
  "names the job on a %s that holds the lock",
  { timeout: 60_000 },
  async (isolation) => {
    const pool = await createPool({ workers: 2, isolation, logger: false })
    const lock = Shared.lock()
    const began = Shared.counter()
    void pool.run(keeps, { lock, began }).catch(() => undefined)
    await expect.poll(() => began.get(), PATIENCE).toBe(1)
    const error = timedOut(await pool.run(waits, lock, { timeout: "1 second" }).catch((thrown: unknown) => thrown))
    const [wait] = (error.waitingOn ?? []).filter(({ kind }) => kind === "shared lock")
    expect(wait?.heldBy).toMatchObject({ task: "keeps", index: 0, deadlock: false, worker: expect.any(Number) })
    expect(explain(error, { colours: false })).toMatch(
      /shared lock acquire\(\), held by task "keeps" \(job 0\) on worker \d+, pid \d+ for .* \(.*locks\.ts:\d+:\d+\)/
    )
    await pool.terminate()
  }
)

it("names the program that holds the lock", { timeout: 60_000 }, async () => {
  const pool = await createPool({ workers: 1, logger: false })
  const lock = Shared.lock()
  await lock.acquire()
  const error = timedOut(await pool.run(waits, lock, { timeout: "1 second" }).catch((thrown: unknown) => thrown))
  expect(error.message).toMatch(/shared lock acquire\(\), held by the program itself for /)
  await pool.terminate()
})

it("says of two jobs that wait for each other's lock that they do", { timeout: 60_000 }, async () => {
  const pool = await createPool({ workers: 2, logger: false })
  const [one, two] = [Shared.lock(), Shared.lock()]
  const began = Shared.counter()
  void pool.run(takesBoth, { first: two, second: one, began }).catch(() => undefined)
  const error = timedOut(
    await pool
      .run(takesBoth, { first: one, second: two, began }, { timeout: "2 seconds" })
      .catch((thrown: unknown) => thrown)
  )
  expect(error.waitingOn?.find(({ heldBy }) => heldBy !== undefined)?.heldBy).toMatchObject({
    task: "takesBoth",
    deadlock: true
  })
  expect(error.message).toMatch(/which itself waits for a lock that this one holds: a deadlock/)
  await pool.terminate()
})
