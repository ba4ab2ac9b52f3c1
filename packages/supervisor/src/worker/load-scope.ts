/**
 * Which task the running code is loaded for: an `AsyncLocalStorage` around the evaluation of its module, and the stack,
 * where that names one. Several may be loaded side by side, and beside jobs. What a module does later is nobody's.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import type { Define } from "../protocol/messages.ts"

/** A task that is being loaded. */
export interface LoadScope {
  readonly taskId: number
  /** Modules of it, or of its parts. */
  readonly modules: ReadonlyArray<string>
  /** Ends the wait for it, though its module may go on. */
  readonly fail: (error: unknown) => void
}

const scopes = new AsyncLocalStorage<LoadScope>()
const open = new Set<LoadScope>()

/** Loads a task, its modules' code within a scope of its own. */
export const inLoadScope = <A>({ taskId, module, parts }: Define, load: () => Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    const modules = parts === undefined ? [module] : parts.map((part) => part.module)
    const scope: LoadScope = { taskId, modules, fail: reject }
    open.add(scope)
    scopes
      .run(scope, load)
      .finally(() => open.delete(scope))
      .then(resolve, reject)
  })

/**
 * Whose code this is, by its stack. A module that has waited for another, which two import and which awaits at its top
 * level, goes on in the scope of whoever came to that first (measured, Node 26): its own name counts for more.
 */
export const loadScopeNow = (stack: string): LoadScope | undefined => {
  const within = scopes.getStore()
  const named = [...open].filter(({ modules }) => modules.some((module) => stack.includes(module)))
  if (within !== undefined && open.has(within) && (named.length === 0 || named.includes(within))) return within
  return within === undefined ? undefined : named[0]
}
