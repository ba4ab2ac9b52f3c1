/**
 * SIGUSR2 to the program prints what each of its pools is doing. Listens only while a pool lives that wants it, and
 * then does nothing where the program listens too: the signal is the program's own business. Without any listener, Node
 * would end the program of it.
 */
import { readFileSync } from "node:fs"
import { forgivingWriteSync } from "../reporting/forgiving-write.ts"
import { stderrLine } from "../reporting/TerminalLine.ts"

const SIGNAL = "SIGUSR2"
const STDERR = 2

/** What is printed of a pool. */
export type Dumped = () => Promise<{ toString(): string }>

const pools = new Set<Dumped>()
let printing: Promise<void> | undefined

const write = (text: string): void => stderrLine.above(() => forgivingWriteSync(STDERR, `${text}\n`))

const print = async (): Promise<void> => {
  const dumps = await Promise.allSettled(Array.from(pools, (dump) => dump()))
  for (const dump of dumps) {
    const text =
      dump.status === "fulfilled" ? String(dump.value) : `this pool could not be looked at: ${String(dump.reason)}`
    write(`holdfast: ${text}\n`)
  }
}

const signalled = (): void => {
  if (process.listenerCount(SIGNAL) > 1 || printing !== undefined) return
  printing = print().finally(() => {
    printing = undefined
  })
}

/** nodemon ends its program by this signal, and waits for that. */
const isUnderNodemon = (): boolean => {
  try {
    return /\bnodemon\b/.test(readFileSync(`/proc/${process.ppid}/cmdline`, "latin1"))
  } catch {
    return false
  }
}

/** Has the signal print this pool too. Returns how to stop that, for when it has ended. */
export const dumpOnSignal = (dump: Dumped): (() => void) => {
  if (process.platform === "win32" || isUnderNodemon()) return () => undefined
  if (pools.size === 0) process.on(SIGNAL, signalled)
  pools.add(dump)
  return () => {
    pools.delete(dump)
    if (pools.size === 0) process.off(SIGNAL, signalled)
  }
}
