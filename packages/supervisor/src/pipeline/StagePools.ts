/**
 * Which pool each stage of one run uses: one that was given, one of its own, or one that all other stages share. Opens
 * what was not given, and ends just that.
 */
import { openedOf } from "../doors/opened.ts"
import type { Engine } from "../pool/Engine.ts"
import { type OpenPool, openPool } from "../pool/open.ts"

export class StagePools {
  readonly #made: Array<OpenPool> = []
  readonly #where: string
  readonly #ofPipeline: unknown
  #shared: Engine | undefined

  /** `ofPipeline`: a pool, the options of one, or undefined for one with the defaults. */
  constructor(ofPipeline: unknown, where: string) {
    this.#ofPipeline = ofPipeline
    this.#where = where
  }

  /** Where a stage runs. Throws `InvalidOptions`. */
  engineOf(pool: unknown): Engine {
    if (pool !== undefined) return this.#engine(pool)
    this.#shared ??= this.#engine(this.#ofPipeline)
    return this.#shared
  }

  #engine(pool: unknown): Engine {
    const given = openedOf(pool)
    if (given !== undefined) return given.engine
    const made = openPool(pool ?? {}, this.#where)
    this.#made.push(made)
    return made.engine
  }

  /** Ends the pools it has opened: lets them finish, or not. */
  async end(atOnce: boolean): Promise<void> {
    await Promise.all(this.#made.map(({ terminator }) => (atOnce ? terminator.terminate() : terminator.close())))
  }
}
