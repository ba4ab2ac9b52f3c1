/** The exit code that a sub-command settles on, for the program to end with. */
import * as Context from "effect/Context"

export class ExitCode {
  static readonly Service = Context.Service<ExitCode>("holdfast/ExitCode")
  value = 0
}
