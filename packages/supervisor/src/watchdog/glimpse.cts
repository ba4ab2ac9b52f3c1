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
/** A promise that Node makes for itself tells nothing: so many are looked at. */
const maxHooked = 50
/** For a thread that runs to come to its next promise. */
const hookedMs = 5

const glimpseUrl = "node:holdfast/glimpse"

// What a stack says to come from an earlier `await` runs no more; V8's own functions, such as `RegExp.test`, have no
// file. A pause that comes in the middle of it is to see no task's code here, hence the URL. Both properties of Error are put back as they were, whatever becomes of the stack.
//
// A thread that does nothing but microtasks is mostly found between two of them, where its stack is empty. There a hook
// is left for the next promise that is made (an `await` makes one), whose stack the second asking fetches.
const expressionOf = (asking: "first" | "again"): string => `(() => {
  const names = ["stackTraceLimit", "prepareStackTrace"]
  const key = Symbol.for("holdfast/glimpse")
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
  const read = (own) => {
    const before = names.map((name) => Object.getOwnPropertyDescriptor(Error, name))
    let text = ""
    let isTasks = false
    try {
      put("stackTraceLimit", ${maxFrames + 3})
      put("prepareStackTrace", (_, sites) => {
        for (const site of sites.slice(own)) {
          if (site.isAsync()) break
          const file = site.getFileName() ?? undefined
          if (file === undefined && !site.isEval()) continue
          const place = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0, site.getFunctionName() ?? ""]
          const from = originOf(file, place[0], place[1])
          if (!file?.startsWith("node:")) isTasks = true
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
    return isTasks ? text : ""
  }
  const left = globalThis[key]
  delete globalThis[key]
  left?.stop()
  const now = read(3)
  if (now !== "" || ${asking === "again"}) return now === "" ? (left?.text ?? "") : now
  const next = { text: "", stop: () => {} }
  let tries = ${maxHooked}
  globalThis[key] = next
  next.stop = process.getBuiltinModule("node:v8").promiseHooks.onInit(() => {
    if (next.text === "") next.text = read(2)
    if (next.text !== "" || --tries === 0) next.stop()
  })
  return ""
})()
//# sourceURL=${glimpseUrl}`

const placeOf = (line: string): ReadonlyArray<Place> => {
  const [, row, column, rest = ""] = /^(\d+) (\d+) (.*)$/.exec(line) ?? []
  if (row === undefined) return []
  const [name, url] = JSON.parse(rest) as [string, string]
  return [{ function: name, url, line: Number(row), column: Number(column) }]
}

const ask = async (post: Post, asking: "first" | "again"): Promise<ReadonlyArray<Place> | undefined> => {
  // A pause in here might never end: once a message has come in the middle of it, Node 26.10 takes no more of them and
  // spins (`MainThreadInterface::DispatchMessages`). One that is due comes right behind it instead.
  const answer = await post("Runtime.evaluate", {
    expression: expressionOf(asking),
    silent: true,
    returnByValue: true,
    disableBreaks: true
  })
  const text = (answer as Runtime.EvaluateReturnType | undefined)?.result?.value
  return typeof text === "string" ? text.split("\n").flatMap(placeOf) : undefined
}

const glimpse: GlimpseModule["glimpse"] = async (post) => {
  const places = await ask(post, "first")
  if (places?.length !== 0) return places
  await new Promise((resolve) => setTimeout(resolve, hookedMs))
  return ask(post, "again")
}

module.exports = { glimpse, glimpseUrl } satisfies GlimpseModule
