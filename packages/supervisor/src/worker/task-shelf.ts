/**
 * The tasks a worker has been told of, each loaded once: being loaded, ready to run, or known to be unloadable.
 */
import type { AnyTask } from "@holdfast/core"
import type { Define } from "../protocol/messages.ts"
import type { Contexts } from "./contexts.ts"
import { type EffectRunner, load, NotLoaded } from "./loading.ts"
import { noteLoadedCalls } from "./noted-calls.ts"
import type { Runnable } from "./runnable.ts"

/** Finds a task and makes it runnable. */
export type LoadTask = (define: Define, runEffects: EffectRunner) => Promise<Runnable>

export class TaskShelf {
  readonly #tasks = new Map<number, Runnable | Promise<Runnable>>()
  readonly #contexts: Contexts
  readonly #load: LoadTask

  constructor(contexts: Contexts, loadTask: LoadTask = load) {
    this.#contexts = contexts
    this.#load = loadTask
  }

  /** Begins to load a task. It must be there within `ms`. */
  define(define: Define, ms: number): void {
    const loading = withinTime(
      this.#load(define, (task) => this.#runnerOf(task)),
      ms,
      define
    )
    this.#tasks.set(define.taskId, loading)
    loading.then(
      (runnable) => {
        noteLoadedCalls()
        this.#tasks.set(define.taskId, runnable)
      },
      () => undefined
    )
  }

  /** The task, or a promise of it while it loads, which then rejects if it can't be loaded. */
  get(taskId: number): Runnable | Promise<Runnable> | undefined {
    return this.#tasks.get(taskId)
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
