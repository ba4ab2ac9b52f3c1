/**
 * Runs a comparison's contenders in turns, A B C A B C …, so that whatever else the machine does meets all of them
 * alike. Checks every answer. A contender that fails is left out from there on and says why; the others go on.
 */
import { Absent, ContenderProcess } from "./ContenderProcess.ts"
import type { Answer, Compared, Comparison, Contender, Row } from "./Measurement.ts"

class Turn {
  readonly contender: Contender
  readonly values: Array<number> = []
  note: string | undefined
  failure: Row["failure"]
  #process: ContenderProcess | undefined

  constructor(contender: Contender) {
    this.contender = contender
  }

  /** Does `step`, unless it has failed before; what it throws is this contender's failure. */
  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return
    try {
      await step()
    } catch (error) {
      this.failure = {
        message: error instanceof Error ? error.message : String(error),
        absent: error instanceof Absent
      }
      this.values.length = 0
      this.#process?.kill()
      this.#process = undefined
    }
  }

  /** Starts one that lives through all rounds. */
  start(): Promise<void> {
    return this.#attempt(async () => {
      if (this.contender.fresh) return
      this.#process = new ContenderProcess(this.contender)
      await this.#process.ready()
    })
  }

  /** One round; its values are kept if it `counts`. */
  take(counts: boolean): Promise<void> {
    return this.#attempt(async () => {
      if (this.contender.fresh) this.#process = new ContenderProcess(this.contender)
      const answer = this.contender.fresh ? await this.#process?.only() : await this.#process?.round()
      if (answer !== undefined) this.#check(answer)
      if (answer !== undefined && counts) this.values.push(this.contender.read(answer))
    })
  }

  #check(answer: Answer): void {
    const { digest } = this.contender
    if (answer.digest !== digest)
      throw new Error(`its ${answer.count} results are wrong: their digest is ${answer.digest}, not ${digest}`)
    this.note = answer.note ?? this.note
  }

  end(): Promise<void> {
    return this.#attempt(async () => {
      if (!this.contender.fresh) await this.#process?.end()
    })
  }
}

/** Never rejects for a contender: its row says what happened. */
export const compare = async (comparison: Comparison, rounds: number): Promise<Compared> => {
  const turns = comparison.contenders.map((contender) => new Turn(contender))
  // One after another, here as below: whoever starts must not disturb one that warms up.
  for (const turn of turns) await turn.start()
  const { warmUp = 0 } = comparison
  for (let round = -warmUp; round < rounds; round++) for (const turn of turns) await turn.take(round >= 0)
  for (const turn of turns) await turn.end()
  return {
    comparison,
    rows: turns.map(({ contender: { name }, note, values, failure }) => ({ name, note, values, failure }))
  }
}
