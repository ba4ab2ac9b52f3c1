/**
 * Carries out `holdfast replay`. Inline, it starts this program once more, with the flags that the worker had: what
 * the job does to its process is then told by one that has survived.
 */
import { spawn } from "node:child_process"
import { statSync, writeSync } from "node:fs"
import { constants } from "node:os"
import { inspect, styleText } from "node:util"
import { explain, type Outcome } from "@holdfast/core"
import { Report } from "@holdfast/supervisor"
import { answer } from "../answer.ts"
import { Notes } from "../run/Notes.ts"
import { endsWithParent } from "./ends-with-parent.ts"

export interface ReplayFlags {
  readonly path: string
  readonly inspect: boolean
  readonly isolation: "inline" | "process" | "thread"
  readonly times: number
}

const FAILED = 1
const WRONG = 2

/** What ends a program that nobody looks at. */
const PASSED_ON = ["SIGTERM", "SIGHUP"] as const

/** Set in the program that runs the job itself: the pid of the one that has started it. */
const HERE = "HOLDFAST_REPLAY_HERE"

const resultText = (outcome: Outcome<unknown, unknown>): string =>
  outcome._tag === "Succeeded"
    ? inspect(outcome.value, { depth: 6, colors: process.stdout.isTTY })
    : explain(outcome.error, { colours: styleText("red", "x", { stream: process.stdout }) !== "x" })

/** Where the program that runs the job says that it has come to its end by itself. */
const DONE_DESCRIPTOR = 3

const sayDone = (): void => {
  if (process.env[HERE] === undefined) return
  try {
    writeSync(DONE_DESCRIPTOR, "done")
  } catch {
    // Started by somebody else, who does not listen.
  }
}

/** Flags of a worker that are not the replay's: they would make it wait, or write files. */
const WORKERS_OWN = /^--(inspect|diagnostic-dir|report-|heapsnapshot-)/

/** For a job that listens to signals. */
const PATIENCE_MS = 5_000

/** Runs the job in a program of its own; gives what came of that. */
const elsewhere = (flags: ReplayFlags, { report }: Report.ReadReport, notes: Notes): Promise<number> =>
  new Promise((resolve) => {
    const ofWorker = report.worker.execArgv.filter((flag) => !WORKERS_OWN.test(flag))
    const own = process.execArgv.filter((flag) => !ofWorker.includes(flag))
    const debug = flags.inspect ? ["--inspect-brk"] : []
    const child = spawn(process.execPath, [...own, ...ofWorker, ...debug, ...process.argv.slice(1)], {
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env: { ...process.env, [HERE]: String(process.pid) }
    })
    let isDone = false
    child.stdio[DONE_DESCRIPTOR]?.on("error", () => undefined)
    child.stdio[DONE_DESCRIPTOR]?.on("data", () => {
      isDone = true
    })
    // The terminal sends it to both; this one has to tell how the other ended.
    const wait = (): void => undefined
    process.on("SIGINT", wait)
    // These come to this one alone: the other would run on with nobody to end it.
    let passedOn: NodeJS.Signals | undefined
    let patience: NodeJS.Timeout | undefined
    const passOn = (signal: NodeJS.Signals): void => {
      // A job that listens to it, and goes on, is ended by the second one, and after some seconds in any case.
      child.kill(passedOn === undefined ? signal : "SIGKILL")
      passedOn ??= signal
      patience ??= setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS)
    }
    for (const signal of PASSED_ON) process.on(signal, passOn)
    const ended = (code: number): void => {
      clearTimeout(patience)
      process.off("SIGINT", wait)
      for (const signal of PASSED_ON) process.off(signal, passOn)
      resolve(code)
    }
    child.on("error", (error) => {
      notes.say(`the program could not be started: ${error.message}`)
      ended(WRONG)
    })
    child.on("close", (code, signal) => {
      if (isDone) return ended(code ?? FAILED)
      const by = signal === "SIGINT" ? signal : passedOn
      if (by !== undefined) return ended(128 + constants.signals[by])
      const how = signal === null ? `exit code ${code}` : signal
      notes.say(`the job ended its program (${how}); with --isolation process, it ends a worker alone`)
      ended(FAILED)
    })
  })

const runHere = async (flags: ReplayFlags, read: Report.ReadReport, notes: Notes): Promise<number> => {
  const { isolation, times } = flags
  const { cwd } = read.report.worker
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Report.CannotReplay(`the working directory of its worker is gone: there is no ${cwd} any more`)
  // Relative paths of the job mean what they meant in its worker.
  if (isolation !== "process") process.chdir(cwd)
  const replay = await Report.replay(read, { isolation, times, limits: !flags.inspect })
  try {
    for (const remark of replay.remarks) notes.say(remark)
    const { attempt, job } = read.report
    notes.say(
      `task ${JSON.stringify(job.task)}, job ${job.key}, attempt ${attempt.number}, with input ${read.report.input.preview}`
    )
    let failed = 0
    let firstFailure: Outcome<unknown, unknown> | undefined
    let last: Outcome<unknown, unknown> | undefined
    for (let time = 1; time <= times; time++) {
      // The task's module is loaded by now: step into the job, or set a breakpoint where it failed.
      // biome-ignore lint/suspicious/noDebugger: this is what --inspect is for
      if (flags.inspect) debugger
      last = await replay.run()
      if (last._tag === "Succeeded") continue
      failed++
      firstFailure ??= last
    }
    const shown = firstFailure ?? last
    const exitCode = failed > 0 ? FAILED : 0
    const answered = shown === undefined ? exitCode : await answer(resultText(shown), exitCode)
    if (times > 1) notes.say(`failed ${failed} of ${times} times`)
    return answered
  } finally {
    await replay.close()
  }
}

/** Runs the job of a report again; gives the exit code. Never rejects. */
export const execute = async (flags: ReplayFlags): Promise<number> => {
  const notes = new Notes({ bar: false })
  try {
    const read = await Report.read(flags.path)
    if (flags.isolation === "inline" && process.env[HERE] === undefined) return await elsewhere(flags, read, notes)
    if (process.env[HERE] !== undefined) endsWithParent(Number(process.env[HERE]))
    const code = await runHere(flags, read, notes)
    sayDone()
    return code
  } catch (error) {
    const isKnown = error instanceof Report.NoReport || error instanceof Report.CannotReplay
    sayDone()
    notes.say(isKnown ? error.message : String(error instanceof Error ? error.stack : error))
    return WRONG
  }
}
