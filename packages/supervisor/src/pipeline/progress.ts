/**
 * Shows on stderr how far each stage of a pipeline is: a bar each on a terminal, elsewhere lines every few seconds, and
 * a last line for each when it has ended. Reads what is counted anyway. How bars are drawn is in `BarStack.ts`.
 */
import { type BarStack, barStackOf } from "../reporting/BarStack.ts"
import { forgivingWrite } from "../reporting/forgiving-write.ts"
import type { StageTally } from "./StageTally.ts"

export interface PipelineProgress {
  readonly label: string
  readonly tallies: ReadonlyArray<StageTally>
  /** How many inputs there will be, as far as can be told. */
  readonly expected: () => number | undefined
  readonly now: () => number
  /** Where to; stderr by default. */
  readonly stream?: NodeJS.WriteStream | undefined
}

const PLAIN_EVERY_MS = 5_000
const MOST_BAR = 30
const LEAST_BAR = 8
/** Columns that stay free, as of other bars. */
const MARGIN = 3

const count = (number: number): string => number.toLocaleString("en-US")

/** How many inputs a stage will get: what the one before makes of its own, going by what it has made so far. */
export const expectedOf = (
  tallies: ReadonlyArray<Pick<StageTally, "in" | "out" | "settled">>,
  inputs: number | undefined,
  at: number
): number | undefined => {
  let expected = inputs
  for (const { out, settled } of tallies.slice(0, at)) {
    if (expected === undefined || settled === 0) return undefined
    expected = (expected * out) / settled
  }
  return expected === undefined ? undefined : Math.max(Math.round(expected), tallies[at]?.in ?? 0)
}

const factsOf = (tally: StageTally, expected: number | undefined): string => {
  const { settled, waiting, failed, filtered, cancelled, ended } = tally
  const { perSecond } = tally.pace()
  return [
    expected === undefined || expected === settled ? `${count(settled)} done` : `${count(settled)}/${count(expected)}`,
    `${perSecond < 100 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`,
    ...(waiting > 0 && !ended ? [`${count(waiting)} waiting`] : []),
    ...(filtered > 0 ? [`${count(filtered)} left out`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(cancelled > 0 ? [`${count(cancelled)} given up`] : [])
  ].join("  ")
}

const nameOf = ({ label, tallies }: PipelineProgress, { name }: StageTally): string => {
  const widest = Math.max(...tallies.map((tally) => tally.name.length))
  return `${label} ${name.padEnd(Math.min(widest, 24))}`.replace(/\p{Cc}+/gu, " ").slice(0, 60)
}

/** One stage's line for a terminal of so many columns; `bar` draws a fraction in so many characters. */
export const stageLine = (
  setup: PipelineProgress,
  at: number,
  columns: number,
  bar: (fraction: number, size: number) => string
): string => {
  const tally = setup.tallies[at] as StageTally
  const expected = tally.ended ? tally.settled : expectedOf(setup.tallies, setup.expected(), at)
  const facts = factsOf(tally, expected)
  const name = nameOf(setup, tally)
  const room = columns - MARGIN - name.length - facts.length - 4
  if (expected === undefined || room < LEAST_BAR) return `${name}  ${facts}`.slice(0, columns - MARGIN)
  const fraction = expected === 0 ? (tally.ended ? 1 : 0) : Math.min(1, tally.settled / expected)
  return `${name}  ${bar(fraction, Math.min(room, MOST_BAR))}  ${facts}`
}

const lastLine = (setup: PipelineProgress, tally: StageTally): string =>
  `${nameOf(setup, tally).trimEnd()}: ${factsOf(tally, undefined)}`

const showBars = (stack: BarStack, setup: PipelineProgress): (() => void) => {
  const end = stack.show(Array.from(setup.tallies, (_, at) => (columns, bar) => stageLine(setup, at, columns, bar)))
  return () => end(setup.tallies.map((tally) => lastLine(setup, tally)))
}

const showLines = (stream: NodeJS.WriteStream, setup: PipelineProgress): (() => void) => {
  const print = (line: string): void => forgivingWrite(stream, `${line}\n`)
  const timer = setInterval(() => {
    for (const [at, tally] of setup.tallies.entries())
      print(`${nameOf(setup, tally).trimEnd()}: ${factsOf(tally, expectedOf(setup.tallies, setup.expected(), at))}`)
  }, PLAIN_EVERY_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    for (const tally of setup.tallies) print(lastLine(setup, tally))
  }
}

/** Shows the stages until the returned function is called. */
export const showPipeline = (setup: PipelineProgress): (() => void) => {
  const stream = setup.stream ?? process.stderr
  const isTerminal = stream.isTTY === true && process.env.TERM !== "dumb"
  return isTerminal ? showBars(barStackOf(stream), setup) : showLines(stream, setup)
}
