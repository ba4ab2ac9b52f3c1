/**
 * The debugger on a process's main thread, from another thread of it: `pause.cts` over a session that Node gives for
 * that. CommonJS, so that it loads while the main thread spins; loaded by `thread.cts` alone.
 */
import type { Frame } from "@holdfast/core"
import type { GlimpseModule } from "./glimpse.cts"
import type { Post } from "./locals.cts"
import type { PauseModule, ThreadDebugger } from "./pause.cts"
import type { StackModule } from "./stack.cts"

const inspector = require("node:inspector") as typeof import("node:inspector")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { debugThread }: PauseModule = fromSource ? require("./pause.cts") : require("./pause.cjs")

export interface MainThreadModule {
  /**
   * `armed[0]` is kept at 1 while a session is open, for the main thread to read. Where the process may have no
   * debugger, none is connected: Node would abort it.
   */
  readonly debugMain: (armed: Int32Array, mayDebug: boolean) => ThreadDebugger
  /**
   * Where the main thread is, without the debugger. Undefined where it runs no JavaScript, or a debugger is on: that
   * tells more.
   */
  readonly peekAtMain: (armed: Int32Array) => Promise<ReadonlyArray<Frame> | undefined>
}
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { glimpse }: GlimpseModule = fromSource ? require("./glimpse.cts") : require("./glimpse.cjs")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { frameOf, isNodes }: StackModule = fromSource ? require("./stack.cts") : require("./stack.cjs")

const released = (armed: Int32Array): void => {
  Atomics.store(armed, 0, 0)
  Atomics.notify(armed, 0)
}

const debugMain: MainThreadModule["debugMain"] = (armed, mayDebug) =>
  debugThread({
    thread: () => process.pid,
    connect: ({ scriptParsed, paused, resumed }) => {
      if (!mayDebug) throw new Error("no debugger is permitted (--allow-inspector)")
      const session = new inspector.Session()
      session.on("Debugger.scriptParsed", ({ params }) => scriptParsed(params))
      session.on("Debugger.paused", ({ params }) => paused(params.callFrames))
      session.on("Debugger.resumed", resumed)
      session.connectToMainThread()
      Atomics.store(armed, 0, 1)
      return {
        post: (method, params, answered) =>
          session.post(method, params, (error, result) => answered(error === null ? result : undefined)),
        // A process ends without asking the debugger.
        mustAnswer: () => false,
        disconnect: () => {
          try {
            session.disconnect()
          } catch {
            // Closed already.
          }
          released(armed)
        }
      }
    }
  })

const peekAtMain: MainThreadModule["peekAtMain"] = async (armed) => {
  if (Atomics.compareExchange(armed, 0, 0, 1) !== 0) return undefined
  const session = new inspector.Session()
  const post: Post = (method, params) =>
    new Promise((resolve) => {
      session.post(method, params, (error, result) => resolve(error === null ? result : undefined))
    })
  try {
    session.connectToMainThread()
    const places = (await glimpse(post)) ?? []
    if (!places.some(({ url }) => !isNodes(url))) return undefined
    return places.map(({ url, ...place }) => frameOf(place, url))
  } catch {
    return undefined
  } finally {
    try {
      session.disconnect()
    } catch {
      // It was never connected.
    }
    released(armed)
  }
}

module.exports = { debugMain, peekAtMain } satisfies MainThreadModule
