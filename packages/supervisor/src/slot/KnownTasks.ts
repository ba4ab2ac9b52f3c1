/** The tasks that a worker has been told of, so that each is said once. */
import type { Define, Forget } from "../protocol/messages.ts"

export class KnownTasks {
  readonly #ids = new Set<number>()
  /** Those whose first job was taken back before it could have them loaded: the next one will. */
  #unloaded = new WeakSet<object>()
  readonly #send: (message: Define | Forget) => void

  constructor(send: (message: Define | Forget) => void) {
    this.#send = send
  }

  /** Tells the worker of a task; false where it knows it. */
  learn(taskId: number, define: () => Define): boolean {
    if (this.#ids.has(taskId)) return false
    this.#ids.add(taskId)
    this.#send(define())
    return true
  }

  /** The job that was to have the worker load its task was taken back. */
  notLoaded(task: object): void {
    this.#unloaded.add(task)
  }

  /** Whether the worker is to load a task that it knows for the next job, which then counts as the one that has it loaded. */
  isYetToLoad(task: object): boolean {
    return this.#unloaded.delete(task)
  }

  /** Has the worker load a task before any job of it comes: one that does no harm. */
  prepare(taskId: number, define: () => Define): void {
    this.learn(taskId, () => ({ ...define(), ahead: true }))
  }

  /** No job of that task will come any more. */
  forget(taskId: number): void {
    if (this.#ids.delete(taskId)) this.#send({ _tag: "Forget", taskId })
  }

  /** Another worker has come, which knows none. */
  clear(): void {
    this.#ids.clear()
    this.#unloaded = new WeakSet()
  }
}
