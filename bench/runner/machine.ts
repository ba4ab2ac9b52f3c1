/** Where and with what a run took place: what a reader needs to judge its numbers. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { arch, cpus, loadavg, release, totalmem, type } from "node:os"
import { join } from "node:path"

export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  /** Load of the last minute when the run began: above 0.5, something else ran too. */
  readonly load: number
  readonly versions: Readonly<Record<string, string>>
}

const versionOf = (command: string, ...args: Array<string>): string | undefined => {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return undefined
  }
}

/** The version of an installed package. */
export const packageVersion = (name: string): string => {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { version: string }).version
    } catch {
      // Not in this folder.
    }
  }
  return "not installed"
}

export const describeMachine = (): Machine => {
  const commit = versionOf("git", "describe", "--always", "--dirty")
  const python = versionOf("python3", "--version")
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    load: loadavg()[0] ?? 0,
    versions: {
      holdfast: `${packageVersion("holdfast")}${commit === undefined ? "" : ` (${commit})`}`,
      node: process.version,
      effect: packageVersion("effect"),
      piscina: packageVersion("piscina"),
      ...(python === undefined ? {} : { python: python.replace("Python ", "") })
    }
  }
}
