/**
 * Whose values are hidden where a failure is shown: what its job's pool was told. A failure is often printed far from
 * its pool, by `console.log`; so its job remembers.
 */
import type { JobSummary } from "@holdfast/core"
import { usualMask } from "../options/mask.ts"
import type { Mask } from "../watchdog/mask.cts"

const masks = new WeakMap<JobSummary, Mask>()

/** Remembers what is hidden of a job's failures, and gives the job. */
export const keepMask = (job: JobSummary, mask: Mask | undefined): JobSummary => {
  if (mask !== undefined) masks.set(job, mask)
  return job
}

/** What is hidden of a job's failures: the usual secrets, where nothing else is known. */
export const maskOf = (job: JobSummary | undefined): Mask =>
  (job === undefined ? undefined : masks.get(job)) ?? usualMask
