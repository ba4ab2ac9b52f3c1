/**
 * The text of a batch's progress: one line with a bar for a terminal, one in words for a file, and a last one. Pure.
 */
import type { WorkerSnapshot } from "@holdfast/core"
import type { BatchTally } from "./BatchTally.ts"

const MAX_LABEL = 40
const LEAST_BAR = 8
/** Columns that stay free: a cursor behind the last is in doubt on some terminals, and a Ctrl-C echoes as `^C`. */
const MARGIN = 3
const MOST_BAR = 40
const SHORT_BAR = 16

const count = (number: number): string => number.toLocaleString("en-US")

const speed = (rate: number): string => `${rate < 100 ? rate.toFixed(1) : count(Math.round(rate))}/s`

const percent = (fraction: number): string => `${Math.floor(fraction * 100)}%`

/** `4.2s`, `3m 05s`, `2h 07m`. */
export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000)
  const two = (number: number): string => String(number).padStart(2, "0")
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  return `${count(Math.floor(seconds / 3600))}h ${two(Math.floor((seconds % 3600) / 60))}m`
}

/** What stays within its line, whatever it contains. */
const plainText = (text: string, max: number): string => text.replace(/\p{Cc}+/gu, " ").slice(0, max)

const shown = (label: string): string => plainText(label, MAX_LABEL)

/** Columns it takes at most: nothing says how wide a terminal draws what is not ASCII. */
const width = (text: string): number => [...text].reduce((sum, character) => sum + (character > "~" ? 2 : 1), 0)

const clipped = (line: string, columns: number): string => {
  let text = ""
  let used = 0
  for (const character of line) {
    used += width(character)
    if (used > columns) break
    text += character
  }
  return text
}

/** The line with as many of these behind it as have room, each whole: half of a number would be another number. */
const withWhole = (head: string, facts: ReadonlyArray<string>, columns: number): string => {
  let text = clipped(head, columns)
  for (const fact of facts) {
    const next = `${text}  ${fact}`
    if (width(next) > columns) break
    text = next
  }
  return text
}

const troubles = ({ failed, retried }: BatchTally): Array<string> => [
  ...(failed > 0 ? [`${count(failed)} failed`] : []),
  ...(retried > 0 ? [`${count(retried)} retried`] : [])
]

/** A job that has run for so long is worth a word of its own. */
const LONG_MS = 1_000
const MOST_NAMED = 8
const MAX_WORD = 40

/** What the workers are at, the longest first: `#17 12s 40% resizing`. Short jobs would only flicker. */
const atWork = (tally: BatchTally, workers: ReadonlyArray<WorkerSnapshot>): Array<string> =>
  workers
    .flatMap(({ currentJob }) => (currentJob !== undefined && currentJob.task === tally.task ? [currentJob] : []))
    .filter(({ index, runningMs }) => runningMs >= LONG_MS || tally.wordOf(index) !== undefined)
    .sort((a, b) => b.runningMs - a.runningMs)
    .slice(0, MOST_NAMED)
    .map(({ index, runningMs }) => {
      const word = tally.wordOf(index)
      const said = word === undefined ? "" : ` ${percent(word.fraction)} ${plainText(word.message ?? "", MAX_WORD)}`
      return `#${index} ${duration(runningMs)}${said.trimEnd()}`
    })

const busyOf = (workers: ReadonlyArray<WorkerSnapshot>): string =>
  `${workers.filter(({ state }) => state === "busy" || state === "retiring").length}/${workers.length} busy`

/** For a terminal of so many columns; `bar` draws a fraction in so many characters. */
export const barLine = (
  label: string,
  tally: BatchTally,
  workers: ReadonlyArray<WorkerSnapshot>,
  columns: number,
  bar: (fraction: number, size: number) => string
): string => {
  const { done, etaMs, expected, fraction, rate, total } = tally
  const head = shown(label)
  const facts = [
    ...(fraction === undefined
      ? [`${count(done)} done`]
      : [
          percent(fraction).padStart(4),
          `${count(done)}/${total === undefined ? `~${count(expected ?? done)}` : count(total)}`
        ]),
    speed(rate),
    ...(etaMs === undefined ? [] : [`ETA ${duration(etaMs)}`]),
    ...troubles(tally),
    busyOf(workers)
  ]
  const whole = facts.join("  ")
  const room = columns - MARGIN - width(head) - whole.length - 3
  if (room < 0) return withWhole(head, facts, columns - MARGIN)
  if (fraction === undefined) return fitted(`${head}  ${whole}`, atWork(tally, workers), columns)
  if (room < LEAST_BAR) return `${head}  ${whole}`
  const jobs = atWork(tally, workers)
  // What the workers are at is worth more than a long bar.
  const size = Math.min(room, jobs.length > 0 ? SHORT_BAR : MOST_BAR)
  return fitted(`${head}  ${bar(fraction, size)} ${whole}`, jobs, columns)
}

/** The line with as many of these behind it as have room. */
const fitted = (line: string, jobs: ReadonlyArray<string>, columns: number): string => {
  let text = line
  for (const [at, job] of jobs.entries()) {
    const next = `${text}${at === 0 ? ": " : ", "}${job}`
    if (width(next) > columns - MARGIN) break
    text = next
  }
  return text
}

/** In words, for where no bar can be drawn. */
export const plainLine = (label: string, tally: BatchTally, workers: ReadonlyArray<WorkerSnapshot>): string => {
  const { done, etaMs, expected, fraction, rate, total } = tally
  const jobs = atWork(tally, workers)
  const facts = [
    fraction === undefined
      ? `${count(done)} done`
      : `${count(done)} of ${total === undefined ? `about ${count(expected ?? done)}` : count(total)} (${percent(fraction)})`,
    speed(rate),
    ...(etaMs === undefined ? [] : [`${duration(etaMs)} left`]),
    ...troubles(tally),
    jobs.length === 0 ? busyOf(workers) : `${busyOf(workers)}: ${jobs.join(", ")}`
  ]
  return `${shown(label)}: ${facts.join(", ")}`
}

/** What remains of a batch's progress when it has ended. */
export const lastLine = (label: string, tally: BatchTally): string => {
  const { done, elapsedMs, notRun, rate, total } = tally
  const of = total === undefined || total === done ? "" : ` of ${count(total)}`
  const facts = [
    `${count(done)}${of} done in ${duration(elapsedMs)} (${speed(rate)})`,
    ...troubles(tally),
    ...(notRun > 0 ? [`${count(notRun)} not run`] : [])
  ]
  return `${shown(label)}: ${facts.join(", ")}`
}
