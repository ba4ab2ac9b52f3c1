/**
 * The failure of a call on shared data, an array or an object, that is the fault of no argument (those are TypeErrors
 * and RangeErrors). It concerns no job, so it is none of the `JobError`s.
 */

/**
 * Why it failed. `closed`: the queue takes nothing more. `gone`: no such object in this program. `deadlock`: the job
 * would wait for itself. `jobOver`: the job that calls has ended. `elsewhere`: it can't be made or used at this place.
 * `memory`: there is not enough. `unsupported`: this system or installation lacks what it takes.
 */
export type SharedDataReason = "closed" | "gone" | "deadlock" | "jobOver" | "elsewhere" | "memory" | "unsupported"

/** Shared data can't be made, reached or used. */
export class SharedDataError extends Error {
  readonly _tag = "SharedDataError"
  readonly reason: SharedDataReason

  constructor(reason: SharedDataReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }

  override get name(): string {
    return this._tag
  }
}
