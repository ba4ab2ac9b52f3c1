/**
 * What a watchdog needs of the C library and of libuv to rest. Further descriptors of its channel: libuv closes a socket
 * when the thread that reads it ends, and Node has no way to duplicate a descriptor. That its memory is given back to
 * the system. And a look at what is open in the main thread. CommonJS, since the watchdog loads it.
 */

import type { SightModule } from "./sight.cts"
import type { TrimModule } from "./trim.cts"

const { createRequire } = require("node:module") as typeof import("node:module")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { trimAtEnd }: TrimModule = fromSource ? require("./trim.cts") : require("./trim.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { sightOf }: SightModule = fromSource ? require("./sight.cts") : require("./sight.cjs")

export interface Spares {
  /** None where that can't be. */
  readonly descriptors: ReadonlyArray<number>
  /** See `sight.cts`; absent where libuv's functions are not to be had. */
  readonly isQuiet?: () => boolean
}

export interface SparesModule {
  /**
   * `count` more descriptors of what `descriptor` is of. Sees on the way that this thread's memory is given back when it
   * ends, since to load koffi once more for that would cost 50 KB that are never freed. `memory` is what is handed over.
   */
  readonly sparesOf: (descriptor: number, count: number, memory: Float64Array) => Spares
}

/** F_DUPFD_CLOEXEC: a child of the task's must not inherit them. */
const duplicate = new Map([
  ["linux", 1030],
  ["darwin", 67]
]).get(process.platform)

/** Above those that a worker inherits. */
const LOWEST = 16

const sightIn = (...given: Parameters<typeof sightOf>): ReturnType<typeof sightOf> | undefined => {
  try {
    return sightOf(...given)
  } catch {
    return undefined
  }
}

const sparesOf: SparesModule["sparesOf"] = (descriptor, count, memory) => {
  if (duplicate === undefined) return { descriptors: [] }
  try {
    // Loaded by a thread that ends right after: that unloads it again.
    const koffi: typeof import("koffi") = createRequire(__filename)("koffi")
    const library = koffi.load(null)
    trimAtEnd(library, memory)
    const fcntl = library.func("int fcntl(int fd, int command, ...)")
    const descriptors = Array.from({ length: count }, () => Number(fcntl(descriptor, duplicate, "int", LOWEST)))
    const isQuiet = sightIn(koffi, library)
    return { descriptors: descriptors.filter((each) => each >= 0), ...(isQuiet && { isQuiet }) }
  } catch {
    // koffi is optional, and not there on every platform.
    return { descriptors: [] }
  }
}

module.exports = { sparesOf } satisfies SparesModule
