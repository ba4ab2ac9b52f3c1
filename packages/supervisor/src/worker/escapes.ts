/**
 * Errors that escape: uncaught exceptions and unhandled rejections in a worker process. They are given to the
 * job that started them, which `AsyncLocalStorage` still knows in these handlers (for timers, microtasks,
 * rejections, emitters, streams, sockets, file requests and fetch; a listener on a shared emitter runs in the
 * emitter's context). Listening here also keeps Node from ending the process.
 */

import { heldExitOf } from "./held-exits.ts"
import { type JobScope, scopeNow } from "./job-scope.ts"
import { microtaskOwnerOf, noteMicrotaskOwners } from "./microtask-owner.ts"

/** From this version on the context outlives a microtask that throws. */
const KEEPS_CONTEXT = 24

export const catchEscapes = (escaped: (error: unknown, owner: JobScope | undefined) => void): void => {
  if (Number.parseInt(process.versions.node, 10) < KEEPS_CONTEXT) noteMicrotaskOwners()
  const tell = (error: unknown, owner: JobScope | undefined): void => {
    if (heldExitOf(error) === undefined) escaped(error, owner)
  }
  process.on("uncaughtException", (error) => tell(error, microtaskOwnerOf(error) ?? scopeNow()))
  process.on("unhandledRejection", (reason) => tell(reason, scopeNow()))
}
