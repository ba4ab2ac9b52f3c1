/** The exit code that a sub-command settles on, for the program to end with. */
import * as Context from "effect/Context"

export class ExitCode {
  static readonly Service = Context.Service<ExitCode>("holdfast/ExitCode")
  value = 0
}

/** What a shell says of a program that wrote to a pipe without a reader. */
export const NO_READER = 141
