/**
 * What ends a census before its time: Ctrl-C, SIGTERM, and a reader of its output that has gone (`| head -1`).
 * Says so through a signal and leaves the ending to main; only a second Ctrl-C ends the program here.
 */
import { constants } from "node:os"
import { refusal } from "./refusal.ts"

/** Why to stop, and the exit code that tells it. */
export interface StopReason {
  readonly by: string
  readonly exitCode: number
}

/** Watches for as long as it is not disposed of. */
export interface Stop extends Disposable {
  /** Aborted once something asks to stop. */
  readonly signal: AbortSignal
  readonly reason: StopReason | undefined
}

const signals = ["SIGINT", "SIGTERM"] as const

/** `silent`: nobody needs stdout, so that the census goes on without a reader. */
export const watchForStop = ({ silent }: { readonly silent: boolean }): Stop => {
  const controller = new AbortController()
  let reason: StopReason | undefined
  const stop = (why: StopReason): void => {
    reason ??= why
    controller.abort(new Error(`stopped by ${why.by}`))
  }

  const onSignal = (name: (typeof signals)[number]): void => {
    const exitCode = 128 + constants.signals[name]
    if (reason !== undefined) process.exit(exitCode)
    const by = name === "SIGINT" ? "Ctrl-C" : name
    process.stderr.write(`\n${by}: ending with what was done so far; once more ends at once.\n`)
    stop({ by, exitCode })
  }
  for (const name of signals) process.on(name, onSignal)

  // These two stay, for the last lines are yet to be written. A reader that has seen enough is no failure.
  process.stderr.on("error", () => {})
  let told = false
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    const closed = error.code === "EPIPE"
    const exitCode = closed ? 0 : 1
    if (!told) {
      const hint = silent ? "" : " --json FILE keeps the facts."
      const refused = `Could not write to stdout: ${refusal(error)}`
      process.stderr.write(`${closed ? `stdout is closed: the summary is not shown.${hint}` : refused}\n`)
    }
    told = true
    if (!closed) process.exitCode = exitCode
    if (!silent) stop({ by: "a closed stdout", exitCode })
  })

  return {
    signal: controller.signal,
    get reason() {
      return reason
    },
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal)
    }
  }
}
