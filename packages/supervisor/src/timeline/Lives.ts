/** The starts and ends of one worker's processes or threads, bounded: the first ones and the last. */
import type { EventOf } from "@holdfast/core"
import type { ReportLife } from "./report-data.ts"

const MOST = 500

type Life = { -readonly [K in keyof ReportLife]: ReportLife[K] }

/** The parent ended it, so that the slot could go on. */
const KILLED: Readonly<Record<string, string>> = {
  timeout: "killed, for its job had passed its timeout",
  cancelled: "killed, for its job had been cancelled and did not end"
}

export class Lives {
  readonly #lives: Array<Life> = []
  /** Lives that were not kept. */
  left = 0

  get all(): ReadonlyArray<ReportLife> {
    return this.#lives
  }

  starting(at: number, pid: number | undefined): void {
    const life: Life = {
      pid,
      startedAt: at,
      readyAt: undefined,
      endedAt: undefined,
      end: undefined,
      how: "alive"
    }
    if (this.#lives.length < MOST) this.#lives.push(life)
    else {
      this.left++
      this.#lives[MOST - 1] = life
    }
  }

  ready(at: number): void {
    const life = this.#lives.at(-1)
    if (life !== undefined) life.readyAt ??= at
  }

  ended({ at, exit, expected }: EventOf<"WorkerExited">): void {
    let life = this.#lives.at(-1)
    // One that could not even be spawned has not been told of before.
    if (life === undefined || life.endedAt !== undefined) {
      this.starting(at, undefined)
      life = this.#lives.at(-1) as Life
    }
    const { reason, signal, exitCode } = exit
    const killed = reason === undefined ? undefined : KILLED[reason]
    life.endedAt = at
    life.how = !expected ? "died" : killed === undefined ? "left" : "killed"
    life.end = expected
      ? killed
      : (reason ?? (signal === undefined ? `ended with exit code ${exitCode ?? "unknown"}` : `died of ${signal}`))
  }
}
