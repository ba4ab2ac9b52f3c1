/**
 * A stream's values, one by one, for `for await`. No async generator: closing one that waits for its next value
 * would wait as well, and with it every stage before it in a pipeline.
 */
import type { StreamSink } from "../collect/stream.ts"
import { OwnRegistry } from "../protocol/own-registry.ts"

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined }

type Next<A> = IteratorResult<A, undefined>

/**
 * A reader who has dropped his iterator without a word, as after one `next()`, has left: else its inputs, its values and
 * the program's end would wait for him as long as there is a pool. While a `next()` waits, its iterator is no garbage.
 */
const dropped = new OwnRegistry<StreamSink>((sink) => sink.close())

export class ValueIterator<A> implements AsyncIterableIterator<A, undefined> {
  readonly #start: () => StreamSink
  #sink: StreamSink | undefined
  #values: Array<A | undefined> = []
  #at = 0
  #end = 0
  #over = false
  /** The last `next` that waits: one asked for meanwhile comes after it. */
  #pending: Promise<Next<A>> | undefined

  /** `start` is called for the first value, and may throw. */
  constructor(start: () => StreamSink) {
    this.#start = start
  }

  next(): Promise<Next<A>> {
    if (this.#pending === undefined && this.#at < this.#end) return Promise.resolve(this.#take())
    const read = (): Promise<Next<A>> => this.#read()
    const pending = this.#pending === undefined ? read() : this.#pending.then(read, read)
    this.#pending = pending
    const clear = (): void => {
      if (this.#pending === pending) this.#pending = undefined
    }
    pending.then(clear, clear)
    return pending
  }

  #take(): Next<A> {
    const value = this.#values[this.#at] as A
    // What its reader has let go of is not kept here until the rest of a chunk is read. Numbers are no burden, and
    // an array that holds them alone keeps them unboxed.
    if (typeof value !== "number") this.#values[this.#at] = undefined
    this.#at++
    return { done: false, value }
  }

  async #read(): Promise<Next<A>> {
    if (this.#at < this.#end) return this.#take()
    if (this.#over) return DONE
    try {
      this.#sink ??= this.#begin()
      const run = await this.#sink.next()
      if (run === undefined || this.#over) {
        this.#over = true
        return DONE
      }
      this.#values = run.values as Array<A>
      this.#at = run.at
      this.#end = run.end
      return this.#take()
    } catch (error) {
      this.#close()
      throw error
    }
  }

  #begin(): StreamSink {
    const sink = this.#start()
    dropped.register(this, sink)
    return sink
  }

  #close(): void {
    this.#over = true
    this.#values = []
    this.#at = 0
    this.#end = 0
    this.#sink?.close()
  }

  /** Resolves once the inputs are closed, too, unless they are being waited for. Rejects with what they failed with. */
  async return(): Promise<Next<A>> {
    this.#close()
    await this.#sink?.closed()
    return DONE
  }

  async throw(error: unknown): Promise<Next<A>> {
    this.#close()
    // It is what is told, as where a `for await` is left by a throw.
    await this.#sink?.closed().catch(() => undefined)
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
