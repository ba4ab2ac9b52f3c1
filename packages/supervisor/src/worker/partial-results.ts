/**
 * Runs a generator to its end. What it yields is sent to the parent where somebody takes it there, never further
 * ahead than its credit allows, and dropped where nobody does; what it returns is the job's value.
 */
import { encodeBatch } from "../protocol/values.ts"
import type { JobScope } from "./job-scope.ts"
import { Interrupted } from "./runnable.ts"
import { turn } from "./turn.ts"

/** A generator that nobody listens to lets the event loop turn this often, for cancellations to be heard. */
const YIELD_MS = 10

export type AnyGenerator = Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown>

/** True for what a generator function, plain or async, returns. */
export const isGenerator = (value: unknown): value is AnyGenerator => {
  if (typeof value !== "object" || value === null) return false
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return (tag === "Generator" || tag === "AsyncGenerator") && typeof (value as { next?: unknown }).next === "function"
}

/** Sends what was yielded. */
class Outlet {
  readonly #scope: JobScope
  #credit: number
  #wake: (() => void) | undefined

  constructor(scope: JobScope, credit: number) {
    this.#scope = scope
    this.#credit = credit
    scope.onCredit = (count) => {
      this.#credit += count
      this.#wake?.()
    }
    scope.interrupt = () => this.#wake?.()
    // Its wait is for the parent's word, which an event loop that looks empty does not show.
    scope.hold()
  }

  async put(value: unknown): Promise<void> {
    const { kind, bytes, refused } = encodeBatch([value])
    if (refused !== undefined) throw refused
    const { host, chunk, offset } = this.#scope
    host.signal(chunk.chunkId, offset, { _tag: "Partial", value: Buffer.concat([Buffer.of(kind), bytes]) })
    this.#credit--
    while (this.#credit <= 0 && !this.#scope.cancelled) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** `credit`: how many values may be sent ahead; undefined where nobody takes them. */
export const finish = async (
  generator: AnyGenerator,
  scope: JobScope,
  credit: number | undefined
): Promise<unknown> => {
  const outlet = credit === undefined ? undefined : new Outlet(scope, credit)
  let turnedAt = performance.now()
  try {
    for (;;) {
      const step = generator.next()
      const { done, value } = step instanceof Promise ? await step : step
      if (done === true) return await value
      await outlet?.put(value)
      const now = performance.now()
      if (now - turnedAt > YIELD_MS) {
        await turn()
        turnedAt = performance.now()
      }
      if (scope.cancelled) throw new Interrupted()
    }
  } catch (error) {
    // Its `finally` blocks are owed to it, however it ends. One that has thrown by itself is over already.
    await generator.return(undefined)
    throw error
  }
}
