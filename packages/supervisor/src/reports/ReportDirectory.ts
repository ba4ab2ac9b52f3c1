/**
 * A directory of reports: each appears whole or not at all, and the oldest go when there are too many, or they take too
 * much room. Knows their names, not what they say. A directory that can't be written is told of once.
 */
import { chmod, readdir, rename, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { makeDirectory } from "./make-directory.ts"

/** How much of it there may be: about that of a core dump. */
export interface Bounds {
  readonly reports: number
  readonly bytes: number
}

export const BOUNDS: Bounds = { reports: 1000, bytes: 100 * 1024 * 1024 }

/** What reports are called, and what belongs to them: anything else in the directory is somebody's own. */
const OURS = /^(\d{8}-\d{6}-\d{3}-[^.]+)\.(json|input|bound\d*|diagnostic\.json|heapsnapshot)$/
/** What a program left behind that ended while it wrote. */
const UNFINISHED = /^\.\d{8}-\d{6}-\d{3}-[^.]+\..+\.part$/
const ABANDONED_MS = 3_600_000
/** Others may write to the same directory: it is looked through again after so many of our own. */
const LOOK_AGAIN = 50

/** The report that a file of the directory is, or belongs to; undefined for any other. */
export const stemOf = (file: string): string | undefined => OURS.exec(file)?.[1]

/** A file that belongs to a report. */
export interface Part {
  readonly file: string
  readonly content: string | Uint8Array
}

export class ReportDirectory {
  readonly path: string
  readonly #bounds: Bounds
  /** Bytes by report. */
  #sizes = new Map<string, number>()
  #sinceLook = LOOK_AGAIN
  #warned = false

  constructor(path: string, bounds: Bounds = BOUNDS) {
    this.path = path
    this.#bounds = bounds
  }

  /** Writes a report's files, the last of which is the report. Never rejects; false where it could not. */
  async write(parts: ReadonlyArray<Part>): Promise<boolean> {
    try {
      makeDirectory(this.path, 0o700)
      for (const { content, file } of parts) {
        const unfinished = join(this.path, `.${file}.part`)
        try {
          // An input may be anything: it is nobody else's to read.
          await writeFile(unfinished, content, { mode: 0o600 })
          await rename(unfinished, join(this.path, file))
        } catch (error) {
          await rm(unfinished, { force: true }).catch(() => undefined)
          throw error
        }
        this.#count(file, content.length)
      }
      await this.#makeRoom()
      return true
    } catch (error) {
      this.#warn(error)
      return false
    }
  }

  /** Gives files that Node has written here, of which `is` is true, to a report; gives the name of the largest. */
  async adopt(is: (file: string) => boolean, as: string): Promise<string | undefined> {
    try {
      const found = (await readdir(this.path)).filter(is)
      const [file] = found
      if (file === undefined) return undefined
      // What stood in the heap, and on the stack, is nobody else's to read either.
      await chmod(join(this.path, file), 0o600)
      await rename(join(this.path, file), join(this.path, as))
      this.#count(as, (await stat(join(this.path, as))).size)
      return as
    } catch {
      return undefined
    }
  }

  #count(file: string, bytes: number): void {
    const stem = stemOf(file)
    if (stem !== undefined) this.#sizes.set(stem, (this.#sizes.get(stem) ?? 0) + bytes)
  }

  async #makeRoom(): Promise<void> {
    if (this.#sinceLook++ >= LOOK_AGAIN) {
      this.#sinceLook = 0
      await this.#look()
    }
    let bytes = 0
    for (const size of this.#sizes.values()) bytes += size
    // Names begin with the time.
    const stems = [...this.#sizes.keys()].sort()
    let left = stems.length
    for (const stem of stems) {
      if (left <= 1 || (left <= this.#bounds.reports && bytes <= this.#bounds.bytes)) return
      bytes -= this.#sizes.get(stem) ?? 0
      this.#sizes.delete(stem)
      left--
      await this.#remove(stem)
    }
  }

  async #remove(stem: string): Promise<void> {
    for (const file of await readdir(this.path))
      if (stemOf(file) === stem) await rm(join(this.path, file), { force: true })
  }

  async #look(): Promise<void> {
    const sizes = new Map<string, number>()
    for (const file of await readdir(this.path)) {
      const stem = stemOf(file)
      const isUnfinished = UNFINISHED.test(file)
      if (stem === undefined && !isUnfinished) continue
      const stats = await stat(join(this.path, file)).catch(() => undefined)
      if (stats === undefined) continue
      if (stem !== undefined) sizes.set(stem, (sizes.get(stem) ?? 0) + stats.size)
      else if (Date.now() - stats.mtimeMs > ABANDONED_MS) await rm(join(this.path, file), { force: true })
    }
    this.#sizes = sizes
  }

  /** Once: a directory that can't be written mostly stays so. */
  #warn(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    const why = error instanceof Error ? error.message : String(error)
    process.emitWarning(
      `Reports of failures can't be written to ${this.path}, and are left out; jobs go on without them. ${why}`,
      "HoldfastWarning"
    )
  }
}
