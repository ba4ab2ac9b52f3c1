/**
 * The calls of running jobs to shared objects, over the job channel: each a message and its answer. A job that waits
 * for one is not stuck, for its parent will answer; one that ends tells so, since what it holds is then let go of.
 */
import { provideSharedData, SharedDataError, type SharedDataReason } from "@holdfast/core"
import type { FromWorker, SharedReply, Waited } from "../protocol/messages.ts"
import { isShared, makeArray, releaseArray } from "../protocol/shared-views.ts"
import { type JobScope, scopeNow } from "./job-scope.ts"
import { type Opening, openingNow, told } from "./openings.ts"
import { type Asked, type Packed, reachFromJobs } from "./shared-objects.ts"

interface Pending {
  readonly asked: Asked
  /** Where it was asked. */
  readonly opening: Opening | undefined
  readonly offset: number
  readonly chunkId: number
  /** The job was told that it is cancelled: whatever comes now, it has not got. */
  refused: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

const isPacked = (arg: unknown): arg is Packed => typeof arg === "object" && arg !== null && "named" in arg

/** What goes over the wire: without what only keeps things alive here. */
const wired = (arg: unknown): unknown => (isPacked(arg) ? { bytes: arg.bytes, named: arg.named } : arg)

/**
 * What a job is refused once it is cancelled: to wait for others, and to take what is for others. With the rest it gives
 * back what it holds, and sets right what it had counted.
 */
const NOT_FOR_CANCELLED = new Set(["take", "tryTake", "put", "acquire"])

export class SharedCalls {
  readonly #send: (message: FromWorker) => boolean
  readonly #pending = new Map<number, Pending>()
  /** Jobs that have called, as `chunk:offset`: their end is told. */
  readonly #callers = new Set<string>()
  #lastCall = 0

  constructor(send: (message: FromWorker) => boolean) {
    this.#send = send
  }

  call(scope: JobScope, asked: Asked, args: ReadonlyArray<unknown>): Promise<unknown> {
    const { object, op } = asked
    if (scope.over) {
      return Promise.reject(new SharedDataError("jobOver", `${op}() was called by a job that has ended`))
    }
    const { chunkId } = scope.chunk
    const { offset, signal } = scope
    const id = ++this.#lastCall
    this.#callers.add(`${chunkId}:${offset}`)
    return new Promise((resolve, reject) => {
      if (signal.aborted && NOT_FOR_CANCELLED.has(op)) return reject(signal.reason)
      const aborted = (): void => {
        pending.refused = true
        reject(signal.reason)
      }
      if (op !== "release") signal.addEventListener("abort", aborted, { once: true })
      const settled = (settle: (value: unknown) => void) => (value: unknown) => {
        signal.removeEventListener("abort", aborted)
        settle(value)
      }
      const pending: Pending = {
        asked,
        opening: openingNow(),
        chunkId,
        offset,
        refused: false,
        resolve: settled(resolve),
        reject: settled(reject)
      }
      this.#pending.set(id, pending)
      this.#send({ _tag: "SharedCall", id, chunkId, offset, object, op, args: args.map(wired) })
    })
  }

  answered({ id, error, value }: SharedReply): void {
    const pending = this.#pending.get(id)
    // What a cancelled job was refused stays in the books until it ends, for others to have it then.
    if (pending === undefined || pending.refused) return
    this.#pending.delete(id)
    if (error === undefined) pending.resolve(value)
    else pending.reject(restored(error))
  }

  /** What running jobs wait for here: a lock that others hold, a queue that stays empty. */
  waits(): ReadonlyArray<Waited> {
    const waiting = [...this.#pending.values()].filter(({ refused }) => !refused)
    return waiting.map(({ asked, chunkId, offset, opening }) => ({
      kind: `shared ${asked.kind}`,
      detail: `${asked.op}()`,
      object: asked.object,
      owner: { chunkId, offset },
      ...(opening === undefined ? {} : told(opening))
    }))
  }

  /** A job has ended. What it never got, others may have. */
  over(chunkId: number, offset: number): void {
    if (this.#callers.size === 0 || !this.#callers.delete(`${chunkId}:${offset}`)) return
    const undelivered: Array<number> = []
    for (const [id, pending] of this.#pending) {
      if (pending.chunkId !== chunkId || pending.offset !== offset) continue
      this.#pending.delete(id)
      undelivered.push(id)
      pending.reject(new SharedDataError("jobOver", "the job that waited for this has ended"))
    }
    this.#send({ _tag: "SharedEnd", chunkId, offset, undelivered })
  }
}

const restored = ({ reason, message }: NonNullable<SharedReply["error"]>): Error => {
  if (reason === "type") return new TypeError(message)
  if (reason === "range") return new RangeError(message)
  return new SharedDataError(reason as SharedDataReason, message)
}

reachFromJobs(() => {
  const scope = scopeNow()
  if (scope === undefined) return undefined
  return { call: (object, op, args, kind) => scope.host.shared.call(scope, { object, kind, op }, args) }
})

/** Where this is a worker, arrays can be made, objects can't. */
export const provideInWorker = (): void => {
  provideSharedData({
    makeArray,
    releaseArray,
    isShared,
    makeObject: (kind) => {
      const message = `Shared.${kind}() was called in a worker: make it in the program that has the pool, and pass it`
      throw new SharedDataError("elsewhere", message)
    }
  })
}
