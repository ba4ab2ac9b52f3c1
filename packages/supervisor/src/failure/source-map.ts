/**
 * Finds where a line of bundled or compiled code came from, through the source map that its file names, and the text of
 * that source, which may be nowhere but in the map. Read in the parent, when a failure is looked at: a worker that maps
 * its own stacks pays for it at every start. Never throws.
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
  /** Texts of sources that the map holds, by their paths. */
  readonly texts: ReadonlyMap<string, string>
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

/** As much of the format as is read here. Maps of parts, one behind the other, have `sections`. */
interface Payload {
  readonly sourceRoot?: string | null
  readonly sources?: ReadonlyArray<string | null>
  readonly sourcesContent?: ReadonlyArray<string | null>
  readonly sections?: ReadonlyArray<{ readonly map?: Payload }>
}

const NO_TEXTS: ReadonlyMap<string, string> = new Map()
/** Characters of one map's sources. */
const MOST_TEXT = 64 * 1024 * 1024

/** A path; or what names no file, such as `webpack://app/src/main.ts`, as it is. */
const pathOf = (source: string, folder: string): string => {
  if (source.startsWith("file:")) return fileURLToPath(source)
  return /^[a-z][a-z0-9+.-]+:/i.test(source) ? source : resolve(folder, source)
}

const addTexts = (
  { sections = [], sources = [], sourcesContent = [] }: Payload,
  folder: string,
  texts: Map<string, string>
) => {
  for (const [at, source] of sources.entries()) {
    const text = sourcesContent?.[at]
    if (typeof source === "string" && typeof text === "string") texts.set(pathOf(source, folder), text)
  }
  for (const { map } of sections) if (map !== undefined) addTexts(map, folder, texts)
}

const ABSOLUTE = /^(?:[a-z][a-z0-9+.-]+:|[\\/])/i

/** Node's SourceMap passes over `sourceRoot`. */
const rooted = (payload: Payload): Payload => {
  const { sections, sourceRoot, sources } = payload
  if (sections !== undefined)
    return {
      ...payload,
      sections: sections.map(({ map, ...rest }) => (map === undefined ? rest : { ...rest, map: rooted(map) }))
    }
  if (typeof sourceRoot !== "string" || sourceRoot === "" || sources === undefined) return payload
  const root = sourceRoot.endsWith("/") ? sourceRoot : `${sourceRoot}/`
  return {
    ...payload,
    sources: sources.map((source) => (source === null || ABSOLUTE.test(source) ? source : `${root}${source}`))
  }
}

const readMap = (json: string, folder: string): Omit<Kept, "changed"> => {
  const payload = rooted(JSON.parse(json) as Payload)
  const texts = new Map<string, string>()
  if (json.length <= MOST_TEXT) addTexts(payload, folder, texts)
  return { map: new SourceMap(payload as never), folder, texts }
}

/** The map that the last `sourceMappingURL` of a file names, and the folder its sources are relative to. */
const loadMap = (file: string): Omit<Kept, "changed"> => {
  const none = { map: undefined, folder: "", texts: NO_TEXTS }
  const text = textOfFile(file)
  // On a line of its own: code that handles such comments has them in strings.
  const at = text?.lastIndexOf(COMMENT) ?? -1
  if (text === undefined) return none
  if (at === -1 || (at > 0 && text[at - 1] !== "\n")) {
    // A bundler may have been told to keep the map to itself.
    const unnamed = textOfFile(`${file}.map`)
    return unnamed === undefined ? none : readMap(unnamed, dirname(file))
  }
  const url = /^\S+/.exec(text.slice(at + COMMENT.length))?.[0] ?? ""
  const inline = INLINE.exec(url)
  if (inline !== null) {
    const body = url.slice(inline[0].length)
    const json = inline[1] === undefined ? decodeURIComponent(body) : Buffer.from(body, "base64").toString()
    return readMap(json, dirname(file))
  }
  const beside = url.startsWith("file:") ? fileURLToPath(url) : resolve(dirname(file), decodeURIComponent(url))
  const json = textOfFile(beside)
  return json === undefined ? none : readMap(json, dirname(beside))
}

const mapOf = (file: string): Kept | undefined => {
  try {
    const changed = statSync(file).mtimeMs
    const known = kept.get(file)
    if (known?.changed === changed) return known
    if (kept.size >= MOST_KEPT) kept.clear()
    // Kept before it is read: a map that can't be read is not tried anew for every failure.
    kept.set(file, { changed, map: undefined, folder: "", texts: NO_TEXTS })
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
    return { ...frame, file: pathOf(fileName, found.folder), line: lineNumber, column: columnNumber }
  } catch {
    return frame
  }
}

/** The text of a source: as a map has it that was read, for that is what was compiled; else as it is on disk. */
export const textOfSource = (file: string): string | undefined => {
  for (const { texts } of kept.values()) {
    const text = texts.get(file)
    if (text !== undefined) return text
  }
  return textOfFile(file)
}
