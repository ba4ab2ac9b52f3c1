/**
 * The debugger on another thread (a worker process's main thread, or a worker that is a thread): arm, pause, read
 * the stack, go on. What a pause cannot reach (native code, an idle event loop) is told by `native.cts`. Not the
 * channel to the parent, which is `thread.cts`. CommonJS, so that it loads while the main thread spins.
 */

import type { Debugger } from "node:inspector"
import type { Frame } from "@holdfast/core"
import type { GlimpseModule } from "./glimpse.cts"
import type { Post } from "./locals.cts"
import type { Capture, CaptureRequest } from "./messages.ts"
import type { NativeModule } from "./native.cts"
import type { Script } from "./origins.cts"
import type { StackModule } from "./stack.cts"
import type { TurnsModule } from "./turns.cts"

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { glimpse, glimpseUrl }: GlimpseModule = fromSource ? require("./glimpse.cts") : require("./glimpse.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { watchNative }: NativeModule = fromSource ? require("./native.cts") : require("./native.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const stack: StackModule = fromSource ? require("./stack.cts") : require("./stack.cjs")
const { frameOf, isNodes, placesOf, readStack } = stack
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { inTurn }: TurnsModule = fromSource ? require("./turns.cts") : require("./turns.cjs")

/** What a session tells of by itself. */
export interface DebugEvents {
  readonly scriptParsed: (script: Pick<Debugger.ScriptParsedEventDataType, "scriptId" | "url" | "sourceMapURL">) => void
  readonly paused: (frames: ReadonlyArray<Debugger.CallFrame>) => void
  readonly resumed: () => void
}

/** A debugger's connection to a thread. */
export interface DebugSession {
  /** `result` is undefined where it failed. */
  readonly post: (method: string, params: object, answered: (result: unknown) => void) => void
  /** Never throws, or rejects; resolves when it is done. */
  readonly disconnect: () => Promise<void> | void
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

/** By then a thread that runs JavaScript has paused, even under load. */
const longestPauseMs = 1500
const askAgainMs = 40
/** With less CPU time than this, a thread that runs JavaScript may have had none to answer. */
const starvedMs = 20
/** A thread that has not been glimpsed by then has hardly run. */
const longestGlimpseMs = 200
/** How often, and for how long each time, a thread that stands in Node's own code alone is let go on a little. */
const mostSteps = 3
const longestStepMs = 40
/** Shares of the time until the parent wants its answer: by then paused, by then read, with or without all locals. */
const pauseShare = 0.65
const readShare = 0.85
const readingMs = 200

const delay = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined))

const debugThread: PauseModule["debugThread"] = ({ connect, thread }) => {
  let session: DebugSession | undefined
  const scripts = new Map<string, Script>()
  /** Where the thread stands while it is paused. */
  let standing: ReadonlyArray<CallFrame> | undefined
  /** Where it stood when it was glimpsed, or when it paused after its capture had given up. */
  let seen: { readonly frames: ReadonlyArray<Frame>; readonly at: number } | undefined
  /** Whether the thread is still at work on the debugger's coming. */
  let enabling = false
  let pauseWanted: ((frames: ReadonlyArray<CallFrame>) => void) | undefined

  const post: Post = (method, params) =>
    new Promise((resolve) => {
      if (session === undefined) return resolve(undefined)
      session.post(method, params, resolve)
    })

  /** Of the hook that a glimpse may leave: no pause comes while its expression is evaluated. */
  const isGlimpse = ({ location, url }: CallFrame): boolean =>
    (scripts.get(location.scriptId)?.url ?? url) === glimpseUrl

  const onPaused = (frames: ReadonlyArray<CallFrame>): void => {
    standing = frames
    if (pauseWanted !== undefined) return pauseWanted(frames)
    // Too late for the capture that asked. A `debugger` statement, or V8 close to the heap limit, pauses too.
    if (!frames.some(isGlimpse)) seen = { frames: placesOf(frames, scripts), at: performance.now() }
    void post("Debugger.resume", {})
  }

  /** Of pauses that were asked for, those that the thread has not come to yet. */
  let unheard = 0

  const look = async (): Promise<void> => {
    const asked = session
    // The pause would come in the hook that a glimpse may leave.
    if (unheard > 0) return
    const places = (await glimpse(post)) ?? []
    if (session !== asked || !places.some(({ url }) => !isNodes(url))) return
    const frames = places.map(({ url, ...place }) => frameOf(place, url))
    seen = { frames, at: performance.now() }
  }

  /** Since then the debugger has been asked for. */
  let enabled: Promise<void> = Promise.resolve()
  /** Whether it is to stay connected between captures. */
  let kept = false

  const open = (): boolean => {
    if (session !== undefined) return true
    try {
      session = connect({
        scriptParsed: ({ scriptId, sourceMapURL: map, url }) => scripts.set(scriptId, { url, map }),
        paused: onPaused,
        resumed: () => {
          standing = undefined
        }
      })
      const opened = session
      // First, for it is answered long before the debugger is on; the thread has to run in the middle of it.
      enabling = true
      enabled = Promise.race([look(), delay(longestGlimpseMs)]).then(() => {
        if (session !== opened) return
        opened.post("Debugger.enable", {}, () => {
          if (session === opened) enabling = false
        })
      })
      return true
    } catch {
      return false
    }
  }

  let closed: Promise<void> = Promise.resolve()
  const close = (closing: DebugSession): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => resolve(closing.disconnect())
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
    seen = undefined
    enabling = false
    unheard = 0
    scripts.clear()
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
    const until = performance.now() + withinMs
    const ask = (): void => {
      // A starved thread would be stopped as often as it was asked.
      if (unheard > 0) return
      const asked = session
      unheard++
      void post(how, {}).then(() => {
        if (session === asked) unheard--
      })
    }
    await Promise.race([enabled, delay(withinMs)])
    ask()
    // A pause that comes right behind the debugger is sometimes lost (Node 26.10, in one of ten threads that loop).
    const again = how === "Debugger.pause" ? setInterval(ask, askAgainMs) : undefined
    const frames = await Promise.race([paused, delay(Math.max(1, until - performance.now()))])
    clearInterval(again)
    pauseWanted = undefined
    return frames
  }

  const letGo = (): void => {
    standing = undefined
    void post("Debugger.resume", {})
  }

  const isOfTask = (frame: CallFrame): boolean =>
    !isGlimpse(frame) && !isNodes(scripts.get(frame.location.scriptId)?.url ?? frame.url)

  const pause = async (withinMs: number): Promise<ReadonlyArray<CallFrame> | undefined> => {
    const until = performance.now() + withinMs
    let frames = standing ?? (await stop("Debugger.pause", withinMs))
    // Between two microtasks, Node's loop over them stands there alone: the next function is entered.
    for (let step = 0; step < mostSteps && frames !== undefined && !frames.some(isOfTask); step++) {
      // A step would not leave our own hook for what the thread does.
      const isOurs = frames.some(isGlimpse)
      const left = Math.min(isOurs ? withinMs : longestStepMs, until - performance.now())
      if (isOurs) letGo()
      const next = left > 0 ? await stop(isOurs ? "Debugger.pause" : "Debugger.stepInto", left) : undefined
      if (next === undefined) break
      frames = next
    }
    return frames
  }

  const take = async (request: CaptureRequest): Promise<Capture> => {
    const began = performance.now()
    if (session !== undefined) void look()
    else if (!open()) return { state: "failed", frames: [] }
    // Where there is time, what is left for reading is the same: a starved thread needs all of the rest to stop.
    const patience = Math.min(Math.max(request.withinMs * pauseShare, request.withinMs - readingMs), longestPauseMs)
    let native = watchNative(thread())
    // Putting the debugger on is work too: watch anew without it, unless this timer comes too late to see enough.
    const watching = setTimeout(() => {
      if (performance.now() - began < patience * 0.75) native = watchNative(thread())
    }, patience / 2)
    const callFrames = await pause(patience)
    clearTimeout(watching)
    const glimpsed = (): ReadonlyArray<Frame> | undefined =>
      seen !== undefined && seen.at >= began ? seen.frames : undefined
    if (callFrames === undefined) {
      const found = native()
      const isOurs = enabling || (found.busy && found.cpuMs < starvedMs)
      const recent =
        isOurs && seen !== undefined && performance.now() - seen.at < longestPauseMs ? seen.frames : undefined
      const frames = glimpsed() ?? recent
      // Otherwise the request stays: where it stops the thread later, that goes on at once, and is seen.
      if (!kept) void detach()
      return frames === undefined ? { state: "native", frames: [], native: found } : { state: "stopped", frames }
    }
    const readMs = Math.max(1, request.withinMs * readShare - (performance.now() - began))
    // Our own hook, and what it calls, is nobody's place; what made the promise stands below it.
    const told = callFrames.slice(callFrames.findLastIndex(isGlimpse) + 1)
    const whole = await readStack(post, scripts, told, { request, localsMs: readMs })
    const frames = callFrames.some(isOfTask) ? whole : (glimpsed() ?? whole)
    if (request.resume && !kept) void detach()
    else if (request.resume) letGo()
    return { state: "stopped", frames }
  }

  /** One that is in no hurry may be under way when a deadline comes: what it finds will do, if it comes in time. */
  const join = async (request: CaptureRequest, underWay: Promise<Capture>): Promise<Capture> => {
    const native = watchNative(thread())
    const shared = await Promise.race([underWay, delay(request.withinMs * readShare)])
    return shared ?? { state: "native", frames: [], native: native() }
  }

  return { arm, disarm, capture: inTurn(take, join) }
}

module.exports = { debugThread } satisfies PauseModule
