/**
 * What SIGINT and SIGTERM do to pools whose `signals` is not "off": the first drains or terminates each, and once all
 * have ended the program ends of that signal; a second one ends it at once. Listens only while such a pool lives.
 */
import { setTimeout as sleep } from "node:timers/promises"

type Caught = "SIGINT" | "SIGTERM"

/** What a signal does to one pool. */
export interface Signalled {
  /** Resolves once the pool has ended, with how many jobs it left. */
  end(atOnce: boolean): Promise<number>
  /** Told once the pool has ended because of the signal. */
  report(signal: string, left: number): void
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const
const NUMBERS: Readonly<Record<Caught, number>> = { SIGINT: 2, SIGTERM: 15 }
/** A second signal waits so long at most for the workers' ends. */
const AT_ONCE_MS = 1000

const pools = new Set<Signalled>()
let last: Caught | undefined

const leave = (signal: Caught): void => {
  for (const each of SIGNALS) process.off(each, caught)
  // Whoever else listens would keep the program alive.
  if (process.listenerCount(signal) > 0) process.exit(128 + NUMBERS[signal])
  // So that whoever started the program learns that it ended of this signal: 130 or 143 in a shell.
  process.kill(process.pid, signal)
}

const endAll = (signal: Caught, atOnce: boolean): Promise<unknown> =>
  Promise.all(
    Array.from(pools, async (pool) => {
      const left = await pool.end(atOnce)
      pool.report(signal, left)
    })
  )

const caught = (signal: Caught): void => {
  const again = last !== undefined
  last = signal
  const ended = endAll(signal, again)
  void (again ? Promise.race([ended, sleep(AT_ONCE_MS)]) : ended).finally(() => leave(last ?? signal))
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
