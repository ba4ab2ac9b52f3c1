/**
 * How the command line talks back: help on stdout as Effect prints it; what is wrong with a command line on stderr, in
 * one line each and with the flag that was probably meant, without the whole help that nobody asked for.
 */
import { existsSync } from "node:fs"
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

/** What a word is meant as that `run` has no place for: a file of inputs, or the name of a task. */
const meantOfRun = (word: string): string =>
  existsSync(word)
    ? `; inputs are read from --input ${word}, or from stdin`
    : `; one task is run, named as in tasks.ts#${word}`

const problemOf = (error: NonShowHelpErrors, helpDoc: HelpDoc, commandPath: ReadonlyArray<string>): string => {
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
    case "UnexpectedArgument": {
      const [word = ""] = error.arguments
      const meant = commandPath.at(-1) === "run" ? meantOfRun(word) : ""
      return `there is no place for ${JSON.stringify(word)}${meant}`
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
    const problems = event.errors.map((each) => `holdfast: ${problemOf(each, event.helpDoc, event.commandPath)}`)
    const hint = `All flags, with examples: ${event.commandPath.join(" ")} --help`
    return Effect.sync(() => process.stderr.write(`${[...problems, hint].join("\n")}\n`))
  }
})
