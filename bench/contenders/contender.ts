/**
 * The contender's end of the conversation with `runner/ContenderProcess.ts`: prepare, warm up, then one timed round
 * for every line that comes. What is timed is the round alone, not the start, and not the look at its results.
 */
import { createInterface } from "node:readline"
import { digestOf } from "../runner/digest.ts"

/** A workload made ready: its pool is open, its inputs are made. */
export interface Prepared {
  /** Does all of the work once; its results in the order of the inputs. */
  readonly round: () => Promise<ArrayLike<number>>
  readonly end: () => Promise<void> | void
  readonly note?: string | undefined
  /** What the last round measured by itself, where that is not the time of all of it. */
  readonly measured?: () => number
}

/** Workloads by name: each is given how many items it shall go through. */
export type Workloads = Readonly<Record<string, (count: number) => Promise<Prepared>>>

const say = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Serves the workload that the command line names. */
export const contend = async (workloads: Workloads): Promise<void> => {
  const [name = "", count = ""] = process.argv.slice(2)
  const prepare = workloads[name]
  if (prepare === undefined) throw new Error(`expected one of ${Object.keys(workloads)}, received ${name || "nothing"}`)
  const prepared = await prepare(Number(count))
  const { round, end } = prepared
  await round()
  say({ ready: true })
  for await (const _ of createInterface({ input: process.stdin })) {
    const startedAt = performance.now()
    const results = await round()
    const measured = prepared.measured?.() ?? performance.now() - startedAt
    // Only now: what there is to note may have come of the round.
    say({ measured, count: results.length, digest: digestOf(results), note: prepared.note })
  }
  await end()
}

/** The inputs of all workloads: 0 … count - 1. */
export const numbers = (count: number): Array<number> => Array.from({ length: count }, (_, index) => index)

/** The value of `candidates` with which `attempt` is quickest, tried twice each: the first try warms up. */
export const quickest = async <A>(
  candidates: ReadonlyArray<A>,
  attempt: (candidate: A) => Promise<unknown>
): Promise<A> => {
  let best: { readonly candidate: A; readonly ms: number } | undefined
  for (const _ of [1, 2]) {
    for (const candidate of candidates) {
      const startedAt = performance.now()
      await attempt(candidate)
      const ms = performance.now() - startedAt
      if (best === undefined || ms < best.ms) best = { candidate, ms }
    }
  }
  if (best === undefined) throw new Error("there are no candidates")
  return best.candidate
}
