/** A job that waits for a lock is told with who holds it, and where two wait for each other, that they do. */
import { createPool, explain, JobTimedOut, Shared } from "holdfast"
import { expect, it } from "vitest"
import { type Caller, holderOf, makeLock, type ToldJob } from "../../packages/supervisor/src/shared/objects.ts"
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

/** A job that calls, and how it ends. */
const calling = (task: string) => {
  const told: ToldJob = { link: task, chunkId: 1, offset: 0 }
  const ends = new Set<Parameters<Caller["onEnd"]>[0]>()
  const caller: Caller = {
    isProgram: false,
    isForsaken: false,
    described: { task },
    is: (job) => job === told,
    onEnd: (end) => {
      ends.add(end)
      return () => ends.delete(end)
    }
  }
  const end = () => {
    for (const each of [...ends].reverse()) each(false, new Set())
  }
  return { told, end, visit: { caller, callId: 1, args: [] } }
}

it("says of a job that was given the lock while it was asked who held it until then, and of others that it does", () => {
  const [mine, other] = [makeLock(), makeLock()]
  const [first, second, third] = [calling("first"), calling("second"), calling("third")]
  mine.acquire?.(first.visit)
  other.acquire?.(second.visit)
  void mine.acquire?.(second.visit)
  void other.acquire?.(first.visit)
  // Its time is up, a moment before that of the second.
  first.end()
  expect(holderOf(mine, second.told)).toMatchObject({ task: "first", deadlock: true })
  expect(holderOf(mine, third.told)).toMatchObject({ task: "second", deadlock: false })
  expect(holderOf(mine)).toMatchObject({ task: "second" })
})

it("does not say of a job that it waits for itself", () => {
  const lock = makeLock()
  const only = calling("only")
  lock.acquire?.(only.visit)
  expect(holderOf(lock, only.told)).toBeUndefined()
})
