/**
 * Work for particular workers: `broadcast`, and the workers' own stores (`push`, `pull`, `scatter`, `gather`), in
 * terms of callbacks for both doors. Each worker gets a job of its own that only it may run.
 */
import { type AnyTask, NotInStore, NotSerializable } from "@holdfast/core"
import { PendingJob } from "../collect/PendingJob.ts"
import { calledFrom } from "../failure/explained.ts"
import type { Engine } from "../pool/Engine.ts"
import { type Entry, type Kept, put, take } from "../worker/store-tasks.ts"
import { admit, type Call, nobody } from "./admission.ts"
import { isArrayLike, joined, split } from "./parts.ts"
import { cancelJob, startSingle } from "./singles.ts"

/** Whom a call answers. */
export interface Answer<A> {
  resolve(value: A): void
  reject(error: unknown): void
}

/** How a call can be given up. */
export type GiveUp = (reason: unknown) => void

interface Errand {
  readonly worker: number
  readonly input: unknown
}

const workersOf = (engine: Engine): ReadonlyArray<number> =>
  engine.crew.members.filter(({ state }) => state._tag !== "gone").map(({ id }) => id)

/**
 * One job for each errand; the values in their order, or the first failure, which cancels the others. `asked` is what
 * the call was about.
 */
const runEach = (
  engine: Engine,
  call: Call,
  errands: ReadonlyArray<Errand>,
  asked: unknown,
  answer: Answer<Array<unknown>>
): GiveUp => {
  // A pool that has ended has no workers; somebody must be refused by it.
  if (errands.length === 0) return runEach(engine, call, [{ worker: 0, input: asked }], asked, answer)
  const values: Array<unknown> = Array(errands.length)
  let left = errands.length
  const jobs: Array<PendingJob> = []
  const giveUp: GiveUp = (reason) => {
    for (const job of jobs) cancelJob(job, reason)
  }
  for (const { worker, input } of errands)
    jobs.push(startSingle(engine, call, input, PendingJob, { target: worker, partials: undefined }))
  for (const [at, job] of jobs.entries()) {
    PendingJob.onSettled(job, (outcome) => {
      if (left < 0) return
      if (outcome._tag === "Failed") {
        left = -1
        answer.reject(outcome.error)
        giveUp(new Error("it failed on another worker"))
        return
      }
      values[at] = outcome.value
      if (--left === 0) answer.resolve(values)
    })
  }
  return giveUp
}

/** Runs a task once on every worker: the values by worker. */
export const startBroadcast = (engine: Engine, call: Call, input: unknown, answer: Answer<Array<unknown>>): GiveUp =>
  runEach(
    engine,
    call,
    workersOf(engine).map((worker) => ({ worker, input })),
    input,
    answer
  )

const withTask = (call: Omit<Call, "task">, task: AnyTask): Call => ({ ...call, task })

const checkName = ({ where }: Omit<Call, "task">, name: unknown): string => {
  if (typeof name === "string" && name !== "") return name
  throw new TypeError(`pool.${where}: expected a name, received ${JSON.stringify(name) ?? String(name)}`)
}

/** Puts values into every worker's store. Throws what is wrong with the record. */
export const startPush = (
  engine: Engine,
  call: Omit<Call, "task">,
  record: unknown,
  answer: Answer<Array<unknown>>
): GiveUp => {
  if (typeof record !== "object" || record === null || Array.isArray(record))
    throw new TypeError("pool.push: expected an object whose fields are what to put into the workers' stores")
  const number = engine.stores.nextCall()
  const entries = Object.entries(record).map(([name, value]): Entry => [name, value, number])
  if (engine.phase === "open") {
    // What is refused leaves nothing behind for workers to come.
    admit(engine, withTask(call, put), () => nobody(put, record))
    const refused = engine.stores.pushed(entries)
    if (refused !== undefined) {
      const { name, why } = refused
      const path = `input.${name}${why.path}`
      const error = new NotSerializable(`pool.push: ${path} ${why.message}`, nobody(put, record), {
        side: "input",
        path
      })
      throw calledFrom(error, call.callSite)
    }
  }
  return startBroadcast(engine, withTask(call, put), entries, answer)
}

const missing = (engine: Engine, key: string, worker: number): NotInStore => {
  const lost = engine.stores.isLost(key, worker)
  const why = lost ? "its part was lost when the worker that had it ended" : "nothing of that name was put there"
  return new NotInStore(`worker ${worker} has no ${JSON.stringify(key)} in its store: ${why}`, { key, worker, lost })
}

const pullFrom = (
  engine: Engine,
  call: Omit<Call, "task">,
  key: string,
  workers: ReadonlyArray<number>,
  answer: Answer<Array<unknown>>
): GiveUp =>
  runEach(
    engine,
    withTask(call, take),
    workers.map((worker) => ({ worker, input: key })),
    key,
    {
      resolve: (kept) => {
        const none = (kept as Array<Kept>).findIndex(({ found }) => !found)
        if (none === -1) answer.resolve((kept as Array<Kept>).map(({ value }) => value))
        else answer.reject(missing(engine, key, workers[none] ?? 0))
      },
      reject: answer.reject
    }
  )

/** Reads a value from every worker's store: by worker. */
export const startPull = (
  engine: Engine,
  call: Omit<Call, "task">,
  name: unknown,
  answer: Answer<Array<unknown>>
): GiveUp => pullFrom(engine, call, checkName(call, name), workersOf(engine), answer)

/** Puts a part of an array into each worker's store, the parts as equal as they can be. */
export const startScatter = (
  engine: Engine,
  call: Omit<Call, "task">,
  name: unknown,
  array: unknown,
  answer: Answer<Array<unknown>>
): GiveUp => {
  const key = checkName(call, name)
  if (!isArrayLike(array)) throw new TypeError("pool.scatter: expected an array or a typed array to divide")
  const workers = workersOf(engine)
  const parts = split(array, workers.length)
  if (engine.phase === "open") {
    admit(engine, withTask(call, put), () => nobody(put, array))
    engine.stores.scattered(key, workers)
  }
  const number = engine.stores.nextCall()
  return runEach(
    engine,
    withTask(call, put),
    workers.map((worker, at) => ({ worker, input: [[key, parts[at], number]] })),
    [[key, array, number]],
    answer
  )
}

/** Reads the parts back, in their order, as one array. */
export const startGather = (
  engine: Engine,
  call: Omit<Call, "task">,
  name: unknown,
  answer: Answer<unknown>
): GiveUp => {
  const key = checkName(call, name)
  const workers = engine.stores.partsOf(key) ?? workersOf(engine)
  const lost = workers.find((worker) => engine.stores.isLost(key, worker))
  if (lost !== undefined) throw missing(engine, key, lost)
  return pullFrom(engine, call, key, workers, {
    resolve: (parts) => {
      try {
        answer.resolve(joined(key, parts))
      } catch (error) {
        answer.reject(error)
      }
    },
    reject: answer.reject
  })
}
