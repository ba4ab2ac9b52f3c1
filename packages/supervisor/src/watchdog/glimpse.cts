/**
 * Where another thread is, without a debugger on it: it is given an expression to evaluate between two steps of its own,
 * which reads the stack that it stands on. No local variables, but it takes the thread well under a millisecond, where
 * putting the debugger on takes 20 to 60 ms of its time: V8 hashes the source of every script for that, among them the
 * 3.8 MB of what strips types. CommonJS, so that it loads while the main thread spins; loaded by `pause.cts` alone.
 */
import type { Runtime } from "node:inspector"
import type { Post } from "./locals.cts"

/** A frame as V8 has it: `line` and `column` count from 1. */
export interface Place {
  readonly function: string
  readonly url: string
  readonly line: number
  readonly column: number
}

export interface GlimpseModule {
  /** Of the script in which a pause finds itself that comes while the thread evaluates this. */
  readonly glimpseUrl: string
  /** Innermost first; none where the thread runs no JavaScript of its own. Undefined where it could not be read. */
  readonly glimpse: (post: Post) => Promise<ReadonlyArray<Place> | undefined>
}

const maxFrames = 64

const glimpseUrl = "node:holdfast/glimpse"

// The first two places are the expression's own; what a stack says to come from an earlier `await` runs no more; V8's
// own functions, such as `RegExp.test`, have no file. A pause that comes in the middle of it is to see no task's code here,
// hence the URL. Both properties of Error are put back as they were, whatever becomes of the stack.
const expression = `(() => {
  const names = ["stackTraceLimit", "prepareStackTrace"]
  const before = names.map((name) => Object.getOwnPropertyDescriptor(Error, name))
  let text = ""
  // Of code compiled as it was loaded, this thread alone has the map, where it maps its stacks itself (tsx has it do so).
  const originOf = (file, line, column) => {
    try {
      if (process.sourceMapsEnabled !== true || !file?.startsWith("file:")) return undefined
      const from = process.getBuiltinModule("node:module").findSourceMap(file)?.findOrigin(line, column)
      return from?.fileName === undefined ? undefined : [from.fileName, from.lineNumber, from.columnNumber]
    } catch {
      return undefined
    }
  }
  const put = (name, value) =>
    Object.defineProperty(Error, name, { value, configurable: true, enumerable: true, writable: true })
  try {
    put("stackTraceLimit", ${maxFrames + 2})
    put("prepareStackTrace", (_, sites) => {
      for (let at = 2; at < sites.length; at++) {
        const site = sites[at]
        if (site.isAsync()) break
        const file = site.getFileName() ?? undefined
        if (file === undefined && !site.isEval()) continue
        const place = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0, site.getFunctionName() ?? ""]
        const from = originOf(file, place[0], place[1])
        if (from !== undefined) text += from[1] + " " + from[2] + " " + JSON.stringify([place[2], from[0]]) + "\\n"
        else text += place[0] + " " + place[1] + " " + JSON.stringify([place[2], file ?? ""]) + "\\n"
      }
      return ""
    })
    void new Error().stack
  } finally {
    names.forEach((name, at) => {
      if (before[at] === undefined) delete Error[name]
      else Object.defineProperty(Error, name, before[at])
    })
  }
  return text
})()
//# sourceURL=${glimpseUrl}`

const placeOf = (line: string): ReadonlyArray<Place> => {
  const [, row, column, rest = ""] = /^(\d+) (\d+) (.*)$/.exec(line) ?? []
  if (row === undefined) return []
  const [name, url] = JSON.parse(rest) as [string, string]
  return [{ function: name, url, line: Number(row), column: Number(column) }]
}

const glimpse: GlimpseModule["glimpse"] = async (post) => {
  const answer = await post("Runtime.evaluate", { expression, silent: true, returnByValue: true })
  const text = (answer as Runtime.EvaluateReturnType | undefined)?.result?.value
  return typeof text === "string" ? text.split("\n").flatMap(placeOf) : undefined
}

module.exports = { glimpse, glimpseUrl } satisfies GlimpseModule
