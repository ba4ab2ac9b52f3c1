/** A FIFO that nobody writes to: whoever opens it to read is blocked in the system until it is released. */
import { execFileSync } from "node:child_process"
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Fifo {
  readonly path: string
  /** Lets whoever reads from it see its end. */
  readonly release: () => void
}

export const fifo = async (use: (fifo: Fifo) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-fifo-"))
  const path = join(folder, "fifo")
  execFileSync("mkfifo", [path])
  const release = (): void => {
    // Opened for both, so that this never blocks itself.
    closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK))
  }
  try {
    await use({ path, release })
  } finally {
    release()
    rmSync(folder, { recursive: true })
  }
}
