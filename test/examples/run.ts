/** Runs an example as its reader does, as a program of its own, to its end. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Ended {
  readonly pid: number | undefined
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs `packages/examples/src/PROGRAM ARGS`. */
export const run = (program: string, ...args: ReadonlyArray<string>): Promise<Ended> => {
  const file = fileURLToPath(new URL(`../../packages/examples/src/${program}`, import.meta.url))
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--conditions=holdfast-source", file, ...args],
      { timeout: 85_000, env: { ...process.env, NO_COLOR: "1" } },
      (error, stdout, stderr) => resolve({ pid: child.pid, code: error === null ? 0 : error.code, stdout, stderr })
    )
  })
}
