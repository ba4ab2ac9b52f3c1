/**
 * Ctrl-C and SIGTERM: the first asks the run to finish what it has begun, the second to end at once. Ends nothing
 * itself, unless the run has still not ended some seconds later.
 */
import { constants } from "node:os"

const SIGNALS = ["SIGINT", "SIGTERM"] as const
type Signal = (typeof SIGNALS)[number]

/** For what a second signal asks for. */
const PATIENCE_MS = 3000

export class Interruption implements Disposable {
  readonly #first: (name: string) => void
  readonly #second: () => void
  #by: Signal | undefined
  #again = false

  constructor(first: (name: string) => void, second: () => void) {
    this.#first = first
    this.#second = second
    for (const name of SIGNALS) process.on(name, this.#onSignal)
  }

  /** What a shell would say of a program that the signal had ended; undefined if none has come. */
  get exitCode(): number | undefined {
    return this.#by === undefined ? undefined : 128 + constants.signals[this.#by]
  }

  get name(): string | undefined {
    return this.#by === "SIGINT" ? "Ctrl-C" : this.#by
  }

  readonly #onSignal = (signal: Signal): void => {
    if (this.#by === undefined) {
      this.#by = signal
      this.#first(this.name ?? signal)
    } else if (!this.#again) {
      this.#again = true
      setTimeout(() => process.exit(this.exitCode), PATIENCE_MS).unref()
      this.#second()
    } else process.exit(this.exitCode)
  };

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal)
  }
}
