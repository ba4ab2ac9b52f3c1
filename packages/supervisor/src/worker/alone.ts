/**
 * Whether only the parent can make this process run code of the user's: no job runs, and nothing that one has left is
 * open that could call back, a timer, a server, a signal listener. Where that is not so, the worker needs its watchdog.
 * Not seen: what native code calls by itself.
 */
import { subscribe } from "node:diagnostics_channel"
import { getCallSites } from "node:util"
import { replaceRegistry } from "../protocol/own-registry.ts"
import { isOwn, readHandles, scriptTimer } from "../watchdog/waiting.ts"

/** Node's own in each event loop, and V8's timers. As in `watchdog/sight.cts`. */
const OWN = new Set(["async", "check", "idle", "prepare", "timer"])

let threads = 0

/** Whether V8 may call code of the user's by itself, of which no handle of libuv tells. */
let mayBeCalled = false

/**
 * Whether Node itself calls, two functions above: what strips the types of TypeScript makes a registry, with `new`, and
 * lets go of its own memory by it.
 */
const isOfNode = (): boolean => getCallSites(3)[2]?.scriptName.startsWith("node:internal/") === true

/** The same function, which notes that it was called, with `new` too. */
const noting = <F extends object>(original: F): F =>
  new Proxy(original, {
    construct: (target, given, made) => {
      if (!isOfNode()) mayBeCalled = true
      return Reflect.construct(target as never, given, made)
    },
    apply: (target, self, given) => {
      mayBeCalled = true
      return Reflect.apply(target as never, self, given)
    }
  })

/** To be called before code of the user's is loaded, and before the first thread is started, the watchdog's too. */
export const watchLeavings = (): void => {
  subscribe("worker_threads", () => void threads++)
  replaceRegistry(noting)
  const { waitAsync } = Atomics as { waitAsync?: object }
  if (waitAsync !== undefined) Reflect.set(Atomics, "waitAsync", noting(waitAsync))
}

/** A thread may post a message at any time. */
const mayHear = (ownThreads: number): boolean => threads > ownThreads || mayBeCalled

/** A worker's channels and its output are such, too. */
const MAYBE_OWN = new Set(["PipeWrap", "TTYWrap"])

/**
 * Whether it is worth while to ask {@link isAlone}: nothing that Node lists by itself is open. Not what is not ref'd. To
 * be asked from anywhere.
 */
export const mayBeAlone = (ownThreads: number): boolean =>
  !mayHear(ownThreads) && process.getActiveResourcesInfo().every((type) => MAYBE_OWN.has(type))

/** As `watchdog/sight.cts` sees it, by Node's report: takes 2 to 5 ms, and 1 MB of the executable's pages. */
const isQuietByReport = (): boolean => {
  const handles = readHandles()
  return (
    handles.length > 0 &&
    scriptTimer(handles)?.is_active !== true &&
    handles.every((handle) => {
      const { type, is_active } = handle
      return type === "loop" ? !is_active : OWN.has(type) || (type === "pipe" && isOwn(handle))
    })
  )
}

/**
 * To be asked while no job runs, and not from a timer's or an immediate's callback, where libuv tells of both what is
 * not so. `keepOpen` says whether the job channel holds the event loop open; `isQuiet` is what the watchdog's thread
 * sees, undefined where it can't.
 */
export const isAlone = (
  ownThreads: number,
  keepOpen: (open: boolean) => void,
  isQuiet: () => boolean | undefined
): boolean => {
  if (mayHear(ownThreads)) return false
  // With the job channel left out, libuv tells whether anything keeps the event loop alive, requests too.
  keepOpen(false)
  const isIt = isQuiet() ?? isQuietByReport()
  keepOpen(true)
  return isIt
}
