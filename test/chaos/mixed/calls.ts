/** How a mixed program calls its pool, and what it was told. What of that is right is `model.ts`. */
import { setTimeout as sleep } from "node:timers/promises"
import { type Outcome, Pipeline, type Task } from "holdfast"
import { type ActJob, counts, pass, who } from "./acts.ts"
import { idOf, optionsOfBatch, optionsOfJob } from "./call-options.ts"
import type { DoorHandle, OpenDoor } from "./doors.ts"
import { objectionsToLogs } from "./logs.ts"
import type { PlannedCall } from "./plan.ts"
import { ReadInputs } from "./sources.ts"
import type { Told, Versions } from "./Told.ts"
import { taskOf } from "./task-of.ts"

type AnyTask = Task.Task<unknown, unknown, unknown, never>

export const succeeded = (value: unknown): Outcome<unknown, unknown> => ({
  _tag: "Succeeded",
  value,
  job: undefined as never
})

const withoutFile = ({ file: _file, ...job }: ActJob): unknown => [job]

/** A call under way. */
export class Playing {
  readonly told: Told
  readonly #door: OpenDoor
  readonly #call: PlannedCall
  readonly #jobs: ReadonlyArray<ActJob>
  readonly #versions: Versions
  readonly #signal = new AbortController()
  readonly #stop = new AbortController()
  readonly #task: AnyTask

  constructor(door: OpenDoor, call: PlannedCall, jobs: ReadonlyArray<ActJob>, versions: Versions, file: string) {
    this.#door = door
    this.#call = call
    this.#jobs = jobs
    this.#versions = versions
    this.#task = taskOf(call, file) as AnyTask
    const sent = call.task === "spread" ? jobs.map(withoutFile) : jobs
    this.told = {
      outcomes: new Map(),
      order: [],
      failed: new Map(),
      failure: undefined,
      left: false,
      cancelledAt: undefined,
      answeredAt: 0,
      versionAtStart: versions.done,
      inputs: new ReadInputs<unknown>(call.inputs, sent, call.breaksAt),
      wrong: []
    }
  }

  async play(): Promise<Told> {
    const { cancelAfterMs } = this.#call
    const timer = cancelAfterMs === undefined ? undefined : setTimeout(() => this.#cancel(), cancelAfterMs)
    try {
      await this.#answer()
    } catch (error) {
      this.told.failure = { error }
    }
    clearTimeout(timer)
    this.told.answeredAt = performance.now()
    return this.told
  }

  #cancel(): void {
    this.told.cancelledAt = performance.now()
    const why = new Error("cancelled by the program")
    if (this.#call.cancelBy === "signal") this.#signal.abort(why)
    else this.#stop.abort(why)
  }

  #answer(): Promise<void> {
    const { kind, ordered } = this.#call
    switch (kind) {
      case "run":
        return this.#run()
      case "submit":
        return this.#submit()
      case "submitAll":
        return this.#submitAll()
      case "map":
      case "lift":
      case "settle":
        return this.#many(kind)
      case "stream":
      case "outcomes":
      case "via": {
        const options = { ...optionsOfBatch(this.#call, this.#signal.signal), ordered }
        return this.#read(this.#door.read(kind, this.#task, this.told.inputs.of, options, pass as never))
      }
      case "pipeline":
        return this.#pipeline()
      case "partials":
        return this.#partials()
      case "broadcast":
        return this.#broadcast()
      case "push":
        return this.#push()
    }
  }

  async #run(): Promise<void> {
    for (const [index, input] of [...this.told.inputs.ofFinite].entries()) {
      const key = this.#jobs[index]?.id ?? ""
      const options = this.#call.isBare
        ? (undefined as never)
        : { ...optionsOfJob(this.#call, this.#signal.signal), key }
      try {
        const value = await this.#door.run(this.#task, input, options, this.#stop.signal)
        this.told.outcomes.set(index, succeeded(value))
      } catch (error) {
        this.told.outcomes.set(index, { _tag: "Failed", error: error as never, job: undefined as never })
      }
      if (this.told.cancelledAt !== undefined) {
        this.told.left = true
        return
      }
    }
  }

  async #submit(): Promise<void> {
    const handles: Array<DoorHandle> = []
    for (const [index, input] of [...this.told.inputs.ofFinite].entries()) {
      const key = this.#jobs[index]?.id ?? ""
      const options = this.#call.isBare
        ? (undefined as never)
        : { ...optionsOfJob(this.#call, this.#signal.signal), key }
      handles.push(await this.#door.submit(this.#task, input, options))
    }
    await this.#await(handles)
  }

  async #submitAll(): Promise<void> {
    const options = { ...optionsOfJob(this.#call, this.#signal.signal), key: idOf }
    await this.#await(await this.#door.submitAll(this.#task, this.told.inputs.ofFinite, options))
  }

  async #await(handles: ReadonlyArray<DoorHandle>): Promise<void> {
    const { wrong } = this.told
    this.#stop.signal.addEventListener("abort", () => {
      for (const [at, handle] of handles.entries()) if (at % 2 === 0) handle.cancel("by its handle")
    })
    await Promise.allSettled(
      handles.map(async (handle, index) => {
        const isInTime = await handle.wait(index % 7)
        const settled = await handle.result().then(
          (value) => ({ value, error: undefined }),
          (error: unknown) => ({ value: undefined, error })
        )
        const outcome = await handle.poll()
        wrong.push(...objectionsToLogs(this.#jobs[index], outcome))
        if (outcome === undefined) return void wrong.push(`a handle had a result and no outcome`)
        if (handle.status !== "settled") wrong.push(`a handle that has settled is ${handle.status}`)
        if (outcome._tag === "Failed" ? outcome.error !== settled.error : settled.error !== undefined)
          wrong.push(`a handle's outcome is not its result: ${String(settled.error)}`)
        if (isInTime && (await handle.wait(1)) === false) wrong.push("a handle had settled, and has not")
        this.told.outcomes.set(index, outcome)
      })
    )
  }

  async #many(kind: "map" | "lift" | "settle"): Promise<void> {
    const { told } = this
    let last = 0
    const onProgress = ({ done, failed, total }: { done: number; failed: number; total: number | undefined }): void => {
      if (done < last) told.wrong.push(`progress went from ${last} to ${done}`)
      if (failed > done || (total !== undefined && done > total))
        told.wrong.push(`progress told of ${done} done, ${failed} failed, of ${total}`)
      last = done
    }
    const options = { ...optionsOfBatch(this.#call, this.#signal.signal), onProgress }
    const all = await this.#door.many(kind, this.#task, told.inputs.of, options, this.#stop.signal)
    for (const [index, each] of all.entries())
      told.outcomes.set(index, kind === "settle" ? (each as Outcome<unknown, unknown>) : succeeded(each))
    if (all.length !== told.inputs.given)
      told.wrong.push(`${kind} told of ${all.length} of ${told.inputs.given} inputs`)
  }

  /** By hand, so that it can be left while it is waited for. */
  async #read(values: AsyncIterable<unknown>): Promise<void> {
    const { told } = this
    const { kind, leaveAfter, readMs } = this.#call
    const iterator = values[Symbol.asyncIterator]()
    this.#stop.signal.addEventListener("abort", () => {
      told.left = true
      iterator.return?.().catch((error: unknown) => {
        told.failure ??= { error }
      })
    })
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) return
      const outcome = kind === "outcomes" ? (next.value as Outcome<unknown, unknown>) : succeeded(next.value)
      const index = this.#indexOf(outcome)
      if (told.outcomes.has(index)) told.wrong.push(`job ${index} was told of twice`)
      if (kind === "outcomes") told.wrong.push(...objectionsToLogs(this.#jobs[index], outcome))
      told.outcomes.set(index, outcome)
      told.order.push(index)
      if (readMs > 0) await sleep(readMs)
      if (told.order.length - 1 === leaveAfter) {
        told.left = true
        return this.#leave(iterator)
      }
    }
  }

  async #leave(iterator: AsyncIterator<unknown>): Promise<void> {
    if (this.#call.leavesBy !== "throw" || iterator.throw === undefined) return void (await iterator.return?.())
    const why = new Error("its reader threw")
    await iterator.throw(why).then(
      () => this.told.wrong.push("an iterator that was thrown into went on"),
      (error: unknown) => {
        if (error !== why) this.told.wrong.push(`an iterator was thrown into, and threw ${String(error)}`)
      }
    )
  }

  /** By what it says of itself: values of a stream have nothing else. */
  #indexOf(outcome: Outcome<unknown, unknown>): number {
    const id = outcome._tag === "Succeeded" ? (outcome.value as { id?: unknown } | undefined)?.id : outcome.job.key
    const index = this.#jobs.findIndex((job) => job.id === id)
    if (index === -1) this.told.wrong.push(`told of what is no job's: ${JSON.stringify(outcome)?.slice(0, 300)}`)
    else if (this.#call.kind === "outcomes" && outcome.job.index !== index)
      this.told.wrong.push(`job ${index} was told of as job ${outcome.job.index}`)
    return index
  }

  #pipeline(): Promise<void> {
    const {
      signal: _signal,
      onFailure,
      ...stage
    } = optionsOfBatch(this.#call, this.#signal.signal) as { signal: AbortSignal; onFailure: "collect" }
    const { failed } = this.told
    const deadLetter = ({ job, error }: { job?: { key: string } | undefined; error: unknown }): void => {
      failed.set(job?.key ?? "", error)
    }
    const run = Pipeline.make("mixed")
      .stage("act", this.#task as never, {
        ...stage,
        ordered: this.#call.ordered,
        onFailure,
        ...(onFailure === "collect" ? { deadLetter: deadLetter as never } : {})
      })
      .map("same", (value: unknown) => value)
      .stage("pass", pass, {
        pool: this.#door.second as never,
        chunkSize: this.#call.chunkSize,
        ordered: this.#call.ordered
      })
      .stream(this.told.inputs.of as Iterable<never>, {
        pool: this.#door.pool as never,
        signal: this.#signal.signal,
        onStop: this.#call.priority === 0 ? "drain" : "cancel"
      })
    return this.#read(run)
  }

  async #partials(): Promise<void> {
    const { leaveAfter } = this.#call
    const n = this.#jobs.length * 5
    const iterator = this.#door.partials(counts as never, n, { signal: this.#signal.signal })[Symbol.asyncIterator]()
    this.#stop.signal.addEventListener("abort", () => void iterator.return?.().catch(() => undefined))
    for (let at = 0; ; at++) {
      const next = await iterator.next()
      if (next.done === true) {
        const isCut = this.told.cancelledAt !== undefined && this.#call.cancelBy === "own"
        if (at !== n && !isCut) this.told.wrong.push(`partials ended after ${at} of ${n}`)
        return
      }
      if (next.value !== at) this.told.wrong.push(`partial result ${at} was ${String(next.value)}`)
      if (at === leaveAfter) {
        this.told.left = true
        await iterator.return?.()
        return
      }
    }
  }

  async #broadcast(): Promise<void> {
    const workers = await this.#door.broadcast(who as never)
    if (new Set(workers).size !== workers.length) this.told.wrong.push(`broadcast reached ${workers.join()}`)
  }

  async #push(): Promise<void> {
    const version = ++this.#versions.started
    await this.#door.push({ version })
    this.#versions.done = Math.max(this.#versions.done, version)
  }
}
