/**
 * When a dead worker's output has been read: at the end of its pipes, which a descendant that has left its group may
 * hold open, and may go on writing to for as long as it lives.
 */
import type { ChildProcess } from "node:child_process"
import type { Socket } from "node:net"

/** How long output may still arrive. */
const LAST_OUTPUT_MS = 250
/** And how often so long while something comes: what the worker itself has left in its pipes is read in one. */
const MOST_WAITS = 8

/** Calls `then` once, with these streams closed. */
export const afterLastOutput = (stdio: ReadonlyArray<ChildProcess["stdio"][number]>, then: () => void): void => {
  const open = stdio.filter((stream) => stream !== null && stream !== undefined && !stream.closed)
  let left = open.length
  let done = false
  const finish = (): void => {
    if (done) return
    done = true
    clearInterval(timer)
    for (const stream of stdio) stream?.destroy()
    then()
  }
  const read = (): number => open.reduce((sum, stream) => sum + ((stream as Partial<Socket>).bytesRead ?? 0), 0)
  let before = read()
  let waits = 0
  // On a machine under load this may be late, with much unread: what is read between a timer and an immediate counts.
  const timer = setInterval(() => {
    setImmediate(() => {
      const now = read()
      if (now === before || ++waits === MOST_WAITS) finish()
      before = now
    })
  }, LAST_OUTPUT_MS)
  if (left === 0) setImmediate(finish)
  for (const stream of open) {
    stream?.once("close", () => {
      if (--left === 0) finish()
    })
  }
}
