/**
 * `process.exit` while jobs run in this worker that have no part in it: they must not pay for it. A job that calls it
 * beside others fails as if its worker had ended; what an earlier job has left behind, a timer or a listener, is told
 * of as an error that escapes late is. So does a job whose module calls it as it is loaded. The call throws, and the
 * worker ends once its jobs are done. Where no other job runs it ends at once.
 */
import type { AttemptFault } from "../protocol/messages.ts"
import { type JobScope, scopeNow } from "./job-scope.ts"
import { loadScopeNow } from "./load-scope.ts"

/** Node calls a listener: to a signal, which is somebody's who wants the process to end, or to the exit itself. */
const LISTENER = /^ {4}at process\.emit \(node:/m

type Exited = Extract<AttemptFault, { readonly _tag: "Exited" }>

const held = new WeakMap<object, Exited>()

/** The exit in the place of which an error was thrown, and which is told of. */
export const heldExitOf = (error: unknown): Exited | undefined =>
  typeof error === "object" && error !== null ? held.get(error) : undefined

/** What the worker knows of its jobs. */
interface Jobs {
  /** Whether a job other than this one runs. */
  runsBeside(owner: JobScope): boolean
  /** It is over, and what it has left behind exits. */
  escaped(error: unknown, owner: JobScope): void
  /** Whether a job waits for this task to be loaded, and another has no part in that. */
  loadsBeside(taskId: number): boolean
  /** Nothing else begins. */
  leaving(): void
}

/** From here on such calls throw; to be called before code of the user's is loaded. */
export const holdExits = (jobs: Jobs): void => {
  const { exit } = process
  const exitOrThrow = (code?: number | string | null): never => {
    const owner = scopeNow()
    if (owner !== undefined && !jobs.runsBeside(owner)) return exit.call(process, code)
    const exitCode = Number(code ?? process.exitCode ?? 0)
    const error = new Error(
      `called process.exit(${code === undefined ? "" : String(code)}): its worker ends once the jobs that run there are done`
    )
    // One that Node refuses throws there as ever.
    if (!Number.isInteger(exitCode) || LISTENER.test(String(error.stack))) return exit.call(process, code)
    Error.captureStackTrace(error, exitOrThrow)
    const stack = String(error.stack)
    const load = owner === undefined ? loadScopeNow(stack) : undefined
    if (owner === undefined && (load === undefined || !jobs.loadsBeside(load.taskId))) return exit.call(process, code)
    const fault: Exited = { _tag: "Exited", exitCode, stack, loading: load !== undefined }
    held.set(error, fault)
    if (owner?.over === true) jobs.escaped(error, owner)
    else if (owner?.givenUp !== true) {
      owner?.letGo(fault)
      load?.fail(error)
      jobs.leaving()
    }
    // It does not return: what follows counts on that.
    throw error
  }
  process.exit = Object.defineProperty(exitOrThrow, "name", { value: "exit" })
}
