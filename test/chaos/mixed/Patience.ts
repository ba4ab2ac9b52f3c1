/** How long a mixed program waits for what must come to an end, and what did not. */
import { setTimeout as sleep } from "node:timers/promises"

/** Far beyond what any of these programs should take to do anything at all. */
const PATIENCE_MS = 40_000
const MOST_PATIENCE_MS = 300_000

/** What is waited for: not for ever, but as long as jobs end and workers start, on a slow machine. */
export class Patience {
  readonly wrong: Array<string> = []
  readonly #done: () => number

  constructor(done: () => number) {
    this.#done = done
  }

  async for<A>(what: string, promise: Promise<A>): Promise<A | undefined> {
    const over = new AbortController()
    const first = await Promise.race([promise.then((value) => ({ value })), this.#lost(over.signal)]).finally(() =>
      over.abort()
    )
    if (first !== "lost") return first.value
    this.wrong.push(`hang: ${what} had no end in ${PATIENCE_MS} ms in which nothing happened`)
    return undefined
  }

  async #lost(over: AbortSignal): Promise<"lost"> {
    const until = performance.now() + MOST_PATIENCE_MS
    for (let before = -1; !over.aborted && before !== this.#done() && performance.now() < until; ) {
      before = this.#done()
      await sleep(PATIENCE_MS, undefined, { signal: over }).catch(() => undefined)
    }
    return "lost"
  }
}
