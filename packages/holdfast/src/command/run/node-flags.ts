/** Has Node itself say whether it takes the flags that workers are to be started with, before anything is opened. */
import { spawnSync } from "node:child_process"
import { UsageError } from "../UsageError.ts"

/** Node's exit code for a flag that it refuses. */
const REFUSED = 9
const PATIENCE_MS = 10_000

/**
 * Throws a `UsageError` with Node's own words for a flag that it does not know, or whose value is none. Node reads all
 * flags before it heeds `--version`, and then runs nothing. Takes some 20 ms; nothing where there are no flags.
 *
 * @example
 * checkNodeFlags(["--expose-gc"], undefined)
 */
export const checkNodeFlags = (flags: ReadonlyArray<string>, cwd: string | undefined): void => {
  if (flags.length === 0) return
  const { status, stderr } = spawnSync(process.execPath, ["--version", ...flags], {
    encoding: "utf8",
    timeout: PATIENCE_MS,
    ...(cwd !== undefined && { cwd })
  })
  if (status !== REFUSED) return
  const [line = ""] = stderr.split("\n", 1)
  const words = line.startsWith(process.execPath) ? line.slice(process.execPath.length + 2) : line
  throw new UsageError(`--node-arg: Node refuses ${flags.join(" ")}: ${words}`)
}
