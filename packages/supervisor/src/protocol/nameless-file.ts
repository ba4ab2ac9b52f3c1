/**
 * A file that parent and worker share and nobody else can open: it has no name, or loses it at once, so that none is
 * left however either ends. In memory where there is any. Not what stands in it: `page.ts`, `transit.ts`.
 */
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, unlinkSync, writeSync } from "node:fs"
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

/**
 * The file, once so many bytes of it are there. A hole would be filled when it is first written to, by when others may
 * have filled the file system: a write into it then fails, and a store where it is mapped is a SIGBUS.
 */
const reserved = (descriptor: number, bytes: number): number => {
  try {
    const zeros = Buffer.alloc(bytes)
    // The last of what there is room for is written in part, and fails with the next.
    for (let at = 0; at < bytes; ) at += writeSync(descriptor, zeros, at, bytes - at, at)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/**
 * The descriptor of a new one, of so many bytes, which are its own whatever the file system comes to. Throws what the
 * system says where none can be had.
 */
export const openNamelessFile = (bytes: number): number => {
  let refusal: unknown
  // Memory, where there is any: no disk is ever touched for it.
  for (const directory of ["/dev/shm", tmpdir()]) {
    if (process.platform === "linux") {
      try {
        return reserved(openUnnamed(directory), bytes)
      } catch {
        // Not there, full, or a file system that can't.
      }
    }
    try {
      return reserved(openUnlinked(directory), bytes)
    } catch (error) {
      // Not there, full, or not to be written to.
      refusal = error
    }
  }
  const { code, message } = refusal as NodeJS.ErrnoException
  const what = `neither /dev/shm nor ${tmpdir()} has a place for what a program shares with its worker: ${message}`
  throw Object.assign(new Error(what), { code })
}
