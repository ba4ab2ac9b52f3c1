/** The inputs of a batch that come from an asynchronous iterator, a few of them ahead of the workers. */
import { Closing, returnsAtOnce } from "./Closing.ts"
import { stepOf } from "./iterators.ts"
import { expectedOf, InputFailed, type Source } from "./Source.ts"

export class AsyncSource implements Source {
  readonly total = undefined
  readonly #fraction: () => unknown
  #given = 0
  readonly #iterator: AsyncIterator<unknown>
  readonly #onReady: () => void
  readonly #buffer: Array<unknown> = []
  #wanted = 0
  #reading = false
  #ended = false
  failure: { readonly error: unknown } | undefined
  closing: Closing | undefined
  readonly #destroy: (() => void) | undefined
  readonly #untold: (error: unknown) => void

  constructor(
    iterator: AsyncIterator<unknown>,
    onReady: () => void,
    destroy: (() => void) | undefined,
    fraction: () => unknown,
    untold: (error: unknown) => void
  ) {
    this.#fraction = fraction
    this.#iterator = iterator
    this.#onReady = onReady
    this.#destroy = destroy
    this.#untold = untold
  }

  get expected(): number | undefined {
    return this.#ended ? this.#given : expectedOf(this.#given, this.#fraction())
  }

  get exhausted(): boolean {
    return this.#ended && this.#buffer.length === 0 && this.failure === undefined
  }

  get ready(): boolean {
    return this.#buffer.length > 0 || this.failure !== undefined
  }

  take(max: number): Array<unknown> {
    const taken = this.#buffer.splice(0, max)
    if (this.#buffer.length === 0 && this.failure !== undefined) {
      const { error } = this.failure
      this.failure = undefined
      throw new InputFailed(error, taken)
    }
    return taken
  }

  want(count: number): void {
    this.#wanted = count
    if (!this.#reading && !this.#ended && this.#buffer.length < count) void this.#read()
  }

  async #read(): Promise<void> {
    this.#reading = true
    try {
      while (!this.#ended && this.#buffer.length < this.#wanted) {
        const next = stepOf(await this.#iterator.next())
        if (this.#ended) return
        if (next.done === true) this.#ended = true
        else {
          this.#given++
          this.#buffer.push(next.value)
        }
        this.#onReady()
      }
    } catch (error) {
      if (this.#ended) return void this.closing?.stepFailed(error)
      this.#ended = true
      this.failure = { error }
      this.#onReady()
    } finally {
      this.#reading = false
    }
  }

  close(): void {
    this.#buffer.length = 0
    this.failure = undefined
    if (this.#ended) return
    this.#ended = true
    // A generator that waits closes only after its wait, which may have no end.
    const isStuck = (): boolean => this.#reading && Reflect.get(Object(this.#iterator), returnsAtOnce) !== true
    this.closing = new Closing(this.#letGo(), isStuck, this.#untold)
  }

  async #letGo(): Promise<void> {
    try {
      this.#destroy?.()
    } finally {
      await this.#iterator.return?.()
    }
  }
}
