/**
 * How one stage of a pipeline reads the one before it: value by value. It never rejects: a stage that fails tells its
 * run, and comes to its end. What it does is each stage's own affair.
 */

/** The values that a stage hands on. */
export interface StageIterator extends AsyncIterableIterator<unknown, undefined> {
  next(): Promise<IteratorResult<unknown, undefined>>
  /** Nobody reads it any further. */
  return(): Promise<IteratorResult<unknown, undefined>>
}

/** A stage that runs. */
export interface RunningStage extends StageIterator {
  /** Gives up all it has left. What is done is still handed on. */
  cancel(reason: Error): void
}

export const DONE: IteratorResult<never, undefined> = { done: true, value: undefined }
