/**
 * Ends this program once the one that has started it is gone, killed perhaps: a job that never ends would run on with
 * nobody to end it. From a thread of its own, for a job may block this one. Not what a signal to that program does,
 * which it passes on.
 */
import { Worker } from "node:worker_threads"

const LOOK_MS = 250

const WATCH = `
const { workerData: parent } = require("node:worker_threads")
setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), ${LOOK_MS})
`

/** `parent` is the pid of who has started this program; nothing is done where it is somebody else's child. */
export const endsWithParent = (parent: number): void => {
  if (process.ppid !== parent) return
  try {
    // Without the flags of this program, which may import modules or wait for a debugger.
    new Worker(WATCH, { eval: true, workerData: parent, execArgv: [] }).on("error", () => undefined).unref()
  } catch {
    // No thread is to be had, or none is allowed.
  }
}
