/** Who waits for the crew to change: until something holds of it, or it has ended. */

interface Wait {
  holds(): boolean
  resolve(): void
}

export class CrewWaits {
  readonly #waits = new Set<Wait>()
  readonly #changed: () => void

  /** `changed` is told of the first to wait, and that none is left. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get any(): boolean {
    return this.#waits.size > 0
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waits.add({ holds, resolve })
      this.#changed()
    })
  }

  /** A slot's state has changed, or there is one fewer. */
  look(hasEnded: () => boolean): void {
    for (const wait of [...this.#waits]) {
      if (!wait.holds() && !hasEnded()) continue
      this.#waits.delete(wait)
      wait.resolve()
    }
    if (!this.any) this.#changed()
  }
}
