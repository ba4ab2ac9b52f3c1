/**
 * The command line: which options there are and their help, by Effect's own parser. What an option's value may
 * be is `options.ts`; what happens then is `main.ts`.
 */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as Stdio from "effect/Stdio"
import { Terminal } from "effect/Terminal"
import { defaultRoot, defaultWorkers, type Typed } from "./options.ts"

const option = (name: string, metavar: string, description: string): Flag.Flag<string | undefined> =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

const options = {
  workers: option("workers", "N", `Number of workers (default: one per core, ${defaultWorkers} here)`),
  isolation: option("isolation", "process|inline", "Examine in worker processes (default) or in this process"),
  root: option("root", "DIR", `Directory to examine (default: ${defaultRoot})`),
  json: option("json", "FILE", "Write all facts to FILE: sorted, and the same every time but for the key `run`")
}

// Lines after the first bring their own indent: the formatter prints the text as it is.
const description = [
  "A census of source files. Every .js, .mjs, .cjs, .ts, .mts and .cts file below a directory",
  "is hashed, compressed, parsed and counted by a supervised pool of workers.",
  "",
  "Kill a worker while it runs: the result stays the same. Ctrl-C ends with what was done so far.",
  "Symbolic links are not followed; hidden directories directly below DIR are left out.",
  "",
  "Exit code: 0 every file was looked at; 1 some were lost (whichever worker took them died),",
  "or the facts could not be written; 2 an option is wrong; 130 ended by Ctrl-C."
].join("\n  ")

const examples = [
  { command: "npm start", description: "All packages of this workspace" },
  { command: "npm start -- --root packages --workers 4", description: "Another directory (note the --)" },
  { command: "npm start -- --json facts.json", description: "Keep the facts" }
]

const hint = "Options of the census follow a --, as in: npm start -- --workers 4. All of them: npm start -- --help"

/** Tells wrong options on stderr, without the whole help that nobody asked for. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.sync(() => console.error([...event.errors.map((each) => each.message), hint].join("\n")))
      : CliOutput.defaultPresenter.present(event)
})

// What Effect's command line could use for prompts, file arguments and subprocesses: there are none here.
const platform = Layer.mergeAll(
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.mock(Terminal, { "~effect/Terminal": "~effect/Terminal" }),
  Layer.mock(ChildProcessSpawner, {})
)

/**
 * Reads a command line and hands its options to `census`, whose exit code it returns; 2 where the command line
 * can't be understood, 0 where it asks for help.
 */
export const runCommand = (
  words: ReadonlyArray<string>,
  census: (typed: Typed) => Promise<number>
): Promise<number> => {
  let exitCode = 0
  const command = Command.make("census", options, (typed) =>
    Effect.promise(async () => {
      exitCode = await census(typed)
    })
  ).pipe(Command.withDescription(description), Command.withExamples(examples))

  return Command.runWith(command, { version: "" })(words).pipe(
    Effect.match({ onFailure: () => 2, onSuccess: () => exitCode }),
    Effect.provide([platform, presenter, CliConfig.layer({ builtIns: [GlobalFlag.Help] })]),
    Effect.runPromise
  )
}
