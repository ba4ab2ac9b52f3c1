/**
 * The one timer a slot has: for its worker's start, its end, or the wait before the next.
 */
export class SlotTimer {
  #timer: NodeJS.Timeout | undefined
  #keep = true

  set(ms: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, ms)
    if (!this.#keep) this.#timer.unref()
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  /** Whether it keeps the calling process alive. */
  keepAlive(keep: boolean): void {
    this.#keep = keep
    if (keep) this.#timer?.ref()
    else this.#timer?.unref()
  }
}
