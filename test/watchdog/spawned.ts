/**
 * A fixture as a real process, with a `WatchdogLink` to it on descriptor 5, as the process transport spawns its
 * workers. It and its group are killed at the test's end.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { isAbsolute } from "node:path"
import type { Duplex, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { expect, onTestFinished, vi } from "vitest"
import { WatchdogLink } from "../../packages/supervisor/src/watchdog/link.ts"

export interface Spawned {
  readonly pid: number
  readonly child: ChildProcess
  readonly link: WatchdogLink
  /** Descriptor 3 of the fixture. */
  readonly control: Writable
  /** What it has printed so far. */
  readonly output: { stdout: string; stderr: string }
  /** Settles when it has ended and all it printed is here. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Waits for a text on its stdout. */
  readonly said: (text: string) => Promise<void>
}

export interface SpawnOptions {
  readonly args?: ReadonlyArray<string>
  readonly execArgv?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** What it is told its parent is; default: this process. */
  readonly parentPid?: number
}

/** A fixture by its name; a path stays what it is. */
export const pathOf = (fixture: string): string =>
  isAbsolute(fixture) ? fixture : fileURLToPath(new URL(`./fixtures/${fixture}.ts`, import.meta.url))

/** True while a process runs. A zombie has ended: whoever adopted it may take seconds to reap it. */
export const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  } catch {
    return false
  }
}

export const startFixture = (fixture: string, options: SpawnOptions = {}): Spawned => {
  const { args = [], execArgv = [], env = {}, parentPid = process.pid } = options
  const flags = ["--conditions=holdfast-source", ...execArgv]
  const child = spawn(process.execPath, [...flags, pathOf(fixture), String(parentPid), ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "ignore", "pipe"],
    detached: true,
    env: { ...process.env, ...env }
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${fixture} could not be spawned`)
  const output = { stdout: "", stderr: "" }
  child.stdout?.on("data", (bytes: Buffer) => {
    output.stdout += bytes.toString()
  })
  child.stderr?.on("data", (bytes: Buffer) => {
    output.stderr += bytes.toString()
  })
  for (const stream of child.stdio) stream?.on("error", () => {})
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }))
  })
  const link = new WatchdogLink(child.stdio.at(5) as unknown as Duplex)
  onTestFinished(async () => {
    try {
      process.kill(-pid, "SIGKILL")
    } catch {
      // It has ended.
    }
    link.close()
    child.stdio[3]?.destroy()
    await ended
  })
  return {
    pid,
    child,
    link,
    control: child.stdio[3] as Writable,
    output,
    ended,
    said: (text) => vi.waitFor(() => expect(output.stdout).toContain(text), { timeout: 20_000, interval: 5 })
  }
}

/** Waits until the fixture's watchdog is at work. */
export const isReady = (fixture: Spawned): Promise<void> =>
  vi.waitFor(() => expect(fixture.link.ready).toBe(true), { timeout: 20_000, interval: 5 })
