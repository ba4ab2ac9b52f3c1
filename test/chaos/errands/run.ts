/** Runs errands for real, one after another, and holds each answer against what the stores must hold by then. */
import { setTimeout as sleep } from "node:timers/promises"
import type { StoreOptions } from "holdfast"
import { expectNoLeaks, snapshotLeaks } from "../../setup/leaks.ts"
import { Defect, type OpenDoor, openDoor } from "../mixed/doors.ts"
import { Patience } from "../mixed/Patience.ts"
import type { MixedResult } from "../mixed/run.ts"
import type { Errand, Errands, Flaw, Kind } from "./draw.ts"
import { type Came, type Life, Stores } from "./model.ts"
import { leave, nap, type Peeked, peek } from "./tasks.ts"

const valueOf = (kind: Kind, version: number): unknown => {
  switch (kind) {
    case "number":
      return version
    case "object":
      return { version, deep: [{ version }] }
    case "list":
      return [version, `${version}`]
    case "typed":
      return Float64Array.of(version, 1, 2)
    case "map":
      return new Map([[version, new Set([version])]])
    case "large":
      return `${version}:${"l".repeat(300_000)}`
  }
}

const came = async (promise: Promise<unknown>): Promise<Came> => {
  try {
    return { value: await promise }
  } catch (error) {
    // What is wrong with what is in the stores is a defect behind the Effect door.
    return { error: error instanceof Defect ? error.cause : error }
  }
}

const optionsOf = (flaw: Flaw): StoreOptions => {
  if (flaw === "option") return { timeout: -1 }
  if (flaw === "aborted") return { signal: AbortSignal.abort(new Error("before")) }
  return flaw === "hasty" ? { queueTimeout: 1 } : {}
}

const REFUSED: Partial<Record<NonNullable<Flaw>, string>> = { function: "NotSerializable", option: "InvalidOptions" }
const NEVER = new AbortController().signal

const FRESH: ReadonlySet<string> = new Set(["starting", "vacant", "backingOff", "gone"])

class Errander {
  readonly wrong: Array<string> = []
  readonly #door: OpenDoor
  readonly #stores = new Stores()
  readonly #busy: Array<Promise<void>> = []
  #version = 0

  constructor(door: OpenDoor) {
    this.#door = door
  }

  get #members(): ReadonlyArray<Life> {
    return this.#door.workers.filter(({ state }) => state !== "gone").map(({ id, restarts }) => ({ id, restarts }))
  }

  /** Until a worker that ends has been replaced. */
  async #without({ id, restarts }: Life, count: number): Promise<void> {
    const isThere = (): boolean => this.#members.some((each) => each.id === id && each.restarts === restarts)
    for (const until = performance.now() + 20_000; isThere() || this.#members.length !== count; await sleep(2)) {
      if (performance.now() < until) continue
      this.wrong.push(`worker ${id} was not replaced: ${JSON.stringify(this.#door.workers)}`)
      return
    }
  }

  async run(errand: Errand): Promise<void> {
    const members = this.#members
    switch (errand.what) {
      case "push":
        return this.#push(errand)
      case "scatter":
        return this.#scatter(errand, members)
      case "pull":
        return this.#note(this.#stores.ofPull(errand.name, members, await came(this.#door.pull(errand.name))))
      case "gather":
        return this.#note(this.#stores.ofGather(errand.name, members, await came(this.#door.gather(errand.name))))
      case "broadcast": {
        const all = (await this.#door.broadcast(peek as never, errand.name)) as ReadonlyArray<Peeked>
        if (all.map(({ worker }) => worker).join() !== members.map(({ id }) => id).join())
          this.wrong.push(`a broadcast reached ${JSON.stringify(all.map(({ worker }) => worker))}`)
        for (const each of all) this.#note(this.#stores.ofPeek(errand.name, members, each))
        return
      }
      case "run": {
        const seen = await this.#door.run(peek as never, errand.name, {}, NEVER)
        return this.#note(this.#stores.ofPeek(errand.name, members, seen as Peeked))
      }
      case "resize":
        await this.#door.resize(errand.workers)
        if (this.#members.length !== errand.workers)
          this.wrong.push(`resized to ${errand.workers}, there are ${this.#members.length} workers`)
        return
      case "recycle": {
        // One that is only starting, or has yet to, is fresh.
        const started = new Set(this.#door.workers.filter(({ state }) => !FRESH.has(state)).map(({ id }) => id))
        await this.#door.recycle()
        const old = this.#members.filter(
          ({ id, restarts }) => started.has(id) && members.some((one) => one.id === id && one.restarts === restarts)
        )
        if (old.length > 0) this.wrong.push(`workers ${old.map(({ id }) => id).join()} were not recycled`)
        return
      }
      case "exit":
        return this.#exit(members)
      case "kill":
        return this.#kill(errand.worker, members)
      case "busy":
        this.#busy.push(this.#beBusy(errand.jobs, errand.ms))
    }
  }

  #note(objection: string | undefined): void {
    if (objection !== undefined) this.wrong.push(objection)
  }

  /** True where it was refused, as it had to be. */
  #isRefused(flaw: Flaw, answer: Came): boolean {
    const tag = flaw === undefined ? undefined : REFUSED[flaw]
    if (tag === undefined) return false
    const { error } = answer as { error?: { _tag?: string } }
    if (error?._tag !== tag) this.wrong.push(`a call that is wrong (${flaw}) came to ${String(error)}`)
    return true
  }

  /** Whether it has been heard by all; undefined where that can't be said. */
  #isHeard(what: string, flaw: Flaw, answer: Came): true | undefined {
    if ("value" in answer) {
      if (flaw === "aborted") this.wrong.push(`a ${what} went on though it was aborted`)
      return true
    }
    const tag = (answer.error as { _tag?: string })._tag
    const mayFail = (flaw === "aborted" && tag === "JobCancelled") || (flaw === "hasty" && tag === "JobTimedOut")
    if (!mayFail) this.wrong.push(`a ${what} failed with ${String(answer.error)}`)
    return undefined
  }

  async #push({ names, kind, flaw }: Errand & { what: "push" }): Promise<void> {
    const value = valueOf(kind, ++this.#version)
    const record = Object.fromEntries(names.map((name) => [name, value]))
    const sent = flaw === "function" ? { ...record, z: () => 1 } : record
    const answer = await came(this.#door.push(sent, optionsOf(flaw)))
    if (this.#isRefused(flaw, answer)) return
    if (this.#isHeard("push", flaw, answer)) this.#stores.pushed(names, value)
    else this.#stores.unsure(names)
  }

  async #scatter({ name, length, typed, flaw }: Errand & { what: "scatter" }, members: ReadonlyArray<Life>) {
    const version = ++this.#version
    const list = Array.from({ length }, (_, at) => version * 100 + at)
    const array = (typed ? Float64Array.from(list) : list) as ReadonlyArray<unknown>
    const answer = await came(this.#door.scatter(name, array, optionsOf(flaw)))
    if (this.#isRefused(flaw, answer)) return
    if (this.#isHeard("scatter", flaw, answer)) this.#stores.scattered(name, array, members)
    else this.#stores.unsure([name])
  }

  async #exit(members: ReadonlyArray<Life>): Promise<void> {
    const answer = await came(this.#door.run(leave as never, undefined, {}, NEVER))
    const { error } = answer as { error?: { _tag?: string; job?: { worker?: number } } }
    const life = members.find(({ id }) => id === error?.job?.worker)
    if (error?._tag !== "WorkerCrashed" || life === undefined)
      this.wrong.push(`a job that exits came to ${String(error)}`)
    else await this.#without(life, members.length)
  }

  async #kill(worker: number, members: ReadonlyArray<Life>): Promise<void> {
    // What runs beside it would go down with it.
    await Promise.all(this.#busy)
    const { pid, id } = this.#door.workers[worker % this.#door.workers.length] ?? {}
    const life = members.find((each) => each.id === id)
    if (pid === undefined || pid === process.pid || life === undefined) return
    process.kill(pid, "SIGKILL")
    await this.#without(life, members.length)
  }

  async #beBusy(jobs: number, ms: number): Promise<void> {
    const inputs = Array.from({ length: jobs }, (_, at) => ms + at)
    const retry = { retries: 9, minTimeout: 1, maxTimeout: 5 }
    const values = await this.#door.many("map", nap as never, inputs, { retry, maxCrashes: 9 }, NEVER)
    if (values.join() !== inputs.map((each) => each + 1).join()) this.wrong.push(`jobs beside came to ${values.join()}`)
  }

  async end(): Promise<void> {
    await Promise.all(this.#busy)
  }
}

/** Runs them on a pool of their own. */
export const runErrands = async ({ errands, door: kind, ...options }: Errands): Promise<MixedResult> => {
  const stray: Array<string> = []
  const onStray = (reason: unknown): void => {
    stray.push(`stray: ${reason instanceof Error ? reason.stack : String(reason)}`)
  }
  process.on("warning", onStray).on("unhandledRejection", onStray)
  void [process.stdout, process.stderr]
  const before = snapshotLeaks()
  try {
    const restart = { max: 1_000, backoff: { min: 1, max: 20 } }
    const door = await openDoor(kind, { ...options, restart, logger: false })
    const patience = new Patience(() => door.workers.reduce((sum, each) => sum + each.jobsDone + each.restarts, 0))
    const errander = new Errander(door)
    for (const [at, errand] of errands.entries()) {
      await patience.for(`errand ${at} (${errand.what})`, errander.run(errand))
      if (errander.wrong.length > 0) {
        errander.wrong.push(`at errand ${at} of ${JSON.stringify(errands.slice(0, at + 1))}`)
        break
      }
    }
    await patience.for("what runs beside", errander.end())
    await patience.for("the end of the pool", door.close())
    const left = await expectNoLeaks(before, 10_000).then(
      () => [],
      (error: unknown) => [String(error)]
    )
    return { jobs: errands.length, objections: [...errander.wrong, ...patience.wrong, ...left, ...stray] }
  } catch (error) {
    return {
      jobs: 0,
      objections: [`the errands themselves failed: ${error instanceof Error ? error.stack : String(error)}`]
    }
  } finally {
    process.off("warning", onStray).off("unhandledRejection", onStray)
  }
}
