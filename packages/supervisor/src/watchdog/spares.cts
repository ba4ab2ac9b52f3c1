/**
 * What a watchdog needs of the C library to rest. Further descriptors of its channel: libuv closes a socket when the
 * thread that reads it ends, and Node has no way to duplicate a descriptor. And that its memory is given back to the
 * system. CommonJS, since the watchdog loads it.
 */

import type { TrimModule } from "./trim.cts"

const { createRequire } = require("node:module") as typeof import("node:module")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { trimAtEnd }: TrimModule = fromSource ? require("./trim.cts") : require("./trim.cjs")

export interface SparesModule {
  /**
   * `count` more descriptors of what `descriptor` is of; empty where that can't be. Sees on the way that this thread's
   * memory is given back when it ends, since to load koffi once more for that would cost 50 KB that are never freed.
   * `memory` is what is handed over.
   */
  readonly sparesOf: (descriptor: number, count: number, memory: Float64Array) => ReadonlyArray<number>
}

/** F_DUPFD_CLOEXEC: a child of the task's must not inherit them. */
const duplicate = new Map([
  ["linux", 1030],
  ["darwin", 67]
]).get(process.platform)

/** Above those that a worker inherits. */
const LOWEST = 16

const sparesOf: SparesModule["sparesOf"] = (descriptor, count, memory) => {
  if (duplicate === undefined) return []
  try {
    // Loaded by a thread that ends right after: that unloads it again.
    const koffi: typeof import("koffi") = createRequire(__filename)("koffi")
    const libc = koffi.load(null)
    trimAtEnd(libc, memory)
    const fcntl = libc.func("int fcntl(int fd, int command, ...)")
    const spares = Array.from({ length: count }, () => Number(fcntl(descriptor, duplicate, "int", LOWEST)))
    return spares.filter((spare) => spare >= 0)
  } catch {
    // koffi is optional, and not there on every platform.
    return []
  }
}

module.exports = { sparesOf } satisfies SparesModule
