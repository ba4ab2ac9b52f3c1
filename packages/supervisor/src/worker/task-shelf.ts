/**
 * The tasks a worker has been told of, each loaded once: being loaded, ready to run, or known to be unloadable.
 */
import type { AnyTask } from "@holdfast/core"
import type { Define } from "../protocol/messages.ts"
import type { Contexts } from "./contexts.ts"
import { inLoadScope } from "./load-scope.ts"
import { type EffectRunner, load, NotLoaded } from "./loading.ts"
import { noteLoadedCalls } from "./noted-calls.ts"
import type { Runnable } from "./runnable.ts"
import { turn } from "./turn.ts"

/** Finds a task and makes it runnable. */
export type LoadTask = (define: Define, runEffects: EffectRunner) => Promise<Runnable>

export class TaskShelf {
  readonly #tasks = new Map<number, Runnable | Promise<Runnable>>()
  /** Those that nobody has asked for yet. */
  readonly #defined = new Map<number, { readonly define: Define; readonly ms: number }>()
  readonly #contexts: Contexts
  readonly #load: LoadTask

  constructor(contexts: Contexts, loadTask: LoadTask = load) {
    this.#contexts = contexts
    this.#load = loadTask
  }

  /** Takes note of a task, which must be there within `ms` once it is asked for, or now where it is to be loaded ahead. */
  define(define: Define, ms: number): void {
    if (define.ahead === true) void this.#begin({ define, ms })
    else this.#defined.set(define.taskId, { define, ms })
  }

  /** Lets go of a task, and of what `with` has fixed in it. */
  forget(taskId: number): void {
    this.#defined.delete(taskId)
    this.#tasks.delete(taskId)
  }

  #begin({ define, ms }: { readonly define: Define; readonly ms: number }): Promise<Runnable> {
    const loading = this.#loadWithin(define, ms)
    this.#tasks.set(define.taskId, loading)
    loading.then(
      (runnable) => {
        if (this.#tasks.get(define.taskId) === loading) this.#tasks.set(define.taskId, runnable)
      },
      () => undefined
    )
    return loading
  }

  async #loadWithin(define: Define, ms: number): Promise<Runnable> {
    const loading = inLoadScope(define, () => this.#load(define, (task) => this.#runnerOf(task)))
    const runnable = await withinTime(loading, ms, define)
    noteLoadedCalls()
    // Whoever waits for it may have been cancelled while its module was evaluated. The task counts as loaded only
    // behind that: those that come meanwhile would begin before those that wait.
    await turn()
    return runnable
  }

  /**
   * The task, or a promise of it while it loads, which then rejects if it can't be loaded. It begins to load here, for
   * the job whose turn it is: before, the module's end of the worker would be nobody's, or that of the job before.
   */
  get(taskId: number): Runnable | Promise<Runnable> | undefined {
    const defined = this.#defined.get(taskId)
    if (defined === undefined) return this.#tasks.get(taskId)
    this.#defined.delete(taskId)
    return this.#begin(defined)
  }

  /** The task, where nothing need be waited for; begins nothing. */
  loaded(taskId: number): Runnable | undefined {
    const task = this.#defined.has(taskId) ? undefined : this.#tasks.get(taskId)
    return task instanceof Promise ? undefined : task
  }

  async #runnerOf(task: AnyTask): Promise<Runnable["run"]> {
    const { effectRunner } = await import("./effect-runner.ts")
    const layers = await this.#contexts.layers()
    return effectRunner(task, () => layers)
  }
}

/** A module that awaits at its top level may never come to its end. */
const withinTime = (loading: Promise<Runnable>, ms: number, { module }: Define): Promise<Runnable> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new NotLoaded(`${module} did not finish loading within startTimeout (${ms} ms)`)),
      ms
    )
    loading.then(resolve, reject).finally(() => clearTimeout(timer))
  })
