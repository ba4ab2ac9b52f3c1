/** Node's flags for a pool's workers: those that are asked for, or the program's own, and what its evidence needs. */
import { evidenceFlags } from "../options/evidence.ts"
import type { ResolvedPoolOptions } from "../options/resolve.ts"
import { inheritedExecArgv } from "../transport/inherited-options.ts"

/** Undefined for the program's own. */
export const workerFlags = ({
  evidence,
  execArgv,
  reports
}: ResolvedPoolOptions): ReadonlyArray<string> | undefined => {
  const flags = evidenceFlags(evidence, reports)
  return flags.length === 0 ? execArgv : [...(execArgv ?? inheritedExecArgv()), ...flags]
}
