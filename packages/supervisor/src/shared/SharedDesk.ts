/**
 * Answers the calls of a pool's jobs to shared objects, and ends what a job holds when it ends, dies, or is told of
 * no more. One attempt of one job is one caller. Not what the objects do: that is `objects.ts`.
 */
import { SharedDataError } from "@holdfast/core"
import type { SharedCall, SharedEnd, SharedReply } from "../protocol/messages.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Caller, ToldJob } from "./objects.ts"
import { operationOf } from "./SharedRegistry.ts"

type End = Parameters<Caller["onEnd"]>[0]

const NONE: ReadonlySet<number> = new Set()

/** What a job gets by calling, that others would then go without until it ends. */
const TAKING = new Set(["take", "tryTake", "acquire"])

class JobCaller implements Caller {
  readonly isProgram = false
  /** What the worker was given, if it was known still. */
  readonly chunk: Chunk | undefined
  readonly offset: number
  readonly #slot: Slot
  readonly #ends = new Set<End>()

  constructor(slot: Slot, chunk: Chunk | undefined, offset: number) {
    this.#slot = slot
    this.chunk = chunk
    this.offset = offset
  }

  get described(): NonNullable<Caller["described"]> {
    const { chunk, offset } = this
    const where = { worker: this.#slot.id, pid: this.#slot.pid }
    if (chunk === undefined) return where
    // Single jobs are each their own batch.
    return { task: chunk.lane.task.name, index: chunk.lane.numbered ? chunk.base + offset : 0, ...where }
  }

  get isForsaken(): boolean {
    return this.chunk?.forsaken.has(this.offset) === true
  }

  is({ link, chunkId, offset }: ToldJob): boolean {
    return this.#slot.link === link && this.chunk?.id === chunkId && this.offset === offset
  }

  onEnd(end: End): () => void {
    this.#ends.add(end)
    return () => this.#ends.delete(end)
  }

  /** The last first, so that what was taken stands in its old order again. */
  end(crashed: boolean, undelivered: ReadonlySet<number>): void {
    const ends = [...this.#ends].reverse()
    this.#ends.clear()
    for (const end of ends) end(crashed, undelivered)
  }
}

const errorOf = (thrown: unknown): NonNullable<SharedReply["error"]> => {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (thrown instanceof SharedDataError) return { reason: thrown.reason, message }
  return { reason: thrown instanceof RangeError ? "range" : "type", message }
}

export class SharedDesk {
  readonly #callers = new Map<Slot, Map<string, JobCaller>>()
  readonly #rested: () => void

  /** `rested` is told once no job is left that has called. */
  constructor(rested: () => void) {
    this.#rested = rested
  }

  /** Whether some job has called whose end was not told of yet: what it holds, the program may be waiting for. */
  get serving(): boolean {
    return this.#callers.size > 0
  }

  call(slot: Slot, { id, chunkId, offset, object, op, args }: SharedCall): void {
    const { link } = slot
    const reply = (error: SharedReply["error"], value: unknown): void => {
      if (slot.link === link) link?.send({ _tag: "SharedReply", id, error, value })
    }
    const caller = this.#callerOf(slot, chunkId, offset)
    try {
      if (caller.isForsaken && TAKING.has(op))
        throw new SharedDataError("jobOver", `${op}() was called by a job that has settled`)
      const value = operationOf(object, op)({ caller, callId: id, args })
      if (value instanceof Promise)
        value.then(
          (each) => reply(undefined, each),
          (error) => reply(errorOf(error), undefined)
        )
      else reply(undefined, value)
    } catch (error) {
      reply(errorOf(error), undefined)
    }
  }

  #callerOf(slot: Slot, chunkId: number, offset: number): JobCaller {
    let callers = this.#callers.get(slot)
    if (callers === undefined) {
      callers = new Map()
      this.#callers.set(slot, callers)
    }
    const key = `${chunkId}:${offset}`
    let caller = callers.get(key)
    if (caller === undefined) {
      caller = new JobCaller(
        slot,
        slot.chunks.find(({ id }) => id === chunkId),
        offset
      )
      callers.set(key, caller)
    }
    return caller
  }

  ended(slot: Slot, { chunkId, offset, undelivered }: SharedEnd): void {
    const key = `${chunkId}:${offset}`
    const callers = this.#callers.get(slot)
    const caller = callers?.get(key)
    if (callers === undefined || caller === undefined) return
    callers.delete(key)
    if (callers.size === 0) this.#callers.delete(slot)
    caller.end(false, new Set(undelivered))
    if (!this.serving) this.#rested()
  }

  /** The worker in this slot has ended; results that it had left behind have been taken in. */
  died(slot: Slot): void {
    const callers = this.#callers.get(slot)
    if (callers === undefined) return
    this.#callers.delete(slot)
    for (const caller of callers.values()) {
      const { chunk, offset } = caller
      caller.end(chunk === undefined || chunk.next <= offset, NONE)
    }
    if (!this.serving) this.#rested()
  }
}
