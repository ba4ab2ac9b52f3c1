/**
 * `holdfast run`: its flags and their help. What it does is `execute.ts`, which is loaded once there is something to
 * run: the supervisor behind it would cost every `--help` its time.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ExitCode } from "../ExitCode.ts"
import { isGiven } from "../is-given.ts"
import { refuse } from "../refuse.ts"
import { contradictions } from "./contradictions.ts"
import { AT_FIRST_FAILURE, HALT_GRAMMAR, NEVER, parseHalt } from "./halt.ts"
import { DURATION, parseDuration, parseSize, parseWhole, SIZE } from "./quantities.ts"
import type { RunOptions } from "./RunOptions.ts"

const text = (name: string, metavar: string, description: string): Flag.Flag<string> =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

const maybe = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** A flag whose text must mean something; `expected` says what. */
const read = <A>(
  name: string,
  metavar: string,
  description: string,
  parse: (text: string) => A | undefined,
  expected: string
): Flag.Flag<A | undefined> =>
  maybe(
    text(name, metavar, description).pipe(
      Flag.filterMap(
        (given) => Option.fromNullishOr(parse(given)),
        () => expected
      )
    )
  )

const whole = (name: string, description: string, least: number, most = 1_000_000) =>
  read(
    name,
    "N",
    description,
    (given) => parseWhole(given, least, most),
    `expected a whole number from ${least} to ${most}`
  )

const duration = (name: string, description: string) =>
  read(name, "DURATION", description, parseDuration, `expected ${DURATION}`)

const yes = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

const many = (name: string, metavar: string, description: string) =>
  text(name, metavar, description).pipe(
    Flag.filter(isGiven, () => metavar),
    Flag.atLeast(0)
  )

/** In the working directory; made when something fails. */
const REPORTS = "holdfast-reports"

const parseVariable = (given: string): readonly [string, string] | undefined => {
  const at = given.indexOf("=")
  return at < 1 ? undefined : [given.slice(0, at), given.slice(at + 1)]
}

const task = Argument.String("task").pipe(
  Argument.withDescription(
    "module.ts#name: the task, or function of one input, that the module exports by that name; a path, file: URL or package. #name can be left out where there is but one."
  ),
  Argument.filter(isGiven, () => "module.ts#name")
)

const flags = {
  input: maybe(
    text("input", "FILE", "Read inputs from FILE, one JSON value a line (default, and -: stdin)").pipe(
      Flag.withAlias("i")
    )
  ),
  output: maybe(
    text("output", "FILE", "Write results to FILE, one JSON value a line (default, and -: stdout)").pipe(
      Flag.withAlias("o")
    )
  ),
  lines: yes("lines", "Inputs are plain text, a string each line; results that are strings are written as they are"),
  firstLine: whole(
    "first-line",
    "The number of the input's first line, where lines before it were taken off (default: 1)",
    1,
    Number.MAX_SAFE_INTEGER
  ).pipe(Flag.map((given) => given ?? 1)),
  unordered: yes("unordered", "Write results as they are done, not in the order of the inputs"),
  tag: yes("tag", `Write {"line":n,"value":…}, the input's line number with each result (with --lines: n, tab, text)`),
  resume: yes("resume", "Go on where the output ends: run what has no result there, and add to it and to --failures"),
  keepGoing: yes("keep-going", "Run all inputs though some fail (default: the first failure ends the run)").pipe(
    Flag.withAlias("k")
  ),
  halt: read("halt", "WHEN", `End early, as GNU parallel does: ${HALT_GRAMMAR}`, parseHalt, `expected ${HALT_GRAMMAR}`),
  failures: maybe(text("failures", "FILE", "Write failures to FILE as JSON lines (default: readable on stderr)")),
  workers: whole("workers", "Number of workers (default: one per core)", 1, 1024).pipe(Flag.withAlias("j")),
  concurrency: whole("concurrency", "Jobs that one worker runs at once, for jobs that wait (default: 1)", 1),
  isolation: maybe(
    Flag.Literals("isolation", ["process", "thread", "inline"]).pipe(
      Flag.withDescription("Where a worker lives; process (default) survives anything, inline is for debugging")
    )
  ),
  timeout: duration("timeout", "The longest one attempt may take: 500ms, 30s, 5m, 1h (default: none)"),
  heartbeatTimeout: duration("heartbeat-timeout", "The longest a job may go without calling heartbeat()"),
  retries: whole("retries", "Further attempts of a job that failed, timed out or lost its worker (default: 0)", 0),
  chunkSize: read(
    "chunk-size",
    "N|auto",
    "Jobs that travel to a worker together (default: auto, by how long they take)",
    (given): number | "auto" | undefined => (given === "auto" ? given : parseWhole(given, 1, 100_000)),
    "expected auto, or a whole number from 1 to 100000"
  ),
  maxMemory: read("max-memory", "SIZE", "Kill a worker that uses more: 512M, 2G", parseSize, `expected ${SIZE}`),
  maxJobsPerWorker: whole("max-jobs-per-worker", "Replace a worker after so many jobs: a cure for leaks", 1, 2 ** 31),
  cwd: maybe(text("cwd", "DIR", "Working directory of the workers")),
  env: text("env", "NAME=VALUE", "An environment variable of the workers (repeatable)").pipe(
    Flag.filterMap(
      (given) => Option.fromNullishOr(parseVariable(given)),
      () => "expected NAME=VALUE"
    ),
    Flag.atLeast(0),
    Flag.map(Object.fromEntries<string>)
  ),
  imports: many(
    "import",
    "MODULE",
    "Import MODULE first, here and in the workers, as in node --import tsx (repeatable)"
  ),
  nodeArgs: many("node-arg", "ARG", "A flag of Node for the workers, as in --node-arg=--expose-gc (repeatable)"),
  preload: many("preload", "MODULE", "A module that workers import before their first job (repeatable)"),
  contexts: many(
    "context",
    "NAME",
    "A Task.context that the task needs: NAME of its module, or module.ts#NAME (repeatable)"
  ),
  bar: yes("bar", "Show a progress bar on stderr"),
  report: read(
    "report",
    "FILE",
    "Write a timeline of the run to FILE: .html (a page to look at), .svg or .json",
    (given) => (/.\.(html?|svg|json)$/i.test(given) ? given : undefined),
    "expected a path that ends in .html, .svg or .json"
  ),
  reports: maybe(
    text(
      "reports",
      "DIR",
      `Keep a report of every failed attempt in DIR, for holdfast inspect and replay (default: ${REPORTS})`
    )
  ),
  noReports: yes("no-reports", "Keep no reports of failures"),
  quiet: yes("quiet", "Leave out what workers print, warnings, and the summary at the end").pipe(Flag.withAlias("q")),
  verbose: yes("verbose", "Tell more of what happens in the pool")
}

// Lines after the first bring their own indent: the formatter prints the text as it is.
const description = [
  "Runs a task once for each line of input, on a pool of supervised workers, and writes each result as a line.",
  "",
  "Results come in the order of the inputs. Where a job fails and the run goes on (--keep-going, --halt), null takes",
  "the place of its result (with --lines an empty line), so that line n stays the result of input n; --unordered and",
  "--tag leave it out. What workers print goes to stderr; stdout has results only.",
  "",
  "Ctrl-C takes in no more, finishes what it has, writes the results and says where to go on; once more ends at once.",
  "kill -USR2 PID prints what every worker is doing to stderr, and the run goes on: for a run that seems to hang.",
  "",
  "Exit code: 0 all jobs succeeded; 1 some failed, or the output could not be written; 2 the command line is wrong, and",
  "nothing was run; 130 ended by Ctrl-C (143 by SIGTERM); 141 whoever read stdout has gone."
].join("\n  ")

const examples = [
  { command: "holdfast run tasks.ts#resize --input images.jsonl --output done.jsonl", description: "One job a line" },
  {
    command: "holdfast run tasks.ts#resize -i images.jsonl -o done.jsonl --timeout 30s --retries 3 --bar",
    description: "With limits, further attempts and a progress bar"
  },
  {
    command: "holdfast run tasks.ts#resize -k --failures failed.jsonl < images.jsonl > done.jsonl",
    description: "Run all, and keep the failures with their inputs"
  },
  {
    command: "jq -c .input failed.jsonl | holdfast run tasks.ts#resize > rest.jsonl",
    description: "Then try those once more"
  },
  {
    command: "find . -name '*.log' | holdfast run count.ts --lines --unordered -j 8 | sort -n",
    description: "Plain text, in a pipe"
  },
  { command: "holdfast run tasks.ts#probe --halt soon,fail=3 < hosts.jsonl", description: "End after three failures" },
  {
    command: "holdfast run tasks.ts#resize -i images.jsonl -o done.jsonl --resume",
    description: "Go on where an earlier run has ended, whatever ended it"
  },
  {
    command: "tail -n +501 items.jsonl | holdfast run t.ts#f --first-line 501 >> out.jsonl",
    description: "Go on at line 501"
  }
]

type Typed = { readonly task: string } & {
  readonly [K in keyof typeof flags]: (typeof flags)[K] extends Flag.Flag<infer A> ? A : never
}

const optionsOf = ({ halt, keepGoing, noReports, quiet, verbose, ...typed }: Typed): RunOptions => ({
  ...typed,
  words: process.argv.slice(process.argv.indexOf("run") + 1),
  reports: noReports ? undefined : (typed.reports ?? REPORTS),
  input: typed.input === "-" ? undefined : typed.input,
  output: typed.output === "-" ? undefined : typed.output,
  halt: halt ?? (keepGoing ? NEVER : AT_FIRST_FAILURE),
  log: quiet ? "quiet" : verbose ? "verbose" : "normal"
})

export const run = Command.make("run", { task, ...flags }, (typed) =>
  Effect.gen(function* () {
    const exit = yield* ExitCode.Service
    exit.value = yield* Effect.promise(async () => {
      const problems = contradictions(typed)
      if (problems.length > 0) return refuse(problems)
      const { execute } = await import("./execute.ts")
      return execute(optionsOf(typed))
    })
  })
).pipe(
  Command.withDescription(description),
  Command.withShortDescription("Run a task for each line of input"),
  Command.withExamples(examples)
)
