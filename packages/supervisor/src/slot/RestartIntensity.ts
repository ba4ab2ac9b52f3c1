/**
 * How often workers may die for no job's fault before the pool gives up, and how long to wait before the next
 * start. Pure but for what it remembers; the clock is handed in. Modelled on OTP's restart intensity.
 */
import type { Death } from "@holdfast/core"

export interface RestartLimits {
  readonly max: number
  readonly withinMs: number
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
}

export class RestartIntensity {
  readonly #limits: RestartLimits
  #deaths: Array<Death> = []
  #backoffMs: number

  constructor(limits: RestartLimits) {
    this.#limits = limits
    this.#backoffMs = limits.backoffMinMs
  }

  /** Notes a death that no job is charged with. True when it was one too many. */
  died(death: Death): boolean {
    this.#deaths = [...this.#deaths.filter(({ at }) => at > death.at - this.#limits.withinMs), death]
    return this.#deaths.length > this.#limits.max
  }

  /** The wait before the next start; doubles from one uncharged death to the next. */
  nextBackoffMs(): number {
    const ms = this.#backoffMs
    this.#backoffMs = Math.min(this.#limits.backoffMaxMs, ms * 2)
    return ms
  }

  /** A job has finished: workers can live. */
  jobFinished(): void {
    this.#backoffMs = this.#limits.backoffMinMs
  }

  get deaths(): ReadonlyArray<Death> {
    return this.#deaths
  }
}
