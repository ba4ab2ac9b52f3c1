/** How chaos calls its pool, and what came back. What of it is right is `verdict.ts`. */
import type { Outcome, PromisePool } from "holdfast"
import { behave, type ChaosJob } from "./behaviours.ts"
import type { ChaosCall } from "./program.ts"

/** How a call answered: outcomes by index as far as it tells of them, or its one failure. */
export interface Answer {
  readonly outcomes: ReadonlyMap<number, Outcome<unknown, unknown>>
  readonly failure?: unknown
}

export const asOutcome = (value: unknown): Outcome<unknown, unknown> => ({
  _tag: "Succeeded",
  value,
  job: undefined as never
})

const numbered = (values: ReadonlyArray<Outcome<unknown, unknown>>): Answer => ({ outcomes: new Map(values.entries()) })

/** A stream's values are told apart by their own ids. */
const byId = (jobs: ReadonlyArray<ChaosJob>, value: unknown): number => {
  const text = typeof value === "string" ? value : String((value as { value?: unknown } | undefined)?.value)
  return jobs.findIndex(({ id }) => text.startsWith(`${id}:`))
}

/** What a call came to. */
export const answerOf = async (
  pool: PromisePool,
  call: ChaosCall,
  jobs: ReadonlyArray<ChaosJob>,
  signal: AbortSignal
): Promise<Answer> => {
  const { onFailure, chunkSize, priority, retries } = call
  const job = { signal, priority, retry: { retries, minTimeout: 1, maxTimeout: 20 } }
  const outcomes = new Map<number, Outcome<unknown, unknown>>()
  try {
    switch (call.kind) {
      case "map":
        return numbered((await pool.map(behave, jobs, { ...job, onFailure, chunkSize })).map(asOutcome))
      case "settle":
        return numbered(await pool.settle(behave, jobs, { ...job, chunkSize }))
      case "submitAll": {
        const handles = pool.submitAll(behave, jobs, job)
        await Promise.allSettled(handles.map((handle) => handle.result()))
        return numbered(handles.flatMap((handle) => handle.poll() ?? []))
      }
      default: {
        const ordered = call.kind === "stream"
        let taken = 0
        for await (const value of pool.stream(behave, jobs, { ...job, onFailure, chunkSize, ordered })) {
          const index = byId(jobs, value)
          if (outcomes.has(index)) throw new Error(`value ${index} came twice`)
          outcomes.set(index, asOutcome(value))
          if (++taken === call.breakAfter) break
        }
        return { outcomes }
      }
    }
  } catch (failure) {
    return { outcomes, failure }
  }
}
