/**
 * How the command line talks back: help on stdout as Effect prints it; what is wrong with a command line on stderr, in
 * one line each and with the flag that was probably meant, without the whole help that nobody asked for.
 */
import type { NonShowHelpErrors } from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { nearest } from "./nearest.ts"

/** What is asked of a program that runs, and not by a command of its own. */
const NO_DUMP =
  "there is no command dump: kill -USR2 PID has the run of that process print what its workers are doing (PID as by pgrep -f 'holdfast run')"

const namesOf = (helpDoc: HelpDoc): Array<string> => [
  ...[...helpDoc.flags, ...(helpDoc.globalFlags ?? [])].map(({ name }) => `--${name}`)
]

const problemOf = (error: NonShowHelpErrors, helpDoc: HelpDoc): string => {
  switch (error._tag) {
    case "UnrecognizedOption": {
      const meant = nearest(error.option, namesOf(helpDoc)) ?? error.suggestions[0]
      return `there is no flag ${error.option}${meant === undefined ? "" : `: did you mean ${meant}?`}`
    }
    case "UnknownSubcommand": {
      const names = (helpDoc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
      const meant = nearest(error.subcommand, names) ?? error.suggestions[0]
      if (error.subcommand === "dump") return NO_DUMP
      return `there is no command ${JSON.stringify(error.subcommand)}${meant === undefined ? "" : `: did you mean ${meant}?`}`
    }
    case "MissingArgument":
      return `the argument <${error.argument}> is missing`
    case "InvalidValue": {
      const name = error.kind === "argument" ? `<${error.option}>` : `--${error.option}`
      const times = /^(\d+) occurrences$/.exec(error.value)?.[1]
      if (times !== undefined) return `${name} is given ${times} times: give it once`
      return error.value === ""
        ? `${name} needs a value: ${error.expected}`
        : `${name} ${JSON.stringify(error.value)}: expected ${error.expected.replace(/^Expected:? /i, "")}`
    }
    default:
      return error.message
  }
}

export const presenter = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const problems = event.errors.map((each) => `holdfast: ${problemOf(each, event.helpDoc)}`)
    const hint = `All flags, with examples: ${event.commandPath.join(" ")} --help`
    return Effect.sync(() => process.stderr.write(`${[...problems, hint].join("\n")}\n`))
  }
})
