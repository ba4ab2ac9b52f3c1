/**
 * The options of one run of a pipeline: their types, and the check that they pass before anything starts.
 */
import { InvalidOptions, type OptionProblem } from "@holdfast/core"
import type { PromisePool } from "../doors/createPool.ts"
import { openedOf } from "../doors/opened.ts"
import type { Pool } from "../doors/Pool.ts"
import { isRecord, oneOf, refused, unknownName } from "../options/Check.ts"
import { callTable } from "../options/call-table.ts"
import { poolTable } from "../options/pool-table.ts"
import { received } from "../options/received.ts"
import type { PoolOptions } from "../options/resolve.ts"

/** A pool of either door; `Ctx` is what its workers provide. */
export type PipelinePool<Ctx = never> = PromisePool<Ctx> | Pool<Ctx>

/** How a pipeline is run. */
export interface RunOptions {
  /** Where stages run that have no pool of their own: a pool, or the options of one that lives as long as the run. */
  readonly pool?: PipelinePool | PoolOptions
  /** Stops the pipeline when it is aborted, as `onStop` says; the run then fails with its reason. */
  readonly signal?: AbortSignal
  /** What SIGINT and SIGTERM to the program do: nothing, let what has been read finish and exit, or end at once. */
  readonly signals?: "off" | "drain" | "terminate"
  /**
   * What happens to what is under way when a stage fails, or the signal says so. `"drain"`, the default: what is
   * further down than the stage that failed, or all that has been read, goes on to its end. `"cancel"`: nothing does.
   */
  readonly onStop?: "drain" | "cancel"
  /** Shows a bar for each stage on stderr; a string is their label. */
  readonly progress?: boolean | string
}

export interface ResolvedRun {
  readonly pool: unknown
  readonly signal: AbortSignal | undefined
  readonly signals: "off" | "drain" | "terminate"
  readonly onStop: "drain" | "cancel"
  readonly progress: true | string | undefined
}

const CHECKS = {
  signal: callTable.signal.check,
  signals: poolTable.signals.check,
  onStop: oneOf("drain", "cancel"),
  progress: callTable.progress.check
}

/** Checks a run's options. Throws `InvalidOptions`. */
export const resolveRun = (options: unknown, where: string): ResolvedRun => {
  const problems: Array<OptionProblem> = []
  const values: Record<string, unknown> = {}
  if (options !== undefined && !isRecord(options))
    problems.push({ option: "options", expected: "an object", received: received(options) })
  const given = isRecord(options) ? options : {}
  const known = [...Object.keys(CHECKS), "pool", "collect"]
  for (const name in given) {
    const value = given[name]
    if (value === undefined || name === "collect") continue
    if (name === "pool") {
      if (isRecord(value) || openedOf(value) !== undefined) values.pool = value
      else problems.push({ option: name, expected: "a pool, or the options of one", received: received(value) })
    } else if (Object.hasOwn(CHECKS, name)) {
      const out = CHECKS[name as keyof typeof CHECKS].read(value, name, problems)
      if (out !== refused) values[name] = out
    } else problems.push({ option: name, expected: unknownName(name, known), received: received(value) })
  }
  if (problems.length > 0) throw new InvalidOptions(where, problems)
  return { pool: undefined, signal: undefined, signals: "off", onStop: "drain", progress: undefined, ...values }
}
