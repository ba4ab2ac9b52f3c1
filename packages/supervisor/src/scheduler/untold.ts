/**
 * Warns of what inputs fail with when it is nobody's failure any more: their reader has left, or their call has failed
 * already. A process warning, not an event: it may come when the pool has long been closed.
 */
import { inspect } from "node:util"
import { jobOf, PoolClosed } from "@holdfast/core"

/** An error that only carries what inputs failed with, through the engine, has that as a property of this name. */
export const carried: unique symbol = Symbol.for("holdfast/carried")

/** What inputs failed with, whatever carried it. */
export const ownOf = (error: unknown): unknown => (error instanceof Error && carried in error ? error[carried] : error)

const isAbort = (error: unknown, signal: AbortSignal | undefined): boolean =>
  (error instanceof Error && error.name === "AbortError") || (signal?.aborted === true && error === signal.reason)

/** `where` is the call by its name; `isOver` whether its pool takes no more jobs. */
export const untoldOf =
  (where: string, signal?: AbortSignal, isOver: () => boolean = () => false) =>
  (failure: unknown): void => {
    const error = ownOf(failure)
    // Inputs that heard of the abort, too, say no more than that.
    if (isAbort(error, signal)) return
    // A stream of a pool that is left tells nobody of its jobs any more, and is no more than that as inputs.
    if (jobOf(error) !== undefined) return
    // Nor do inputs that the same pool made: its end was told to whoever read here.
    if (isOver() && error instanceof PoolClosed) return
    process.emitWarning(`The inputs of ${where} failed when nobody read them any more. ${inspect(error)}`, {
      type: "HoldfastWarning"
    })
  }
