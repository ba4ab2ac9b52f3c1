/** What a report says of the program, its versions and its machine. Read once where it can't change. */
import { createHash, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import { createRequire } from "node:module"
import { arch, cpus, freemem, hostname, loadavg, platform, release, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import type { FailureReport } from "./FailureReport.ts"

const require = createRequire(import.meta.url)

const versionIn = (path: string | URL): string => {
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version?: string }
  return version ?? "unknown"
}

const effectVersion = (): { readonly effect?: string } => {
  try {
    return { effect: versionIn(require.resolve("effect/package.json")) }
  } catch {
    return {}
  }
}

let versions: FailureReport["versions"] | undefined

export const versionsOf = (): FailureReport["versions"] => {
  versions ??= {
    holdfast: versionIn(new URL("../../package.json", import.meta.url)),
    node: process.versions.node,
    v8: process.versions.v8,
    ...effectVersion()
  }
  return versions
}

export const hostOf = (): FailureReport["host"] => ({
  name: hostname(),
  platform: platform(),
  arch: arch(),
  release: release(),
  cpus: cpus().length,
  memoryBytes: totalmem(),
  freeBytes: freemem(),
  load: loadavg().map((each) => Math.round(each * 100) / 100)
})

/** A pool's life. */
export const newRun = (): FailureReport["run"] => ({
  id: randomBytes(6).toString("hex"),
  startedAt: new Date().toISOString(),
  pid: process.pid,
  // Without its arguments: a password may be among them.
  program: process.argv[1] ?? process.execPath
})

/** By a file's path, the time and size it had then. */
const hashes = new Map<string, { readonly seen: string; readonly hash: string }>()

/** What tells a module's file from a changed one; undefined for what is no file, or not there. */
export const hashOf = async (module: string): Promise<string | undefined> => {
  try {
    const path = fileURLToPath(module)
    const { mtimeMs, size } = await stat(path)
    const seen = `${mtimeMs} ${size}`
    const known = hashes.get(path)
    if (known?.seen === seen) return known.hash
    const hash = `sha256-${createHash("sha256")
      .update(await readFile(path))
      .digest("base64url")}`
    hashes.set(path, { seen, hash })
    return hash
  } catch {
    return undefined
  }
}
