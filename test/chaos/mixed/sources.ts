/** The inputs of a call, as whatever kind of iterable it is to be, and what became of that: read so far, and closed. */
import { setTimeout as sleep } from "node:timers/promises"
import type { InputsKind } from "./plan.ts"
import { streamOf } from "./streams.ts"

/** What inputs that break throw. */
export class InputsBroke extends Error {}

const GAP_MS = 15

export class ReadInputs<A> {
  readonly kind: InputsKind
  readonly #jobs: ReadonlyArray<A>
  readonly #breaksAt: number
  /** What they throw, where they do. */
  readonly error = new InputsBroke("the inputs broke")
  /** How many were asked for and given. */
  given = 0
  opened = 0
  closed = 0
  broke = false
  /** Whether it waits for what will never come. */
  hangs = false

  constructor(kind: InputsKind, jobs: ReadonlyArray<A>, breaksAt: number) {
    this.kind = kind
    this.#jobs = jobs
    this.#breaksAt = breaksAt
  }

  get of(): Iterable<A> | AsyncIterable<A> {
    if (this.kind === "array") {
      this.given = this.#jobs.length
      return this.#jobs
    }
    // Only the Effect door is given these, and takes them.
    if (this.#isFlow) return this.#flow as never
    return this.kind === "generator" || this.kind === "breaks" ? this.#each() : this.#eachSoon()
  }

  get #isFlow(): boolean {
    return /flow/i.test(this.kind)
  }

  get #flow() {
    return streamOf(this.kind, this.#jobs, this.#breaksAt, this.error, {
      opened: () => this.opened++,
      closed: () => this.closed++,
      gave: () => this.given++,
      broke: () => {
        this.broke = true
      }
    })
  }

  /** Whether it was begun, and not let go of, though it could be. */
  get isOpen(): boolean {
    return this.opened !== this.closed && !this.hangs
  }

  /** Those that `submitAll` takes. */
  get ofFinite(): Iterable<A> {
    this.given = this.#jobs.length
    return this.#jobs
  }

  #isEnd(at: number): boolean {
    return at >= this.#breaksAt && (this.kind === "breaks" || this.kind === "breaksAsync")
  }

  *#each(): Generator<A> {
    this.opened++
    try {
      for (const [at, job] of this.#jobs.entries()) {
        if (this.#isEnd(at)) this.#break()
        this.given++
        yield job
      }
    } finally {
      this.closed++
    }
  }

  async *#eachSoon(): AsyncGenerator<A> {
    this.opened++
    try {
      for (const [at, job] of this.#jobs.entries()) {
        if (this.#isEnd(at)) this.#break()
        if (this.kind === "hangs" && at >= this.#breaksAt) await this.#hang()
        if (this.kind === "slow") await sleep(GAP_MS)
        this.given++
        yield job
      }
      if (this.kind === "hangs") await this.#hang()
    } finally {
      this.closed++
    }
  }

  #break(): never {
    this.broke = true
    throw this.error
  }

  #hang(): Promise<never> {
    this.hangs = true
    return new Promise(() => undefined)
  }
}
