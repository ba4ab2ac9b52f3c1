/** A program of pools that obey signals: the file of what it is told of, the isolation, the seed. */
import { appendFileSync } from "node:fs"
import { createPool, type Outcome, Pipeline, type PromisePool } from "holdfast"
import { type EndingPool, endsOf } from "./draw.ts"
import { type EndingJob, last } from "./task.ts"

const [file = "", isolation, seed] = process.argv.slice(2)
const ends = endsOf(isolation as "process", Number(seed))

const tell = (id: string, outcome: Outcome<string, unknown>): void => {
  const tag = outcome._tag === "Succeeded" ? "well" : String((outcome.error as { _tag?: unknown })._tag)
  appendFileSync(`${file}.told`, `${id} ${tag}\n`)
}

const UNREAD = { _tag: "Failed", error: { _tag: "Unread" }, job: undefined as never } as const

const call = async (at: number, { call: kind, chunkSize, jobs, signals }: EndingPool, pool: PromisePool) => {
  const inputs = jobs.map((ms, index): EndingJob => ({ id: `p${at}j${index}.`, ms, file }))
  if (kind === "settle") {
    const outcomes = await pool.settle(last, inputs, { chunkSize })
    for (const [index, outcome] of outcomes.entries()) tell(inputs[index]?.id ?? "", outcome)
  } else if (kind === "submitAll")
    await Promise.all(
      pool.submitAll(last, inputs).map(async (handle, index) => {
        await handle.result().catch(() => undefined)
        const outcome = handle.poll()
        if (outcome !== undefined) tell(inputs[index]?.id ?? "", outcome)
      })
    )
  else if (kind === "outcomes") {
    const read = new Set<string>()
    try {
      for await (const outcome of pool.outcomes(last, inputs, { chunkSize })) {
        const { id = "" } = inputs[outcome.job.index] ?? {}
        read.add(id)
        tell(id, outcome)
      }
    } catch (error) {
      // One that was cut short does not look as if it had come to its end.
      if ((error as { _tag?: unknown })._tag !== "PoolClosed") throw error
    }
    for (const { id } of inputs) if (!read.has(id)) tell(id, UNREAD)
  } else {
    const pipeline = Pipeline.make("ends").stage("last", last, { chunkSize })
    const values = await pipeline.run(inputs, { signals, pool: { isolation: ends.isolation, workers: 1 } })
    for (const value of values) tell(value, { _tag: "Succeeded", value, job: undefined as never })
    const { read } = pipeline.report()
    for (const { id } of inputs.slice(read)) tell(id, UNREAD)
  }
  appendFileSync(`${file}.told`, `p${at} behind\n`)
}

const pools = await Promise.all(
  ends.pools.map(({ drainTimeoutMs, signals, workers }) =>
    createPool({ workers, isolation: ends.isolation, signals, drainTimeout: drainTimeoutMs })
  )
)
console.log("ready")
const calls = ends.pools.map((each, at) => call(at, each, pools[at] as PromisePool))
for (const each of calls) await each
await Promise.all(pools.map((pool) => pool.close()))
console.log("done")
