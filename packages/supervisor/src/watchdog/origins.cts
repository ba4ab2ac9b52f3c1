/**
 * Where a line of a script came from that was compiled as it was loaded (tsx, Node's --experimental-transform-types):
 * such a script carries its source map in itself, and no file has it. Maps that lie beside a file are the parent's
 * business. CommonJS, so that it loads while the main thread spins; loaded by `stack.cts` alone.
 */
const { SourceMap } = require("node:module") as typeof import("node:module")
const path = require("node:path") as typeof import("node:path")
const { fileURLToPath } = require("node:url") as typeof import("node:url")

/** A script as the debugger tells of it. */
export interface Script {
  readonly url: string
  /** What its `sourceMappingURL` says. */
  readonly map?: string | undefined
}

export interface Origin {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface OriginsModule {
  /** Lines and columns count from 1. Undefined where the script has no map in itself, or one that says nothing. */
  readonly originOf: (script: Script, line: number, column: number) => Origin | undefined
}

/** A map of a large bundle takes too long to be read by the deadline; the parent reads it from the file. */
const largestMap = 2 * 1024 * 1024

const inline = /^data:application\/json[^,]*?(;base64)?,/
const maps = new WeakMap<Script, InstanceType<typeof SourceMap> | null>()

const read = ({ map }: Script): InstanceType<typeof SourceMap> | null => {
  const head = map === undefined || map.length > largestMap ? null : inline.exec(map)
  if (map === undefined || head === null) return null
  const body = map.slice(head[0].length)
  const json = head[1] === undefined ? decodeURIComponent(body) : Buffer.from(body, "base64").toString()
  return new SourceMap(JSON.parse(json))
}

const originOf: OriginsModule["originOf"] = (script, line, column) => {
  try {
    let map = maps.get(script)
    if (map === undefined) {
      map = read(script)
      maps.set(script, map)
    }
    const origin = map?.findOrigin(line, column)
    if (origin === undefined || !("fileName" in origin) || typeof origin.fileName !== "string") return undefined
    const { columnNumber, fileName, lineNumber } = origin
    const folder = path.dirname(fileURLToPath(script.url.replace(/[?#].*$/, "")))
    const file = fileName.startsWith("file:") ? fileURLToPath(fileName) : path.resolve(folder, fileName)
    return { file, line: lineNumber, column: columnNumber }
  } catch {
    return undefined
  }
}

module.exports = { originOf } satisfies OriginsModule
