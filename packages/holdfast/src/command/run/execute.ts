/**
 * Carries out `holdfast run`: finds the task, opens the files, makes the pool, feeds a `Run` with what comes of it, and
 * says how it ended. Wires the parts; each decision is in its own file.
 */
import { availableParallelism } from "node:os"
import { type ContextDefinition, explain, type InvalidOptions } from "@holdfast/core"
import { createPool, type PromisePool } from "@holdfast/supervisor"
import { NO_READER } from "../ExitCode.ts"
import { UsageError } from "../UsageError.ts"
import { closingWords } from "./closing-words.ts"
import { doneLines } from "./done-lines.ts"
import { claimOutput, openFailures, openInput, openOutput, openReport } from "./files.ts"
import { Interruption } from "./Interruption.ts"
import { LineReader } from "./LineReader.ts"
import { LineWriter } from "./LineWriter.ts"
import { jsonLines, oneLineEach, plainLines } from "./line-format.ts"
import { Notes } from "./Notes.ts"
import { checkNodeFlags } from "./node-flags.ts"
import { Run } from "./Run.ts"
import type { RunOptions } from "./RunOptions.ts"
import { refusal } from "./refusal.ts"
import { bySchemas } from "./schema-lines.ts"
import { contextOf, splitSpec, taskOf } from "./task-choice.ts"
import { importUserModule, userModuleUrl } from "./user-module.ts"
import { workerLog } from "./WorkerLog.ts"

/** stdout is for results: what a task's module prints, here or in an inline worker, goes to stderr. */
const takeStdout = (): NodeJS.WriteStream => {
  const { stdout } = process
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr })
  return stdout
}

const loadTask = async (options: RunOptions) => {
  const { module: shown, name } = splitSpec(options.task)
  const imports = await Promise.all(options.imports.map(userModuleUrl))
  for (const each of options.imports) await importUserModule(each)
  const module = await importUserModule(shown)
  const contexts: Array<ContextDefinition> = []
  for (const spec of options.contexts) {
    const at = spec.lastIndexOf("#")
    const home = at < 1 ? module : await importUserModule(spec.slice(0, at))
    contexts.push(contextOf(home, spec.slice(at + 1), at < 1 ? shown : spec.slice(0, at)))
  }
  const preload = await Promise.all(options.preload.map(userModuleUrl))
  return { task: taskOf(module, name, shown), contexts, imports, preload }
}

type Loaded = Awaited<ReturnType<typeof loadTask>>

/** The flags by the options they set, where they are named otherwise. */
const FLAGS: Readonly<Record<string, string>> = { retry: "--retries", execArgv: "--node-arg" }

const flagOf = (option: string): string =>
  FLAGS[option] ?? `--${option.replace(/\[.*$/, "").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const isInvalidOptions = (error: unknown): error is InvalidOptions =>
  error instanceof Error && "_tag" in error && error._tag === "InvalidOptions"

const known = <A extends object>(options: A): { [K in keyof A]: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never

const openPool = async (options: RunOptions, loaded: Loaded, notes: Notes, run: () => Run | undefined) => {
  const lineOf = (index: number): number | undefined => run()?.intake.originOf(index)?.line
  try {
    return await createPool({
      ...known({
        workers: options.workers,
        concurrency: options.concurrency,
        isolation: options.isolation,
        timeout: options.timeout,
        heartbeatTimeout: options.heartbeatTimeout,
        retry: options.retries,
        maxMemory: options.maxMemory,
        maxJobsPerWorker: options.maxJobsPerWorker,
        cwd: options.cwd,
        reports: options.reports
      }),
      env: options.env,
      execArgv: [...process.execArgv, ...loaded.imports.map((url) => `--import=${url}`), ...options.nodeArgs],
      preload: loaded.preload,
      context: loaded.contexts as ReadonlyArray<ContextDefinition<never>>,
      logger: options.log === "quiet" ? false : workerLog(notes, lineOf, options.log === "verbose")
    })
  } catch (error) {
    if (!isInvalidOptions(error)) throw error
    const problems = error.problems.map(
      ({ expected, option, received }) => `${flagOf(option)}: expected ${expected}, received ${received}`
    )
    throw new UsageError(problems.join("\nholdfast: "))
  }
}

/** Opens the files of a run. The last that is done before it begins, for the output is emptied by it. */
const openFiles = async (
  options: RunOptions,
  { task }: Loaded,
  stdout: NodeJS.WriteStream,
  notes: Notes,
  width: number
) => {
  const { resume } = options
  const plain = resume ? oneLineEach(plainLines) : plainLines
  const format = await bySchemas(options.lines ? plain : jsonLines, task)
  const input = await openInput(options.input)
  await claimOutput(options.output)
  const done = await doneLines(options, format.tag)
  const output = await openOutput(options.output, [input], { stdout, lead: notes.lead, resume })
  const failures =
    options.failures === undefined ? undefined : await openFailures(options.failures, [input, output], resume)
  const opened = failures === undefined ? [input, output] : [input, output, failures]
  const report = options.report === undefined ? undefined : await openReport(options.report, opened)
  const writers: Array<{ readonly shown: string; readonly writer: LineWriter }> = []
  const writerOf = ({ shown, value }: typeof output): LineWriter => {
    const writer = new LineWriter(value, () => run.end("now", `${shown}, which takes no more`))
    writers.push({ shown, writer })
    return writer
  }
  const run: Run = new Run({
    options,
    format,
    done,
    lines: new LineReader(input.value, {
      first: options.firstLine,
      size: input.stats?.isFile() === true ? input.stats.size : undefined
    }),
    output: writerOf(output),
    failures: failures && writerOf(failures),
    notes,
    width
  })
  return { run, done, input: input.shown, writers, report }
}

type Files = Awaited<ReturnType<typeof openFiles>>

/** Runs all jobs; resolves when the last one has ended. */
const runAll = async (pool: PromisePool, { task }: Loaded, options: RunOptions, run: Run): Promise<void> => {
  const { intake } = run
  const key = (_input: unknown, index: number): string => `of line ${intake.originOf(index)?.line ?? "?"}`
  const outcomes = pool.outcomes(task as never, intake as AsyncIterable<never>, {
    ordered: false,
    key,
    signal: run.signal,
    ...known({ chunkSize: options.chunkSize, progress: options.bar ? task.name : undefined })
  })
  try {
    for await (const outcome of outcomes) {
      const room = run.take(outcome)
      if (room !== undefined) await room
    }
  } catch (error) {
    // A batch that was cut short says so; the run knows. Of a pool that has ended without a job it is told here.
    if (!run.endIfPoolBroke(error) && !run.signal.aborted) throw error
  }
}

const isClosedPipe = (error: unknown): boolean => Object(error).code === "EPIPE"

/** Says how it ended; gives the exit code that tells it. */
const conclude = ({ done, input, run, writers }: Files, options: RunOptions, notes: Notes): number => {
  const { broken, intake, tally } = run
  const refused = writers.filter(({ writer }) => writer.failure !== undefined)
  // Whoever read the results has seen enough: other tools say nothing either.
  if (refused.some(({ shown, writer }) => shown === "stdout" && isClosedPipe(writer.failure?.error))) return NO_READER
  for (const { shown, writer } of refused) {
    const whole = `${writer.written} whole ${writer.written === 1 ? "line" : "lines"}`
    const holds = options.resume ? `${whole} of this run` : whole
    notes.say(`${shown} can't be written any further: ${refusal(writer.failure?.error)}; it holds ${holds}`)
  }
  if (intake.failure !== undefined)
    notes.say(`${input} can't be read beyond line ${intake.lastLine}: ${refusal(intake.failure.error)}`)
  if (broken !== undefined) notes.say(explain(broken, { title: broken.message }))
  if (done?.byPlace === true && intake.complete && intake.passedOver < done.count) {
    const has = `${input} has but ${intake.passedOver}`
    notes.say(`the output holds ${done.count} results, and ${has}: it is not of this input, and nothing was run`)
    return 2
  }
  if (options.log !== "quiet") for (const words of closingWords(run, options)) notes.say(words)
  const wanted = options.halt._tag === "When" && options.halt.why === "success" && run.ending !== undefined
  const allIsWell = refused.length === 0 && intake.failure === undefined && broken === undefined
  return allIsWell && (tally.failed === 0 || wanted) ? 0 : 1
}

/** Writes the timeline that was asked for; false where it can't be written. */
const writeReport = async (
  pool: PromisePool,
  { report }: Files,
  options: RunOptions,
  notes: Notes
): Promise<boolean> => {
  if (options.report === undefined || report === undefined) return true
  try {
    await pool.report().write(options.report)
    return true
  } catch (error) {
    notes.say(`${report} can't be written: ${refusal(error)}`)
    return false
  }
}

/** What the first Ctrl-C waits for: some of them may not have begun. */
const countText = (count: number): string => (count === 1 ? "the job" : `the ${count} jobs`)

const start = async (options: RunOptions, stdout: NodeJS.WriteStream, notes: Notes): Promise<number> => {
  if (options.isolation === undefined || options.isolation === "process") checkNodeFlags(options.nodeArgs, options.cwd)
  const loaded = await loadTask(options)
  let files: Files | undefined
  const pool = await openPool(options, loaded, notes, () => files?.run)
  try {
    const width = (options.workers ?? availableParallelism()) * (options.concurrency ?? 1) * chunkOf(options)
    files = await openFiles(options, loaded, stdout, notes, width)
    const { done, run, writers } = files
    if (done !== undefined && options.log !== "quiet")
      notes.say(`${countOf(done.count, "result is", "results are")} in ${JSON.stringify(options.output)} already`)
    using interruption = new Interruption(
      (name) => {
        notes.say(`${name}: finishing ${countText(run.intake.out)} taken in; once more ends at once`)
        run.end("soon", name)
      },
      () => {
        run.end("now", "the second signal")
        void pool.terminate()
      }
    )
    await runAll(pool as PromisePool, loaded, options, run)
    await (run.signal.aborted ? pool.terminate() : pool.close())
    // Failures first: what is written of them fills places in the output.
    for (const { writer } of writers.toReversed()) await writer.flush()
    const exitCode = conclude(files, options, notes)
    const reported = await writeReport(pool as PromisePool, files, options, notes)
    return interruption.exitCode ?? (reported ? exitCode : Math.max(exitCode, 1))
  } finally {
    await pool.terminate()
  }
}

const countOf = (count: number, one: string, many: string): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`

/** Jobs that a worker is given at once at least. */
const chunkOf = ({ chunkSize }: RunOptions): number => (typeof chunkSize === "number" ? 2 * chunkSize : 1)

/**
 * Runs a task for each line of input; gives the exit code. Never rejects.
 *
 * @example
 * process.exitCode = await execute(options)
 */
export const execute = async (options: RunOptions): Promise<number> => {
  const notes = new Notes({ bar: options.bar })
  try {
    return await start(options, takeStdout(), notes)
  } catch (error) {
    if (error instanceof UsageError) {
      notes.say(error.message)
      return 2
    }
    notes.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  }
}
