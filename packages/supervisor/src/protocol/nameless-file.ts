/**
 * A file that parent and worker share and nobody else can open: it has no name, or loses it at once, so that none is
 * left however either ends. In memory where there is any. Not what stands in it: `page.ts`, `transit.ts`.
 */
import { constants, mkdtempSync, openSync, rmdirSync, unlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A file that never has a name. Linux, on most file systems. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

const openUnnamed = (directory: string): number => openSync(directory, constants.O_RDWR | O_TMPFILE, 0o600)

const openUnlinked = (directory: string): number => {
  const folder = mkdtempSync(join(directory, "holdfast-"))
  const file = join(folder, "page")
  try {
    const descriptor = openSync(file, "wx+", 0o600)
    unlinkSync(file)
    return descriptor
  } finally {
    // Neither takes a descriptor, as `rmSync` does: there may be none left.
    rmdirSync(folder)
  }
}

/** The descriptor of a new one. Throws what the system says where none can be had. */
export const openNamelessFile = (): number => {
  // Memory, where there is any: no disk is ever touched for it.
  for (const directory of ["/dev/shm", tmpdir()]) {
    if (process.platform === "linux") {
      try {
        return openUnnamed(directory)
      } catch {
        // Not there, or a file system that can't.
      }
    }
    try {
      return openUnlinked(directory)
    } catch {
      // Not there, or not to be written to.
    }
  }
  return openUnlinked(tmpdir())
}
