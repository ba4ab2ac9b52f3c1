/**
 * The command line of `holdfast`: the root with its help, and the sub-commands below it, by Effect's own parser. What
 * a sub-command takes and does is its own folder's.
 */
import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import { ExitCode } from "./ExitCode.ts"
import { platform } from "./platform.ts"
import { presenter } from "./presenter.ts"
import { subcommands } from "./subcommands.ts"

// Lines after the first bring their own indent: the formatter prints the text as it is.
const description = [
  "Runs typed tasks on a pool of supervised workers: a worker that crashes, hangs or runs out of memory",
  "is caught, explained and replaced, and every input gets an answer.",
  "",
  "What is a run doing that seems to hang? kill -USR2 PID has it print what every worker is at, and go on.",
  "",
  "Exit code: 0 all is well; 1 some jobs failed; 2 the command line is wrong, and nothing was run;",
  "130 ended by Ctrl-C (143 by SIGTERM); 141 whoever read the output has gone."
].join("\n  ")

const holdfast = Command.make("holdfast").pipe(
  Command.withDescription(description),
  Command.withExamples([
    { command: "holdfast run tasks.ts#resize --input images.jsonl --output done.jsonl", description: "One job a line" },
    { command: "cat urls.txt | holdfast run fetch.ts --lines --unordered | sort", description: "In a shell's pipe" },
    { command: "holdfast run --help", description: "All flags of run" },
    { command: "source <(holdfast --completions bash)", description: "Let the shell complete its flags" }
  ]),
  Command.withSubcommands(subcommands)
)

/** `-j8`, as users of `make` and GNU parallel write it: the parser takes a short flag's value apart from it only. */
const apart = (word: string): ReadonlyArray<string> => (/^-j\d/.test(word) ? ["-j", word.slice(2)] : [word])

/**
 * Does what a command line asks for; gives the exit code.
 *
 * @example
 * process.exitCode = await main(process.argv.slice(2), "1.2.3")
 */
export const main = (words: ReadonlyArray<string>, version: string): Promise<number> => {
  const exit = new ExitCode()
  return Command.runWith(holdfast, { version })(words.flatMap(apart)).pipe(
    Effect.match({ onFailure: () => 2, onSuccess: () => exit.value }),
    Effect.provideService(ExitCode.Service, exit),
    Effect.provide([
      platform,
      presenter,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    ]),
    Effect.runPromise
  )
}
