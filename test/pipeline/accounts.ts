/** The books of a pipeline: every input of every stage is somewhere, and each stage got what the one before gave. */
import type { Pipeline } from "holdfast"
import { expect } from "vitest"

/** Checks a report of a run that has ended. */
export const accounted = (
  { read, out, stages }: Pipeline.PipelineReport,
  expected: { cancelled?: number } = {}
): void => {
  expect(stages[0]?.in).toBe(read)
  expect(stages.at(-1)?.out).toBe(out)
  let cancelled = 0
  for (const [at, stage] of stages.entries()) {
    const { through, failed, filtered } = stage
    expect({ stage: stage.name, in: stage.in, waiting: stage.waiting }).toEqual({
      stage: stage.name,
      in: through + failed + filtered + stage.cancelled,
      waiting: 0
    })
    if (at > 0) expect(stage.in).toBe(stages[at - 1]?.out)
    expect(stage.deadLettered).toBeLessThanOrEqual(failed)
    cancelled += stage.cancelled
  }
  if (expected.cancelled !== undefined) expect(cancelled).toBe(expected.cancelled)
}
