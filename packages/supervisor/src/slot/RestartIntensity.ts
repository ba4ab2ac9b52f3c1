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
  #deaths: Array<{ readonly death: Death; readonly since: number }> = []
  #backoffMs: number

  constructor(limits: RestartLimits) {
    this.#limits = limits
    this.#backoffMs = limits.backoffMinMs
  }

  /**
   * Notes a death that no job is charged with. True when it was one too many. `now` is of a clock that only goes on:
   * the system's time may be set back, and what is long past would lie ahead.
   */
  died(death: Death, now: number): boolean {
    this.#deaths = this.#deaths.filter(({ since }) => since > now - this.#limits.withinMs)
    this.#deaths.push({ death, since: now })
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
    return this.#deaths.map(({ death }) => death)
  }
}
