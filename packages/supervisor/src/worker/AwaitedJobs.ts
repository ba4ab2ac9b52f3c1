/** Which jobs wait for something, and whether a word of the parent may wake one of them: then the event loop stays open. */
import type { JobScope } from "./job-scope.ts"

export class AwaitedJobs {
  /** Jobs whose promise is awaited. */
  readonly all = new Set<JobScope>()
  /** Those of them that a word of the parent may wake. */
  readonly #held = new Set<JobScope>()
  readonly #keepOpen: (open: boolean) => void
  #isOpen = true

  constructor(keepOpen: (open: boolean) => void) {
    this.#keepOpen = keepOpen
  }

  held(scope: JobScope): void {
    if (!this.all.has(scope)) return
    this.#held.add(scope)
    this.#changed()
  }

  awaiting(scope: JobScope): void {
    this.all.add(scope)
    if (scope.held) this.#held.add(scope)
    this.#changed()
  }

  resumed(scope: JobScope): void {
    this.all.delete(scope)
    this.#held.delete(scope)
    this.#changed()
  }

  /** Asked at each of these: one that held the loop open may be over while others wait for nothing. */
  #changed(): void {
    const isOpen = this.all.size === 0 || this.#held.size > 0
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    this.#keepOpen(isOpen)
  }
}
