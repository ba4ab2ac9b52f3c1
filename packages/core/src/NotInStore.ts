/**
 * The failure of `pool.pull` and `pool.gather` where a worker's store lacks what was asked for. It concerns no job, so
 * it is none of the `JobError`s.
 */

/** A worker's store has no such value: it never had, or had it and was replaced since. */
export class NotInStore extends Error {
  readonly _tag = "NotInStore"
  /** What was asked for. */
  readonly key: string
  readonly worker: number
  /** Whether the worker that had it has died. */
  readonly lost: boolean

  constructor(message: string, facts: { readonly key: string; readonly worker: number; readonly lost: boolean }) {
    super(message)
    this.key = facts.key
    this.worker = facts.worker
    this.lost = facts.lost
  }

  override get name(): string {
    return this._tag
  }
}
