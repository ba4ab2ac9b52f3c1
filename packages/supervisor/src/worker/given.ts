/**
 * What a task gives when it is called: a value, which most do, or a promise of one, or a generator, which
 * `partial-results.ts` runs.
 */
import { lendView } from "../protocol/lone-view.ts"
import { Abandoned, type JobScope } from "./job-scope.ts"
import { isGenerator } from "./partial-results.ts"

/** A job that has begun and has not ended: what its task gave. */
export interface Begun {
  readonly given: unknown
}

export const isThenable = (given: unknown): given is PromiseLike<unknown> =>
  ((typeof given === "object" && given !== null) || typeof given === "function") &&
  typeof (given as { then?: unknown }).then === "function"

/** Whether it is no value yet, or one that the page has no room for. */
export const isOdd = (given: unknown): boolean =>
  typeof given === "object"
    ? given !== null && (isThenable(given) || isGenerator(given) || lendView(given) !== undefined)
    : typeof given === "function"

/** Its value, unless the job is abandoned first. */
export const settled = (promise: PromiseLike<unknown>, scope: JobScope): Promise<unknown> =>
  new Promise((resolve, reject) => {
    scope.abandon = (fault) => reject(new Abandoned(fault))
    // Decided while it ran up to here.
    if (scope.fault !== undefined) scope.abandon(scope.fault)
    promise.then(resolve, reject)
  })
