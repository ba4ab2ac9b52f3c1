/**
 * The debugger on a process's main thread, from another thread of it: `pause.cts` over a session that Node gives for
 * that. CommonJS, so that it loads while the main thread spins; loaded by `thread.cts` alone.
 */
import type { PauseModule, ThreadDebugger } from "./pause.cts"

const inspector = require("node:inspector") as typeof import("node:inspector")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const { debugThread }: PauseModule = fromSource ? require("./pause.cts") : require("./pause.cjs")

export interface MainThreadModule {
  /** `armed[0]` is kept at 1 while a session is open, for the main thread to read. */
  readonly debugMain: (armed: Int32Array) => ThreadDebugger
}

const debugMain: MainThreadModule["debugMain"] = (armed) =>
  debugThread({
    thread: () => process.pid,
    connect: ({ scriptParsed, paused, resumed }) => {
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
          Atomics.store(armed, 0, 0)
          Atomics.notify(armed, 0)
        }
      }
    }
  })

module.exports = { debugMain } satisfies MainThreadModule
