/**
 * What SIGINT and SIGTERM do to pools whose `signals` is not "off": the first drains or terminates each, and once all
 * have ended the program ends of that signal; a second one ends it at once. After a drain the program may first save
 * what came of it: it is ended when it has nothing left to do, or after a while. Listens only while such a pool lives.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { PoolClosed } from "@holdfast/core"

type Caught = "SIGINT" | "SIGTERM"

/** What a signal does to one pool. */
export interface Signalled {
  /** Whether the first signal lets it finish what runs. */
  readonly drains: boolean
  /** Told of the first signal, before the pool ends. */
  announce(signal: string): void
  /** Resolves once the pool has ended, with how many jobs it left. */
  end(atOnce: boolean): Promise<number>
  /** Told once the pool has ended because of the signal. */
  report(signal: string, left: number): void
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const
const NUMBERS: Readonly<Record<Caught, number>> = { SIGINT: 2, SIGTERM: 15 }
/** A second signal waits so long at most for the workers' ends. */
const AT_ONCE_MS = 1000
/** So long at most a program goes on after a drain: it may serve something, and would never end by itself. */
const LAST_MS = 5000

const pools = new Set<Signalled>()
let last: Caught | undefined
/** Whether the pools have ended, and the program is to end by itself. */
let isLetGo = false

/** So that whoever started the program learns that it ended of this signal: 130 or 143 in a shell. */
const leave = (signal: Caught): void => {
  for (const each of SIGNALS) process.off(each, caught)
  // Whoever else listens would keep the program alive.
  if (process.listenerCount(signal) > 0) process.exit(128 + NUMBERS[signal])
  process.kill(process.pid, signal)
}

/** Lets the program go on: what it awaited of the pool has come, and may have to be saved. */
const letGo = (signal: Caught): void => {
  const code = 128 + NUMBERS[signal]
  isLetGo = true
  process.exitCode ??= code
  void sleep(LAST_MS, undefined, { ref: false }).then(() => leave(signal))
  process.on("exit", (ended) => {
    for (const each of SIGNALS) process.off(each, caught)
    if (ended === code && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  })
}

/** A job that the signal has ended is no error of a program that awaits it: it is on its way out. Others are as ever. */
const forgive = (error: unknown): void => {
  if (error instanceof PoolClosed || process.listenerCount("uncaughtException") > 1) return
  process.off("uncaughtException", forgive)
  process.nextTick(() => {
    throw error
  })
}

const reported = new WeakSet<Signalled>()

const endAll = (signal: Caught, atOnce: boolean): Promise<unknown> =>
  Promise.all(
    Array.from(pools, async (pool) => {
      const left = await pool.end(atOnce)
      if (reported.has(pool)) return
      reported.add(pool)
      pool.report(signal, left)
    })
  )

const caught = (signal: Caught): void => {
  if (isLetGo) return leave(signal)
  const isFirst = last === undefined
  last = signal
  if (isFirst) {
    const drains = Array.from(pools).some((pool) => pool.drains)
    process.on("uncaughtException", forgive)
    for (const pool of pools) pool.announce(signal)
    void endAll(signal, false).finally(() => (drains ? letGo(signal) : leave(signal)))
  } else void Promise.race([endAll(signal, true), sleep(AT_ONCE_MS)]).finally(() => leave(signal))
}

/** Has signals end this pool too. Returns how to stop that, for when it has ended by itself. */
export const obeySignals = (pool: Signalled): (() => void) => {
  if (pools.size === 0) for (const signal of SIGNALS) process.on(signal, caught)
  pools.add(pool)
  return () => {
    // Until all have ended, a second signal must find its listener.
    if (last !== undefined) return
    pools.delete(pool)
    if (pools.size === 0) for (const signal of SIGNALS) process.off(signal, caught)
  }
}
