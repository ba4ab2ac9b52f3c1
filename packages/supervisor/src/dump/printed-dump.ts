/** A dump as a person reads it in a terminal: the queue, then each worker with what it does and for which job. */
import { styleText } from "node:util"
import type { Frame, JobCounts, JobDump, PoolDump, Resource, WorkerDump } from "@holdfast/core"
import { nativeStory, resourceName } from "../failure/whereabouts.ts"
import { readableLines } from "../protocol/log-record.ts"

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string

const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })
const plain: Paint = (_style, text) => text

const MOST_FRAMES = 8
const MOST_WAITS = 10
const MOST_LOG_LINES = 5
const MB = 1024 * 1024

/** A worker's own line may hold what moves a terminal's cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const oneLine = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "·")

const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`

const counts = ({ queued, running, retrying, succeeded, failed }: JobCounts): string =>
  [
    `${running} running`,
    `${queued} queued`,
    ...(retrying > 0 ? [`${retrying} to be tried again`] : []),
    `${succeeded} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : [])
  ].join(", ")

const ACTIVITY: Readonly<Record<WorkerDump["activity"], string>> = {
  idle: "idle",
  running: "running JavaScript",
  native: "in native code",
  waiting: "waiting",
  loading: "loading",
  stopped: "stopped by the system (SIGSTOP): it does nothing until it is continued",
  silent: "no answer in time, neither from it nor from its watchdog",
  absent: "not running"
}

const headOf = ({ activity, cpu, id, memory, pid, state }: WorkerDump, paint: Paint): string => {
  const facts = [
    ...(cpu === undefined ? [] : [`CPU ${Math.min(100, Math.round((100 * cpu.ms) / cpu.overMs))} %`]),
    ...(memory?.rss === undefined ? [] : [megabytes(memory.rss)]),
    ...(memory?.heapUsed === undefined || memory.heapLimit === undefined
      ? []
      : [`heap ${megabytes(memory.heapUsed)} of ${megabytes(memory.heapLimit)}`])
  ]
  const who = paint("bold", `worker ${id}`) + (pid === undefined ? "" : ` (pid ${pid})`)
  // What it does says it all, but where it is about to end, or is not there.
  const stands = state === "idle" || state === "busy" ? "" : ` [${state}]`
  return `${who}: ${paint("yellow", ACTIVITY[activity])}${stands}${facts.length === 0 ? "" : paint("dim", `, ${facts.join(", ")}`)}`
}

const jobLine = (
  { attempt, index, inputPreview, key, runningMs, task, timeoutInMs }: JobDump,
  paint: Paint
): string => {
  const name = key === String(index) ? `#${index}` : `#${index} ${JSON.stringify(key)}`
  const facts = [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    runningMs === undefined ? "its module is being loaded" : `for ${duration(runningMs)}`,
    ...(timeoutInMs === undefined ? [] : [`times out in ${duration(timeoutInMs)}`])
  ]
  return `  ${paint("bold", `${task} ${name}`)}, ${facts.join(", ")}; input ${oneLine(inputPreview)}`
}

const frameLines = (frames: ReadonlyArray<Frame>, indent: string, paint: Paint): Array<string> => {
  const lines = frames
    .slice(0, MOST_FRAMES)
    .flatMap((frame) => [
      `${indent}at ${frame.function} ${paint("cyan", `(${frame.file}:${frame.line}:${frame.column})`)}`,
      ...Object.entries(frame.locals ?? {}).map(([name, value]) => `${indent}    ${name} = ${oneLine(value)}`)
    ])
  if (frames.length > MOST_FRAMES) lines.push(paint("dim", `${indent}… ${frames.length - MOST_FRAMES} more frames`))
  return lines
}

const waitLines = (waits: ReadonlyArray<Resource>, indent: string, paint: Paint): Array<string> => {
  const lines = waits.slice(0, MOST_WAITS).map((wait) => `${indent}waits on ${oneLine(resourceName(wait))}`)
  if (waits.length > MOST_WAITS) lines.push(paint("dim", `${indent}… and on ${waits.length - MOST_WAITS} more`))
  return lines
}

const logLines = ({ lastLogs }: JobDump, paint: Paint): Array<string> =>
  (["stdout", "stderr"] as const).flatMap((stream) =>
    readableLines(lastLogs[stream], stream, MOST_LOG_LINES).map((line) =>
      paint("dim", `    ${stream} | ${oneLine(line)}`)
    )
  )

const workerLines = (worker: WorkerDump, paint: Paint): Array<string> => {
  const { activity, ahead, frames, jobs, native, waitingOn } = worker
  const alone = jobs.length === 1
  const lines = [headOf(worker, paint)]
  for (const job of jobs) {
    lines.push(jobLine(job, paint), ...waitLines(job.waitingOn, "    ", paint))
    if (alone && activity === "waiting" && job.waitingOn.length === 0)
      lines.push("    waits on nothing that its event loop knows of, or computes in short turns")
    if (alone) lines.push(...blockedLines(frames, native, "    ", paint))
    lines.push(...logLines(job, paint))
  }
  if (!alone) {
    lines.push(...blockedLines(frames, native, "  ", paint))
    // Which of several jobs it is for is not known of each.
    const told = new Set(jobs.flatMap((job) => job.waitingOn.map(resourceName)))
    const rest = waitingOn.filter((wait) => !told.has(resourceName(wait)))
    if (jobs.length > 0) lines.push(...waitLines(rest, "  one of them ", paint))
  }
  if (ahead > 0) lines.push(paint("dim", `  ${ahead} more sent to it`))
  return lines
}

const blockedLines = (
  frames: ReadonlyArray<Frame>,
  native: WorkerDump["native"],
  indent: string,
  paint: Paint
): Array<string> => [
  ...frameLines(frames, indent, paint),
  ...(native === undefined ? [] : [`${indent}${nativeStory(native).replace(/^; it was/, "it was")}`])
]

export const printedDump = (dump: Omit<PoolDump, "toString">, colours: boolean): string => {
  const paint = colours ? coloured : plain
  const { isolation, phase, queue, tookMs, workers, at } = dump
  const kind = { process: "processes", thread: "threads", inline: "inline" }[isolation]
  const lines = [
    paint(
      "bold",
      `pool at ${new Date(at).toISOString()}, ${workers.length} × ${kind}${phase === "open" ? "" : `, ${phase}`}`
    ) + paint("dim", ` (looked at for ${duration(tookMs)})`),
    // Of finished calls nothing is counted: "0 succeeded" would read as if nothing had been done.
    queue.tasks.length === 0 ? "jobs: no call is under way" : `jobs: ${counts(queue)}`
  ]
  if (queue.tasks.length > 1) for (const task of queue.tasks) lines.push(`  ${task.task}: ${counts(task)}`)
  // One line for all that have nothing to tell.
  const quiet = workers.filter(
    ({ activity, jobs }) => (activity === "idle" || activity === "absent") && jobs.length === 0
  )
  const folds = quiet.length > 2
  for (const worker of workers) {
    if (folds && quiet.includes(worker)) continue
    lines.push("", ...workerLines(worker, paint))
  }
  if (folds) lines.push("", `workers ${quiet.map(({ id }) => id).join(", ")}: idle or not running`)
  return lines.join("\n")
}
