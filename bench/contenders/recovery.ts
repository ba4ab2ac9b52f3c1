/**
 * How long a pool of one worker takes from that worker's SIGKILL, in the middle of a job, to the next completed job.
 * A pool of its own for every round, at rest for a second before.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Prepared } from "./contender.ts"

interface RecoveringPool {
  readonly run: (job: "pidOf" | "wait", input: number) => PromiseLike<unknown>
  readonly close: () => PromiseLike<unknown>
}

const AT_REST_MS = 1000
/** The job has begun by then. */
const BEGUN_MS = 50
/** How long after a job that has not come back the next one is asked for. */
const EVERY_MS = 20
/** Who has done no job by then counts with this. */
export const GIVEN_UP_MS = 3000
const CLOSED_MS = 1000

const kill = async (pool: RecoveringPool): Promise<number> => {
  const pid = (await pool.run("pidOf", 0)) as number
  await sleep(AT_REST_MS)
  // It fails, or never settles: that is not what is measured.
  Promise.resolve(pool.run("wait", 60_000)).catch(() => undefined)
  await sleep(BEGUN_MS)
  process.kill(pid, "SIGKILL")
  const killedAt = performance.now()
  let completedAt: number | undefined
  const next = async (): Promise<void> => {
    const answer = await pool.run("pidOf", 0)
    if (answer !== pid) completedAt ??= performance.now()
  }
  // One job after another: a pool that has not seen the death yet may lose those that it is given.
  while (completedAt === undefined && performance.now() - killedAt < GIVEN_UP_MS)
    await Promise.race([next().catch(() => sleep(EVERY_MS)), sleep(EVERY_MS)])
  return completedAt === undefined ? GIVEN_UP_MS : completedAt - killedAt
}

/** One round is one death. Its result is 1, and what it measured its own. */
export const recovery = async (
  open: () => RecoveringPool | Promise<RecoveringPool>,
  note?: string
): Promise<Prepared> => {
  let measured = 0
  let gaveUp = false
  return {
    round: async () => {
      const pool = await open()
      measured = await kill(pool)
      gaveUp ||= measured === GIVEN_UP_MS
      await Promise.race([Promise.resolve(pool.close()).catch(() => undefined), sleep(CLOSED_MS)])
      return [1]
    },
    measured: () => measured,
    get note() {
      return gaveUp ? `no job done within ${GIVEN_UP_MS / 1000} s` : note
    },
    // A pool that has lost a worker may keep this process alive.
    end: () => process.exit(0)
  }
}
