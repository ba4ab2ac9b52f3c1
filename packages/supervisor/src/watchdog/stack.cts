/**
 * A stack as it is told: each frame with its function and place, the innermost of the task's with their local variables.
 * CommonJS, so that it loads while the main thread spins; loaded by `pause.cts` alone.
 */
import type { Debugger } from "node:inspector"
import type { Frame } from "@holdfast/core"
import type { LocalsModule, Post } from "./locals.cts"
import type { MaskModule } from "./mask.cts"
import type { CaptureRequest } from "./messages.ts"
import type { OriginsModule, Script } from "./origins.cts"

const { fileURLToPath } = require("node:url") as typeof import("node:url")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { describeScope }: LocalsModule = fromSource ? require("./locals.cts") : require("./locals.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { hiderOf }: MaskModule = fromSource ? require("./mask.cts") : require("./mask.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { originOf }: OriginsModule = fromSource ? require("./origins.cts") : require("./origins.cjs")

type CallFrame = Debugger.CallFrame
type Hides = (name: string) => boolean
/** Scripts by their ids. */
type Scripts = ReadonlyMap<string, Script>

export interface StackModule {
  readonly frameOf: (place: Omit<Frame, "file">, url: string) => Frame
  /** Whether a script is Node's own. */
  readonly isNodes: (url: string) => boolean
  readonly placesOf: (frames: ReadonlyArray<CallFrame>, scripts: Scripts) => Array<Frame>
  /** Of a thread that is paused; locals that have not come within `localsMs` are left out. */
  readonly readStack: (
    post: Post,
    scripts: Scripts,
    callFrames: ReadonlyArray<CallFrame>,
    how: { readonly request: CaptureRequest; readonly localsMs: number }
  ) => Promise<ReadonlyArray<Frame>>
}

/** Frames of the task's own code that are given their locals. */
const framesWithLocals = 3

const delay = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined))

const fileOf = (url: string): string => {
  try {
    if (url.startsWith("file:")) return fileURLToPath(url)
  } catch {
    // Not a path of this machine: the URL says more than nothing.
  }
  return url === "" ? "(eval)" : url.slice(0, 4096)
}

const frameOf: StackModule["frameOf"] = (place, url) => {
  const name = place.function === "" ? "(anonymous)" : place.function.slice(0, 200)
  return { ...place, function: name, file: fileOf(url) }
}

const isNodes: StackModule["isNodes"] = (url) => url.startsWith("node:")

const placesOf: StackModule["placesOf"] = (frames, scripts) =>
  frames.map(({ functionName, location, url }) => {
    const place = { function: functionName, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 }
    const script = scripts.get(location.scriptId)
    // Node 26 leaves `url` empty.
    const frame = frameOf(place, script?.url ?? url)
    return script === undefined ? frame : { ...frame, ...originOf(script, frame.line, frame.column) }
  })

// All scopes and frames at once: each wait for the thread's answer costs milliseconds under load.
const localsOf = async (
  post: Post,
  frame: CallFrame,
  request: CaptureRequest,
  hides: Hides
): Promise<Record<string, string>> => {
  const limits = { maxLocals: request.maxLocals, maxValue: request.maxValue, hides }
  const outer = frame.scopeChain.findIndex(({ type }) => type !== "local" && type !== "block" && type !== "catch")
  const scopes = frame.scopeChain.slice(0, outer === -1 ? undefined : outer)
  const described: ReadonlyArray<Record<string, string>> = await Promise.all(
    scopes.map(({ object }) => (object.objectId === undefined ? {} : describeScope(post, object.objectId, limits)))
  )
  // From the innermost on, for an inner variable hides an outer one of the same name.
  const locals = new Map<string, string>()
  for (const scope of described) {
    for (const [name, text] of Object.entries(scope)) {
      if (locals.size < limits.maxLocals && !locals.has(name)) locals.set(name, text)
    }
  }
  return Object.fromEntries(locals)
}

const readStack: StackModule["readStack"] = async (post, scripts, callFrames, { request, localsMs }) => {
  const shown = callFrames.slice(0, request.maxFrames)
  const frames = placesOf(shown, scripts)
  const tasks = [...frames.keys()].filter((at) => frames[at]?.file.startsWith("node:") === false)
  const hides = request.mask === undefined ? () => false : hiderOf(request.mask)
  let enough = false
  const addLocals = async (at: number): Promise<void> => {
    const [frame, callFrame] = [frames[at], shown[at]]
    if (frame === undefined || callFrame === undefined) return
    const locals = await localsOf(post, callFrame, request, hides)
    if (!enough) frames[at] = { ...frame, locals }
  }
  await Promise.race([Promise.all(tasks.slice(0, framesWithLocals).map(addLocals)), delay(localsMs)])
  enough = true
  return frames
}

module.exports = { frameOf, isNodes, placesOf, readStack } satisfies StackModule
