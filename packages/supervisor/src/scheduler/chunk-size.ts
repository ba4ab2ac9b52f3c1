/**
 * How many jobs go to a worker at once: pure arithmetic over what has been measured. `"auto"` starts at one
 * job, or at a few where the batch before was of tiny ones, doubles while a chunk stays below some tens of milliseconds,
 * and never takes so many of the last jobs that another worker would stand idle.
 */
import { AREA_BYTES } from "../protocol/page.ts"

/** A chunk should take about this long: long enough for its overhead not to show, short enough to balance. */
const TARGET_MS = 25
/** A bound on what a death makes wait again: so many numbers as a page keeps, so that they travel as one message. */
const MAX_AUTO = AREA_BYTES / 8
/** The same where results wait for a reader: so few of them that a collection of young values finds little to keep. */
export const MAX_AUTO_OF_READER = 1024
/**
 * The same for a stage of a pipeline. What it is ahead of the next one must be run by that one before the pipeline can
 * drain, and that one may be a thousand times as slow.
 */
export const MAX_AUTO_OF_STAGE = 64
/** The last jobs are shared out over this many chunks for each worker. */
const PIECES_PER_WORKER = 4

/** Chunks of tiny jobs travel together, as one of at most so many jobs, which take about this long. */
const TOGETHER = 64
const TOGETHER_MS = 1
/** The mean time of a job that is tiny: a message for each would cost a multiple of it. */
const TINY_MS = 0.05

/**
 * How many jobs of tiny ones are sent at once where chunks were asked for that are smaller still. As many of those
 * would wait at the worker anyway (`mayPrefetch`), each behind a message of its own.
 */
const together = (configured: number, meanMs: number | undefined): number => {
  if (meanMs === undefined || meanMs >= TINY_MS) return configured
  const jobs = Math.min(TOGETHER, meanMs <= 0 ? TOGETHER : TOGETHER_MS / meanMs)
  return configured * Math.max(1, Math.floor(jobs / configured))
}

/** How large the next chunk should be. */
export const nextChunkSize = (facts: {
  readonly configured: number | "auto"
  readonly autoSize: number
  /** The mean time of a job of the lane; undefined while none is done. */
  readonly meanMs: number | undefined
  /** Jobs not yet handed out; undefined when not known. */
  readonly left: number | undefined
  readonly workers: number
}): number => {
  const wanted = facts.configured === "auto" ? facts.autoSize : together(facts.configured, facts.meanMs)
  const least = facts.configured === "auto" ? 1 : facts.configured
  if (facts.left === undefined || wanted <= least) return wanted
  return Math.max(least, Math.min(wanted, Math.ceil(facts.left / (facts.workers * PIECES_PER_WORKER))))
}

/** What `"auto"` grows or shrinks to, by the mean time of a job. */
export const grownSize = (autoSize: number, meanMs: number, most: number = MAX_AUTO): number => {
  const ideal = meanMs <= 0 ? most : Math.floor(TARGET_MS / meanMs)
  return Math.max(1, Math.min(most, ideal, autoSize * 2))
}

/** The first chunk should take about this long, if its jobs take what those of the batch before did. */
const FIRST_MS = 1
/** They need not: so many of 20 ms each are what others, who come after them, wait for. */
const MOST_FIRST = 32

/** What `"auto"` starts at, where jobs of the same task have been seen before. */
export const firstSize = (meanMs: number): number =>
  Math.max(1, Math.min(MOST_FIRST, meanMs <= 0 ? MOST_FIRST : Math.floor(FIRST_MS / meanMs)))

/** The mean time of a job, newer ones counting more. */
export const smoothed = (mean: number | undefined, sample: number): number =>
  mean === undefined ? sample : mean * 0.7 + sample * 0.3

/** A second chunk may wait at a worker, so that it never waits for its parent, while what it has takes less than this. */
const SECOND_BELOW_MS = 80
/** More of them may, while all that waits there takes less than this: chunks of one tiny job each, mostly. */
const MORE_BELOW_MS = 5
const MOST_CHUNKS = 64

/**
 * Whether a busy worker may be sent one chunk more. `queuedMs` is what those it has should still take, as far
 * as has been measured; infinite where one of them has not been.
 */
export const mayPrefetch = (facts: {
  readonly load: number
  readonly queuedMs: number
  readonly meanMs: number | undefined
  readonly size: number
}): boolean => {
  const ms = facts.queuedMs + (facts.meanMs ?? Number.POSITIVE_INFINITY) * facts.size
  return facts.load <= 1 ? ms < SECOND_BELOW_MS : ms < MORE_BELOW_MS && facts.load < MOST_CHUNKS
}
