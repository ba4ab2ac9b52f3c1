/**
 * Makes a directory, and those above it that are not there. Node's own `recursive` asks for ever, and keeps a core busy
 * with it, where a directory says that it is not there though it is: `/proc`, some mounts (Node 22.19 and 26.10).
 */
import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Throws where it can't be made; one that is there already is left as it is. */
export const makeDirectory = (path: string, mode: number): void => {
  const above = dirname(path)
  if (above !== path && !isThere(above)) makeDirectory(above, mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Perhaps made by another program just now.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}
