/** `holdfast inspect`: its flags and their help. What it does is `execute.ts`, loaded once there is something to show. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { ExitCode } from "../ExitCode.ts"
import { isGiven } from "../is-given.ts"

const path = Argument.String("report|dir").pipe(
  Argument.withDescription("A report of a failure, or a directory of them (holdfast run writes to holdfast-reports)"),
  Argument.filter(isGiven, () => "the path of a report, or of a directory of them")
)

const yes = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

const description = [
  "Shows the report of a failed attempt: what happened and where, the source, values, causes, what was printed last,",
  "memory and CPU, limits and versions.",
  "",
  "Of a directory, it groups the failures of the last run by cause, the most frequent first.",
  "",
  "Exit code: 0 shown; 2 there is no such file, or it is no report."
].join("\n  ")

export const inspect = Command.make(
  "inspect",
  {
    path,
    all: yes("all", "Of a directory: the failures of every run, not of the last alone"),
    newest: yes("newest", "Of a directory: the newest causes first, not the most frequent"),
    json: yes("json", "Write JSON")
  },
  (options) =>
    Effect.gen(function* () {
      const exit = yield* ExitCode.Service
      exit.value = yield* Effect.promise(async () => {
        const { execute } = await import("./execute.ts")
        return execute(options)
      })
    })
).pipe(
  Command.withDescription(description),
  Command.withShortDescription("Show the report of a failure, or group those of a run by cause"),
  Command.withExamples([
    { command: "holdfast inspect holdfast-reports", description: "What has failed in the last run, by cause" },
    {
      command: "holdfast inspect holdfast-reports/20261121-095915-513-parse-7-attempt1-edg006.json",
      description: "One failure in full"
    },
    { command: "holdfast inspect holdfast-reports --json | jq '.groups[].title'", description: "For a program" }
  ])
)
