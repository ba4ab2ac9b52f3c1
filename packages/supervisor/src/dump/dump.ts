/**
 * What a whole pool does at this moment: all its workers looked at together, and its queue. What `pool.dump()` and
 * SIGUSR2 give; behind both doors.
 */
import { inspect } from "node:util"
import type { DumpOptions, PoolDump } from "@holdfast/core"
import { InvalidOptions } from "@holdfast/core"
import { unknownName } from "../options/Check.ts"
import { duration } from "../options/quantities.ts"
import { received } from "../options/received.ts"
import type { Engine } from "../pool/Engine.ts"
import { printedDump } from "./printed-dump.ts"
import { queueDump } from "./queue-dump.ts"
import { runningIn } from "./running-jobs.ts"
import { dumpWorker } from "./worker-dump.ts"

const WITHIN_MS = 1000

const withinOf = (options: DumpOptions | undefined): number => {
  const where = "pool.dump"
  if (options === undefined) return WITHIN_MS
  if (typeof options !== "object" || options === null)
    throw new InvalidOptions(where, [{ option: "options", expected: "an object", received: received(options) }])
  const problems = Object.keys(options)
    .filter((name) => name !== "within")
    .map((name) => ({
      option: name,
      expected: unknownName(name, ["within"]),
      received: received(Reflect.get(options, name))
    }))
  const ms = options.within === undefined ? WITHIN_MS : duration.read(options.within, "within", problems)
  if (problems.length > 0) throw new InvalidOptions(where, problems)
  return ms as number
}

/** The dump is plain data; what prints it is not seen by whoever lists or serialises its fields. */
const printable = (data: Omit<PoolDump, "toString">): PoolDump =>
  Object.defineProperties(data as PoolDump, {
    toString: { value: () => printedDump(data, false), enumerable: false },
    [inspect.custom]: {
      value: (depth: number, { colors }: { readonly colors?: boolean }) =>
        depth < 0 ? "[PoolDump]" : printedDump(data, colors === true),
      enumerable: false
    }
  })

/** Looks at a pool. Rejects with `InvalidOptions` alone. */
export const dumpPool = async (engine: Engine, options?: DumpOptions): Promise<PoolDump> => {
  const withinMs = withinOf(options)
  const at = Date.now()
  const since = performance.now()
  const workers = await Promise.all(engine.crew.all.map((slot) => dumpWorker(slot, withinMs)))
  return printable({
    at,
    tookMs: Math.round(performance.now() - since),
    isolation: engine.options.isolation,
    phase: engine.phase,
    queue: queueDump(engine.lanes.all, engine.crew.all.flatMap(runningIn)),
    workers
  })
}
