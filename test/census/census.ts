/** Runs the main job as a user would, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { onTestFinished } from "vitest"
import type { Run } from "../../packages/examples/src/census/facts.ts"
import { tree } from "./tree.ts"

const main = join(import.meta.dirname, "../../packages/examples/src/census/main.ts")

/** How it ended. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A census that runs. */
export interface Running {
  readonly child: ChildProcess
  /** Settles with the first line of stdout, which comes before the first file. */
  readonly begun: Promise<unknown>
  readonly ended: Promise<Ended>
}

export const start = (...words: Array<string>): Running => {
  const child = spawn(process.execPath, [...process.execArgv, main, ...words], { stdio: ["ignore", "pipe", "pipe"] })
  // Also where the test gives up on it. Its workers notice.
  onTestFinished(() => void child.kill("SIGKILL"))
  const begun = once(child.stdout, "data")
  // A test may close stdout: what was read until then is what there is.
  const output = Promise.all([text(child.stdout).catch(() => ""), text(child.stderr), once(child, "close")])
  const ended = output.then(([stdout, stderr]) => ({ exitCode: child.exitCode, stdout, stderr }))
  return { child, begun, ended }
}

export const run = (...words: Array<string>): Promise<Ended> => start(...words).ended

/** A place for facts, and a way to read them: what depends on the run apart from what does not. */
export const factsFile = () => {
  const path = join(tree({}), "facts.json")
  return {
    path,
    read: () => {
      const { run, ...facts } = JSON.parse(readFileSync(path, "utf8")) as {
        readonly run: Run
        readonly totals: { readonly files: number }
        readonly files: ReadonlyArray<{ readonly path: string; readonly found: string }>
      }
      return { run, facts }
    }
  }
}

/** The processes that `pid` has started and that live. */
export const childrenOf = (pid: number | undefined): Array<number> => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)
  } catch {
    return []
  }
}
