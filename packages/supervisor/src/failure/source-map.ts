/**
 * Finds where a line of bundled or compiled code came from, through the source map that its file names. Read in the
 * parent, when a failure is looked at: a worker that maps its own stacks pays for it at every start. Never throws.
 */
import { readFileSync, statSync } from "node:fs"
import { SourceMap } from "node:module"
import { dirname, isAbsolute, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Frame } from "@holdfast/core"

const LARGEST_FILE = 32 * 1024 * 1024
const MOST_KEPT = 16

interface Kept {
  readonly changed: number
  readonly map: SourceMap | undefined
  readonly folder: string
}

const kept = new Map<string, Kept>()

/** The text of a local file that exists and is not too large. */
export const textOfFile = (file: string): string | undefined => {
  try {
    if (!isAbsolute(file)) return undefined
    const stat = statSync(file)
    return stat.isFile() && stat.size <= LARGEST_FILE ? readFileSync(file, "utf8") : undefined
  } catch {
    return undefined
  }
}

const COMMENT = "//# sourceMappingURL="
const INLINE = /^data:application\/json[^,]*?(;base64)?,/

/** The map that the last `sourceMappingURL` of a file names, and the folder its sources are relative to. */
const loadMap = (file: string): Omit<Kept, "changed"> => {
  const none = { map: undefined, folder: "" }
  const text = textOfFile(file)
  // On a line of its own: code that handles such comments has them in strings.
  const at = text?.lastIndexOf(COMMENT) ?? -1
  if (text === undefined || at === -1 || (at > 0 && text[at - 1] !== "\n")) return none
  const url = /^\S+/.exec(text.slice(at + COMMENT.length))?.[0] ?? ""
  const inline = INLINE.exec(url)
  if (inline !== null) {
    const body = url.slice(inline[0].length)
    const json = inline[1] === undefined ? decodeURIComponent(body) : Buffer.from(body, "base64").toString()
    return { map: new SourceMap(JSON.parse(json)), folder: dirname(file) }
  }
  const beside = url.startsWith("file:") ? fileURLToPath(url) : resolve(dirname(file), decodeURIComponent(url))
  const json = textOfFile(beside)
  return json === undefined ? none : { map: new SourceMap(JSON.parse(json)), folder: dirname(beside) }
}

const mapOf = (file: string): Kept | undefined => {
  try {
    const changed = statSync(file).mtimeMs
    const known = kept.get(file)
    if (known?.changed === changed) return known
    if (kept.size >= MOST_KEPT) kept.clear()
    // Kept before it is read: a map that can't be read is not tried anew for every failure.
    kept.set(file, { changed, map: undefined, folder: "" })
    const loaded = { changed, ...loadMap(file) }
    kept.set(file, loaded)
    return loaded
  } catch {
    return undefined
  }
}

/** The frame in the source that was written; the frame itself where there is no map. */
export const mappedFrame = (frame: Frame): Frame => {
  if (!isAbsolute(frame.file)) return frame
  const found = mapOf(frame.file)
  if (found?.map === undefined) return frame
  try {
    const origin = found.map.findOrigin(frame.line, frame.column)
    if (!("fileName" in origin) || typeof origin.fileName !== "string") return frame
    const { fileName, lineNumber, columnNumber } = origin
    const file = fileName.startsWith("file:") ? fileURLToPath(fileName) : resolve(found.folder, fileName)
    return { ...frame, file, line: lineNumber, column: columnNumber }
  } catch {
    return frame
  }
}
