/** What a pool tells of its workers: the lines of its log, and how they ended. */
import type { PoolEvent, PromisePool } from "holdfast"
import pino from "pino"

/** A logger of warnings, and the messages that it has been given. */
export const warningLines = () => {
  const lines: Array<string> = []
  const logger = pino({ level: "warn" }, { write: (line: string) => lines.push(JSON.parse(line).msg) })
  return { lines, logger }
}

/** Resolves to the ends of the pool's workers once it is closed. To be called before. */
export const exitsOf = async (pool: Pick<PromisePool, "events">): Promise<ReadonlyArray<PoolEvent>> => {
  const exits: Array<PoolEvent> = []
  for await (const event of pool.events) if (event._tag === "WorkerExited") exits.push(event)
  return exits
}
