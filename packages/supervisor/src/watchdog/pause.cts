/**
 * The debugger on another thread (a worker process's main thread, or a worker that is a thread): arm, pause, read
 * the stack, go on. What a pause cannot reach (native code, an idle event loop) is told by `native.cts`. Not the
 * channel to the parent, which is `thread.cts`. CommonJS, so that it loads while the main thread spins.
 */

import type { Debugger } from "node:inspector"
import type { Frame } from "@holdfast/core"
import type { LocalsModule, Post } from "./locals.cts"
import type { MaskModule } from "./mask.cts"
import type { Capture, CaptureRequest } from "./messages.ts"
import type { NativeModule } from "./native.cts"

const { fileURLToPath } = require("node:url") as typeof import("node:url")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { describeScope }: LocalsModule = fromSource ? require("./locals.cts") : require("./locals.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { hiderOf }: MaskModule = fromSource ? require("./mask.cts") : require("./mask.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { watchNative }: NativeModule = fromSource ? require("./native.cts") : require("./native.cjs")

/** What a session tells of by itself. */
export interface DebugEvents {
  readonly scriptParsed: (script: { readonly scriptId: string; readonly url: string }) => void
  readonly paused: (frames: ReadonlyArray<Debugger.CallFrame>) => void
  readonly resumed: () => void
}

/** A debugger's connection to a thread. */
export interface DebugSession {
  /** `result` is undefined where it failed. */
  readonly post: (method: string, params: object, answered: (result: unknown) => void) => void
  /** Never throws. */
  readonly disconnect: () => void
  /** Whether the thread must have answered before it is disconnected from; false where it would never answer. */
  readonly mustAnswer: () => boolean
}

/** Which thread is debugged. */
export interface DebugTarget {
  /** Throws where it can't. */
  readonly connect: (events: DebugEvents) => DebugSession
  /** The kernel's number of the thread; undefined while that is not known. */
  readonly thread: () => number | undefined
}

export interface ThreadDebugger {
  /** Connects, if it is not connected. False when it can't be. */
  readonly arm: () => boolean
  /** Disconnects; a paused thread goes on. Resolves once nothing that was asked of the thread is left to be answered. */
  readonly disarm: () => Promise<void>
  /** Where the thread is. One at a time: further ones wait, or get what the one under way finds. */
  readonly capture: (request: CaptureRequest) => Promise<Capture>
}

export interface PauseModule {
  readonly debugThread: (target: DebugTarget) => ThreadDebugger
}

type CallFrame = Debugger.CallFrame
type Hides = (name: string) => boolean

/** Frames of the task's own code that are given their locals. */
const framesWithLocals = 3
/** By then a thread that runs JavaScript has paused, even under load. */
const longestPauseMs = 1500
const askAgainMs = 40
/** How often, and for how long each time, a thread that stands in Node's own code alone is let go on a little. */
const mostSteps = 3
const longestStepMs = 40
/** Shares of the time until the parent wants its answer: by then paused, by then read, with or without all locals. */
const pauseShare = 0.65
const readShare = 0.85

const delay = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined))

const fileOf = (url: string): string => {
  try {
    if (url.startsWith("file:")) return fileURLToPath(url)
  } catch {
    // Not a path of this machine: the URL says more than nothing.
  }
  return url === "" ? "(eval)" : url.slice(0, 4096)
}

const debugThread: PauseModule["debugThread"] = ({ connect, thread }) => {
  let session: DebugSession | undefined
  const urls = new Map<string, string>()
  /** Where the thread stands while it is paused. */
  let standing: ReadonlyArray<CallFrame> | undefined
  /** Where it stood when it paused after its capture had given up. */
  let late: { readonly frames: ReadonlyArray<Frame>; readonly at: number } | undefined
  let pauseWanted: ((frames: ReadonlyArray<CallFrame>) => void) | undefined

  const post: Post = (method, params) =>
    new Promise((resolve) => {
      if (session === undefined) return resolve(undefined)
      session.post(method, params, resolve)
    })

  const placesOf = (frames: ReadonlyArray<CallFrame>): Array<Frame> =>
    frames.map(({ functionName, location, url }) => ({
      function: functionName === "" ? "(anonymous)" : functionName.slice(0, 200),
      // Node 26 leaves `url` empty.
      file: fileOf(urls.get(location.scriptId) ?? url),
      line: location.lineNumber + 1,
      column: (location.columnNumber ?? 0) + 1
    }))

  const onPaused = (frames: ReadonlyArray<CallFrame>): void => {
    standing = frames
    if (pauseWanted !== undefined) return pauseWanted(frames)
    // Too late for the capture that asked. A `debugger` statement, or V8 close to the heap limit, pauses too.
    late = { frames: placesOf(frames), at: performance.now() }
    void post("Debugger.resume", {})
  }

  /** Whether it is to stay connected between captures. */
  let kept = false

  const open = (): boolean => {
    if (session !== undefined) return true
    try {
      session = connect({
        scriptParsed: ({ scriptId, url }) => urls.set(scriptId, url),
        paused: onPaused,
        resumed: () => {
          standing = undefined
        }
      })
      session.post("Debugger.enable", {}, () => {})
      return true
    } catch {
      return false
    }
  }

  let closed: Promise<void> = Promise.resolve()
  const close = (closing: DebugSession): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        closing.disconnect()
        resolve()
      }
      const waits = closing.mustAnswer()
      try {
        closing.post("Debugger.disable", {}, waits ? end : () => {})
        if (!waits) end()
      } catch {
        // Closed already, with the thread's end.
        end()
      }
    })

  const arm = (): boolean => {
    kept = true
    return open()
  }

  const detach = (): Promise<void> => {
    const closing = session
    session = undefined
    standing = undefined
    late = undefined
    urls.clear()
    if (closing !== undefined) closed = Promise.all([closed, close(closing)]).then(() => {})
    return closed
  }

  const disarm = (): Promise<void> => {
    kept = false
    return detach()
  }

  const stop = async (
    how: "Debugger.pause" | "Debugger.stepInto",
    withinMs: number
  ): Promise<ReadonlyArray<CallFrame> | undefined> => {
    const paused = new Promise<ReadonlyArray<CallFrame>>((resolve) => {
      pauseWanted = resolve
    })
    void post(how, {})
    // A pause that comes right behind the debugger is sometimes lost (Node 26.10, in one of ten threads that loop).
    const again = how === "Debugger.pause" ? setInterval(() => void post(how, {}), askAgainMs) : undefined
    const frames = await Promise.race([paused, delay(withinMs)])
    clearInterval(again)
    pauseWanted = undefined
    return frames
  }

  const isOfTask = ({ location, url }: CallFrame): boolean => !(urls.get(location.scriptId) ?? url).startsWith("node:")

  const pause = async (withinMs: number): Promise<ReadonlyArray<CallFrame> | undefined> => {
    const until = performance.now() + withinMs
    let frames = standing ?? (await stop("Debugger.pause", withinMs))
    // Between two microtasks, Node's loop over them stands there alone: the next function is entered.
    for (let step = 0; step < mostSteps && frames !== undefined && !frames.some(isOfTask); step++) {
      const left = Math.min(longestStepMs, until - performance.now())
      const next = left > 0 ? await stop("Debugger.stepInto", left) : undefined
      if (next === undefined) break
      frames = next
    }
    return frames
  }

  // All scopes and frames at once: each wait for the thread's answer costs milliseconds under load.
  const localsOf = async (frame: CallFrame, request: CaptureRequest, hides: Hides): Promise<Record<string, string>> => {
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

  const read = async (
    callFrames: ReadonlyArray<CallFrame>,
    request: CaptureRequest,
    localsMs: number
  ): Promise<ReadonlyArray<Frame>> => {
    const shown = callFrames.slice(0, request.maxFrames)
    const frames = placesOf(shown)
    const tasks = [...frames.keys()].filter((at) => frames[at]?.file.startsWith("node:") === false)
    const hides = request.mask === undefined ? () => false : hiderOf(request.mask)
    let enough = false
    const addLocals = async (at: number): Promise<void> => {
      const [frame, callFrame] = [frames[at], shown[at]]
      if (frame === undefined || callFrame === undefined) return
      const locals = await localsOf(callFrame, request, hides)
      if (!enough) frames[at] = { ...frame, locals }
    }
    await Promise.race([Promise.all(tasks.slice(0, framesWithLocals).map(addLocals)), delay(localsMs)])
    enough = true
    return frames
  }

  const take = async (request: CaptureRequest): Promise<Capture> => {
    const began = performance.now()
    if (!open()) return { state: "failed", frames: [] }
    const patience = Math.min(request.withinMs * pauseShare, longestPauseMs)
    let native = watchNative(thread())
    // Putting the debugger on is work too: watch anew without it, unless this timer comes too late to see enough.
    const watching = setTimeout(() => {
      if (performance.now() - began < patience * 0.75) native = watchNative(thread())
    }, patience / 2)
    const callFrames = await pause(patience)
    clearTimeout(watching)
    if (callFrames === undefined) {
      const seen = native()
      // Otherwise the request stays: where it stops the thread later, that goes on at once, and is seen.
      if (!kept) void detach()
      else if (late !== undefined && performance.now() - late.at < longestPauseMs)
        return { state: "stopped", frames: late.frames }
      return { state: "native", frames: [], native: seen }
    }
    const frames = await read(
      callFrames,
      request,
      Math.max(1, request.withinMs * readShare - (performance.now() - began))
    )
    if (request.resume && !kept) void detach()
    else if (request.resume) {
      standing = undefined
      void post("Debugger.resume", {})
    }
    return { state: "stopped", frames }
  }

  /** One that is in no hurry may be under way when a deadline comes: what it finds will do, if it comes in time. */
  const join = async (request: CaptureRequest, underWay: Promise<Capture>): Promise<Capture> => {
    const native = watchNative(thread())
    const shared = await Promise.race([underWay, delay(request.withinMs * readShare)])
    return shared ?? { state: "native", frames: [], native: native() }
  }

  let last: Promise<unknown> = Promise.resolve()
  let resuming: Promise<Capture> | undefined
  const capture = (request: CaptureRequest): Promise<Capture> => {
    if (resuming !== undefined && request.resume) return join(request, resuming)
    const taken = last.then(() => take(request)).catch((): Capture => ({ state: "failed", frames: [] }))
    last = taken
    if (request.resume) {
      resuming = taken
      void taken.finally(() => {
        if (resuming === taken) resuming = undefined
      })
    }
    return taken
  }

  return { arm, disarm, capture }
}

module.exports = { debugThread } satisfies PauseModule
