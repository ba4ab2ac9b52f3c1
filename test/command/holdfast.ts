/**
 * The real `holdfast` command, from source, as a child process in a temporary folder: run to its end, or watched while
 * it goes. Each wait is bounded; what still runs at a test's end is killed.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished, vi } from "vitest"

const root = join(import.meta.dirname, "../..")

/** The program, as words for a shell or for `spawn`. */
export const PROGRAM = [process.execPath, "--conditions=holdfast-source", join(root, "packages/holdfast/src/bin.ts")]

/** A module of tasks among the fixtures. */
export const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name)
export const task = (name: string): string => `${fixture("tasks.ts")}#${name}`

const PATIENCE_MS = 60_000
// A test runs the command several times, each from source.
vi.setConfig({ testTimeout: 120_000 })

export interface Ran {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly printed: { stdout: string; stderr: string }
  readonly ended: Promise<Ran>
}

/** Starts a program; killed at the test's end, or after some time. */
export const start = (words: ReadonlyArray<string>, stdin: string | undefined, cwd: string): Running => {
  const [command = "", ...args] = words
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL"
  })
  const printed = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed.stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed.stderr += text
  })
  // It may end without having read all.
  child.stdin.on("error", () => undefined)
  if (stdin !== undefined) child.stdin.end(stdin)
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal, ...printed }))
  })
  return { child, printed, ended }
}

/** A temporary folder to run the command in, gone at the test's end. */
export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-command-")))

  constructor() {
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }))
  }

  write(name: string, content: string | Uint8Array): this {
    writeFileSync(join(this.path, name), content)
    return this
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8")
  }

  /** Starts `holdfast`; without `stdin`, its stdin stays open. */
  start(args: ReadonlyArray<string>, stdin?: string): Running {
    return start([...PROGRAM, ...args], stdin, this.path)
  }

  /** Runs `holdfast` to its end, with this on its stdin. */
  run(args: ReadonlyArray<string>, stdin = ""): Promise<Ran> {
    return this.start(args, stdin).ended
  }

  /** Runs a line of bash, in which `holdfast` is the program. */
  shell(line: string): Promise<Ran> {
    const words = PROGRAM.map((word) => `'${word}'`).join(" ")
    return start(["bash", "-c", `holdfast() { ${words} "$@"; }\n${line}`], "", this.path).ended
  }
}

/** Waits until something holds. */
export const until = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: PATIENCE_MS, interval: 20 })

/** One JSON value a line. */
export const jsonLines = (values: ReadonlyArray<unknown>): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("")

/** Numbers from 1 on, as JSON lines. */
export const numbers = (count: number): string => jsonLines(Array.from({ length: count }, (_, at) => at + 1))
