/**
 * `process.exit` that is called by what a job has left behind, a timer or a listener, while another job runs: that one
 * must not pay for it. Told as an error that escapes late is, after which the worker ends once its jobs are done. Who
 * exits in his own job, or in an idle worker, ends it at once.
 */
import { type JobScope, scopeNow } from "./job-scope.ts"

/** Node calls a listener: to a signal, which is somebody's who wants the process to end, or to the exit itself. */
const LISTENER = /^ {4}at process\.emit \(node:/m

const held = new WeakSet<object>()

/** Whether an error is one that was thrown in the place of an exit, and told of. */
export const isHeldExit = (error: unknown): boolean => typeof error === "object" && error !== null && held.has(error)

/** What the worker knows of its jobs. */
interface Jobs {
  /** Whether a job runs that has not left this behind. */
  runsBeside(owner: JobScope): boolean
  escaped(error: unknown, owner: JobScope): void
}

/** From here on such calls throw; to be called before code of the user's is loaded. */
export const holdLateExits = (jobs: Jobs): void => {
  const { exit } = process
  const late = (code?: number | string | null): never => {
    const owner = scopeNow()
    if (owner === undefined || !jobs.runsBeside(owner)) return exit.call(process, code)
    const error = new Error(
      `called process.exit(${code === undefined ? "" : String(code)}): its worker ends once the jobs that run there are done`
    )
    if (LISTENER.test(String(error.stack))) return exit.call(process, code)
    Error.captureStackTrace(error, late)
    held.add(error)
    jobs.escaped(error, owner)
    // It does not return: what follows counts on that.
    throw error
  }
  process.exit = Object.defineProperty(late, "name", { value: "exit" })
}
