/**
 * Shows on stderr how far a batch is: a bar on a terminal, elsewhere a line every few seconds, and a last line when
 * it has ended. Only a subscriber. What is said is in `progress-line.ts`, how bars are drawn in `BarStack.ts`.
 */
import type { WorkerSnapshot } from "@holdfast/core"
import { barStackOf } from "./BarStack.ts"
import { BatchTally } from "./BatchTally.ts"
import type { EventBus } from "./EventBus.ts"
import { forgivingWrite } from "./forgiving-write.ts"
import { barLine, lastLine, plainLine } from "./progress-line.ts"

export interface ProgressSetup {
  /** The batch's number, as in its events. */
  readonly batch: number
  readonly label: string
  /** Where to; stderr by default. */
  readonly stream?: NodeJS.WriteStream | undefined
  readonly workers: () => ReadonlyArray<WorkerSnapshot>
  /** How many inputs there will be, as far as can be told, where their number is not known. */
  readonly expected?: (() => number | undefined) | undefined
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: (() => number) | undefined
}

/** Without a terminal, a line so often. */
const PLAIN_EVERY_MS = 5_000

const isTerminal = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && process.env.TERM !== "dumb"

const showBar = (stream: NodeJS.WriteStream, setup: ProgressSetup, tally: BatchTally): (() => void) => {
  const end = barStackOf(stream).show([(columns, bar) => barLine(setup.label, tally, setup.workers(), columns, bar)])
  return () => end([lastLine(setup.label, tally)])
}

/** Writes a line every few seconds. */
const showLines = (stream: NodeJS.WriteStream, setup: ProgressSetup, tally: BatchTally): (() => void) => {
  const print = (line: string): void => forgivingWrite(stream, `${line}\n`)
  const timer = setInterval(() => print(plainLine(setup.label, tally, setup.workers())), PLAIN_EVERY_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    print(lastLine(setup.label, tally))
  }
}

/**
 * Shows a batch's progress until its `BatchEnded`, or until the pool is closed. To be called before `BatchStarted`
 * is published. The returned function ends it sooner.
 */
export const showProgress = (bus: EventBus, setup: ProgressSetup): (() => void) => {
  const stream = setup.stream ?? process.stderr
  const tally = new BatchTally(setup.batch, setup.now ?? (() => performance.now()), setup.expected)
  const finish = isTerminal(stream) ? showBar(stream, setup, tally) : showLines(stream, setup, tally)
  let over = false
  const end = (): void => {
    if (over) return
    over = true
    unsubscribe()
    finish()
  }
  const unsubscribe = bus.subscribe((event) => {
    tally.take(event)
    if (tally.ended || event._tag === "PoolClosed") end()
  })
  return end
}
