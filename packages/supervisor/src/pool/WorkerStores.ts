/**
 * What the workers' own stores should hold: what was pushed, so that a worker that comes later or anew gets it too,
 * and which worker had which part of what was scattered, so that a part that died with its worker is told of as lost.
 * The stores themselves are in the workers.
 */
import { pinning } from "../protocol/pins.ts"
import { BatchReader, type EncodedBatch, encodeBatch } from "../protocol/values.ts"
import type { Entry } from "../worker/store-tasks.ts"

/** Tries to give a new worker what was pushed; one that dies of it each time goes without. */
const MOST_TRIES = 3

/** A value that can't be sent, and why. */
export interface Refused {
  readonly name: string
  readonly why: NonNullable<EncodedBatch["refused"]>
}

export class WorkerStores {
  /** By name, as it was when it was pushed, and by which call. */
  readonly #pushed = new Map<string, { readonly batch: EncodedBatch; readonly call: number }>()
  /** By name, the workers that have a part, in the order of the parts; false once it is lost. */
  readonly #parts = new Map<string, Map<number, boolean>>()
  /** By name, the shared data that what was pushed names. */
  readonly #pins = new Map<string, ReadonlySet<object>>()
  readonly #restoring = new Set<number>()
  readonly #tries = new Map<number, number>()
  #calls = 0

  /** The number of a call that puts values into stores: higher than those of all before. */
  nextCall(): number {
    return ++this.#calls
  }

  /** Remembers values for workers to come: all of them, or none where one can't be sent, which it names. */
  pushed(entries: ReadonlyArray<Entry>): Refused | undefined {
    const encoded = entries.map(([name, value, call]) => ({ name, call, ...pinning(() => encodeBatch([value])) }))
    for (const { name, result } of encoded) if (result.refused !== undefined) return { name, why: result.refused }
    for (const { name, call, result, pins } of encoded) {
      this.#pushed.set(name, { batch: result, call })
      this.#pins.set(name, pins)
      this.#parts.delete(name)
    }
    return undefined
  }

  scattered(name: string, workers: ReadonlyArray<number>): void {
    this.#parts.set(name, new Map(workers.map((worker) => [worker, true])))
    this.#pushed.delete(name)
    this.#pins.delete(name)
  }

  /** Who has a part of `name`, in order; undefined if it was not scattered. */
  partsOf(name: string): ReadonlyArray<number> | undefined {
    const parts = this.#parts.get(name)
    return parts === undefined ? undefined : [...parts.keys()]
  }

  /** True where this worker had a part of it, and has died since. */
  isLost(name: string, worker: number): boolean {
    return this.#parts.get(name)?.get(worker) === false
  }

  /** A worker has ended, its store with it. */
  ended(worker: number): void {
    for (const parts of this.#parts.values()) if (parts.has(worker)) parts.set(worker, false)
  }

  /** What a worker that has just come must be given before anything else; undefined for nothing. */
  owedTo(worker: number): ReadonlyArray<Entry> | undefined {
    if (this.#pushed.size === 0 || (this.#tries.get(worker) ?? 0) >= MOST_TRIES) return undefined
    return [...this.#pushed].map(([name, { batch, call }]) => [
      name,
      new BatchReader(batch.kind, batch.bytes, 1).next(),
      call
    ])
  }

  /** Until it is `restored`, nothing else may run there. */
  restoring(worker: number): void {
    this.#restoring.add(worker)
    this.#tries.set(worker, (this.#tries.get(worker) ?? 0) + 1)
  }

  restored(worker: number, well: boolean): void {
    this.#restoring.delete(worker)
    if (well) this.#tries.delete(worker)
  }

  isRestoring(worker: number): boolean {
    return this.#restoring.has(worker)
  }
}
