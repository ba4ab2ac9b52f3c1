/** A file that tasks append lines to, so that what they did is counted from outside of their workers. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, vi } from "vitest"

/** Notes that tasks write. Disposing removes the file. */
export interface Notes extends Disposable {
  readonly file: string
  /** What stands there now, a line each. */
  readonly lines: () => ReadonlyArray<string>
  /** Waits for so many lines. */
  readonly written: (count: number) => Promise<ReadonlyArray<string>>
}

/**
 * @example
 * using notes = takeNotes()
 * await pool.run(note, { file: notes.file, n: 1 })
 */
export const takeNotes = (): Notes => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-faults-"))
  const file = join(folder, "notes")
  const lines = (): ReadonlyArray<string> => {
    try {
      return readFileSync(file, "utf8").split("\n").slice(0, -1)
    } catch {
      return []
    }
  }
  return {
    file,
    lines,
    written: async (count) => {
      await vi.waitFor(() => expect(lines().length).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 5 })
      return lines()
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true })
  }
}
