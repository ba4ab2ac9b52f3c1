/** `holdfast replay`: its flags and their help. What it does is `execute.ts`, loaded once there is something to run. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ExitCode } from "../ExitCode.ts"
import { isGiven } from "../is-given.ts"
import { refuse } from "../refuse.ts"
import { parseWhole } from "../run/quantities.ts"

const MOST_TIMES = 1_000_000

const path = Argument.String("report").pipe(
  Argument.withDescription("The report of a failed attempt"),
  Argument.filter(isGiven, () => "the path of a report")
)

const times = Flag.String("times").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("Run it so often, and tell how often it fails (default: 1)"),
  Flag.filterMap(
    (given) => Option.fromNullishOr(parseWhole(given, 1, MOST_TIMES)),
    () => `expected a whole number from 1 to ${MOST_TIMES}`
  ),
  Flag.withDefault(1)
)

const isolation = Flag.Literals("isolation", ["inline", "process", "thread"]).pipe(
  Flag.withDescription("Where it runs; inline (default) is for a debugger, process survives a crash"),
  Flag.withDefault("inline" as const)
)

const inspect = Flag.Boolean("inspect").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Wait for a debugger (node --inspect-brk), and stop before the job runs"),
  Flag.withDefault(false)
)

const description = [
  "Runs the job of a report again: the same task with the same input, as the same attempt, and prints its result or",
  "its error. Inline, in one program with a debugger's reach, unless --isolation says otherwise.",
  "",
  "Exit code: 0 it succeeded each time; 1 it failed; 2 it can't be run again, and the message says why."
].join("\n  ")

export const replay = Command.make("replay", { path, inspect, isolation, times }, (options) =>
  Effect.gen(function* () {
    const exit = yield* ExitCode.Service
    exit.value = yield* Effect.promise(async () => {
      if (options.inspect && options.isolation !== "inline")
        return refuse([
          `--inspect stops in this program, and with --isolation ${options.isolation} the job runs in a worker: give one of them`
        ])
      const { execute } = await import("./execute.ts")
      return execute(options)
    })
  })
).pipe(
  Command.withDescription(description),
  Command.withShortDescription("Run the job of a report again, under a debugger if need be"),
  Command.withExamples([
    { command: "holdfast replay report.json", description: "Does it fail again?" },
    {
      command: "holdfast replay report.json --inspect",
      description: "Step through it: chrome://inspect, or an editor"
    },
    { command: "holdfast replay report.json --isolation process", description: "A crash, tried again safely" },
    { command: "holdfast replay report.json --times 20", description: "How often does it fail?" }
  ])
)
