/**
 * The `stack` of what a pool delivers: message, the worker's frames and their source, spans, then `called from` and the
 * program's frames. Made when it is read. Loggers, test runners and Node's own last words print it; the full form, with
 * causes and job, is `printed.ts`.
 */
import { type Evidence, type Frame, isJobError, jobOf } from "@holdfast/core"
import { evidenceOf, readField } from "./evidence.ts"
import { runsOf } from "./stack-frames.ts"
import { placeOfTask } from "./task-place.ts"

const MOST_FRAMES = 20
const LONGEST_MESSAGE = 10_000

/** Name and message, cut where nobody could read it. */
export const headlineOf = (error: object): string => {
  const name = readField(error, "name")
  const message = readField(error, "message")
  const text = typeof message === "string" ? message : ""
  const cut = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}… (${text.length} characters)` : text
  const title = typeof name === "string" ? name : "Error"
  return cut === "" ? title : `${title}: ${cut}`
}

export const frameLine = ({ column, file, function: name, line }: Frame): string => {
  const place = `${file}:${line}:${column}`
  return name === "" || name === "<anonymous>" ? `    at ${place}` : `    at ${name} (${place})`
}

/** Behind a frame that stands there several times in a row. */
export const timesLines = (times: number): Array<string> =>
  times > 1 ? [`    … the same ${times === 2 ? "once more" : `${times - 1} times more`}`] : []

const frameLines = (frames: ReadonlyArray<Frame>): Array<string> => {
  const runs = runsOf(frames)
  const lines = runs.slice(0, MOST_FRAMES).flatMap(({ frame, times }) => [frameLine(frame), ...timesLines(times)])
  if (runs.length > MOST_FRAMES) lines.push(`    … ${runs.length - MOST_FRAMES} more`)
  return lines
}

/** Why there are no frames, where that can be mended. */
export const stacklessLines = (error: object): Array<string> =>
  isJobError(error) && error._tag === "TaskThrew" && !(error.cause instanceof Error)
    ? ["    (thrown was no Error, so nothing tells where: throw new Error(…) has a stack)"]
    : []

/** The task, for a failure of which nothing tells where in it. */
export const taskLine = ({ column, file, function: name, line }: Frame): string =>
  `    in task ${name} (${file}:${line}:${column})`

const placelessLines = (error: object, { source, spans }: Evidence): Array<string> => {
  const lines = stacklessLines(error)
  const place = source === undefined && spans.length === 0 ? placeOfTask(error) : undefined
  return place === undefined ? lines : [...lines, taskLine(place)]
}

export const spanLine = ({ column, file, line, name }: Evidence["spans"][number]): string =>
  file === undefined ? `    in span ${name}` : `    in span ${name} (${file}:${line}:${column})`

/** What stands above the frames of the call. A stack is cut there where it is read again (`stack-frames.ts`). */
export const calledFromTitle = ({ calledNearby }: Evidence): string =>
  calledNearby === true ? "called from (this call, or one of the same turn right before it)" : "called from"

/** The source about the line at fault. */
export const sourceLines = ({ source }: Evidence): Array<string> =>
  source === undefined ? [] : source.excerpt.split("\n").map((line) => `    ${line}`)

const compactOf = (error: object): string => {
  const evidence = evidenceOf(error)
  const { calledFrom, frames, spans } = evidence
  const job = isJobError(error) ? undefined : jobOf(error)
  return [
    headlineOf(error),
    ...(frames.length > 0 ? frameLines(frames) : placelessLines(error, evidence)),
    ...sourceLines(evidence),
    ...spans.map(spanLine),
    ...(calledFrom.length > 0 ? [`    ${calledFromTitle(evidence)}`, ...frameLines(calledFrom)] : []),
    // Of a task's own error no message names the job.
    ...(job === undefined
      ? []
      : [`    in task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview})`])
  ].join("\n")
}

/** A `stack` that is made when it is read, until somebody writes another. */
export const stackMadeBy = (make: (error: object) => string): PropertyDescriptor & ThisType<object> => ({
  get() {
    return make(this)
  },
  set(value: unknown) {
    Object.defineProperty(this, "stack", { value, writable: true, configurable: true, enumerable: false })
  },
  configurable: true,
  enumerable: false
})

const LAZY = stackMadeBy(compactOf)

/** Gives an error its stack. One that is frozen, or a Proxy that objects, keeps what it has. */
export const giveStack = (error: object): void => {
  try {
    Reflect.defineProperty(error, "stack", LAZY)
  } catch {
    // It stays as it is.
  }
}
