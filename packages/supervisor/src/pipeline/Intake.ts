/**
 * Where a pipeline's inputs come in: reads one when the first stage asks for one, until they end, fail or are stopped.
 * A stop does not wait for an iterator that waits.
 */
import type { Inputs } from "@holdfast/core"
import { readInContext } from "../scheduler/callers-context.ts"
import { InputFailed, type Source } from "../scheduler/Source.ts"
import { sourceOf } from "../scheduler/source-of.ts"
import { untoldOf } from "../scheduler/untold.ts"
import { Breather } from "./Breather.ts"
import type { StageIterator } from "./StageIterator.ts"
import { DONE } from "./StageIterator.ts"

export class Intake implements StageIterator {
  readonly #source: Source
  readonly #failed: (error: unknown) => void
  readonly #untold: (error: unknown) => void
  readonly #now: () => number
  readonly #breather: Breather
  #wake: (() => void) | undefined
  #stopped = false
  #waitedMs = 0
  #waitingSince: number | undefined
  #failure: { readonly error: unknown } | undefined
  /** Inputs read. */
  read = 0

  /** Throws a `TypeError` for what can't be read. */
  constructor(
    inputs: Inputs<unknown>,
    where: string,
    failed: (error: unknown) => void,
    now: () => number,
    signal: AbortSignal | undefined
  ) {
    this.#failed = failed
    this.#untold = untoldOf(where, signal)
    this.#now = now
    this.#breather = new Breather(now)
    this.#source = readInContext(sourceOf(inputs, where, () => this.#stir(), this.#untold))
  }

  /** How many there will be, as far as can be told. */
  get expected(): number | undefined {
    return this.#stopped || this.#source.exhausted ? this.read : (this.#source.total ?? this.#source.expected)
  }

  /** How long the pipeline has waited for an input. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#waitingSince === undefined ? 0 : this.#now() - this.#waitingSince)
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const pause = this.#breather.pause()
    if (pause !== undefined) await pause
    for (;;) {
      if (this.#stopped) return DONE
      if (this.#source.ready) {
        try {
          const taken = this.#source.take(1)
          if (taken.length === 0) continue
          this.read++
          return { done: false, value: taken[0] }
        } catch (thrown) {
          this.#stopped = true
          this.#failure = { error: thrown instanceof InputFailed ? thrown.error : thrown }
          this.#failed(this.#failure.error)
          return DONE
        }
      }
      if (this.#source.exhausted) return DONE
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    this.#waitingSince = this.#now()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#source.want(1)
    })
    this.#waitedMs += this.#now() - this.#waitingSince
    this.#waitingSince = undefined
  }

  #stir(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** Reads no further, and lets go of the iterator. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#source.close()
    this.#stir()
  }

  /**
   * For a reader who has left: resolves once the iterator is closed, or when that can't be waited for. Rejects with what
   * it failed to close with. What it failed with before, ahead of its reader, is warned of.
   */
  closed(): Promise<void> | undefined {
    if (this.#failure !== undefined) this.#untold(this.#failure.error)
    this.#failure = undefined
    return this.#source.closing?.wait()
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.stop()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
