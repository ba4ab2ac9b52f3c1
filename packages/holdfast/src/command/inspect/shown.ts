/** What a report, or the causes of many, look like to a person. Pure: the failure's own text is in the report. */
import type { styleText } from "node:util"
import type { Frame } from "@holdfast/core"
import type { FailureReport, Report } from "@holdfast/supervisor"
import { shellWord } from "../run/resumption.ts"

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

const MB = 1024 * 1024
const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`

/** A line of the failure's text, painted by what it is. */
const painted = (line: string, at: number, paint: Paint): string => {
  if (at === 0 || /^\s*>\s*\d+ \|/.test(line)) return paint("red", line)
  if (/^\s*(\d+)? +\|/.test(line)) return paint("dim", line)
  const frame = /^(\s+at (?:.* )?)(\S+:\d+:\d+\)?)$/.exec(line)
  if (frame !== null) return `${frame[1]}${paint("cyan", frame[2] ?? "")}`
  if (/^\s+(called from.*|caused by:.*)$/.test(line)) return paint("bold", line)
  return line
}

const label = (name: string, paint: Paint): string => `  ${paint("dim", name.padEnd(9))}`

const BARS = "▁▂▃▄▅▆▇█"

/** A row of small bars, each as high as its part of the largest. */
const bars = (values: ReadonlyArray<number>, most: number): string =>
  values.map((value) => BARS[Math.max(0, Math.min(7, Math.floor((8 * value) / (most + 1e-9))))]).join("")

const usageLines = ({ limits, usage, worker }: FailureReport, paint: Paint): Array<string> => {
  const first = usage[0]
  const last = usage.at(-1)
  if (first === undefined || last === undefined) return []
  const memory = usage.map(({ memoryBytes }) => memoryBytes)
  const cpu = usage.flatMap(({ cpuPercent }) => (cpuPercent === undefined ? [] : [cpuPercent]))
  const most = Math.max(...memory, limits.maxMemoryBytes ?? 0)
  const whose = worker.isolation === "process" ? "" : ", of the whole program"
  const limit = limits.maxMemoryBytes === undefined ? "" : `, limit ${megabytes(limits.maxMemoryBytes)}`
  const span = usage.length > 1 ? ` over ${seconds(first.agoMs - last.agoMs)}` : ""
  const lines = [
    `${label("memory", paint)}${bars(memory, most)} ${megabytes(first.memoryBytes)} to ${megabytes(last.memoryBytes)}${span}${limit}${whose}`
  ]
  if (cpu.length > 0)
    lines.push(`${label("cpu", paint)}${bars(cpu, Math.max(100, ...cpu))} ${cpu.at(-1)} % of a core at the end`)
  return lines
}

const limitText = ({ limits }: FailureReport): string => {
  const { heapBytes, heartbeatTimeoutMs, maxMemoryBytes, retries, timeoutMs } = limits
  const words = [
    timeoutMs === undefined ? "" : `timeout ${seconds(timeoutMs)}`,
    heartbeatTimeoutMs === undefined ? "" : `heartbeatTimeout ${seconds(heartbeatTimeoutMs)}`,
    maxMemoryBytes === undefined ? "" : `maxMemory ${megabytes(maxMemoryBytes)}`,
    heapBytes === undefined ? "" : `heap ${megabytes(heapBytes)}`,
    retries === undefined ? "" : retries < Number.MAX_SAFE_INTEGER ? `retry ${retries}` : "retry without a limit"
  ]
  return words.filter((word) => word !== "").join(", ") || "none"
}

const MOST_LAST_WORDS = 12

const inputText = ({ input }: FailureReport): string => {
  const { notStored, stored } = input
  if (stored === undefined) return `${input.preview} (not stored: ${notStored ?? "nobody knows why"})`
  const where = stored.file === undefined ? "" : `, in ${stored.file}`
  return `${input.preview} (${stored.bytes} bytes stored${where})`
}

/** One report in full. */
export const shownReport = ({ path, report }: Report.ReadReport, paint: Paint): string => {
  const { attempt, files, host, lastLogs, lastWords, versions, worker } = report
  const told = new Set([...lastLogs.stdout, ...lastLogs.stderr])
  const words = lastWords.filter((line) => line.trim() !== "" && !told.has(line)).slice(0, MOST_LAST_WORDS)
  const own = Object.entries(files).map(
    ([name, file]) => `${label(name === "heapSnapshot" ? "heap" : "node", paint)}${file}`
  )
  return [
    ...report.text.map((line, at) => painted(line, at, paint)),
    "",
    `${label("attempt", paint)}${attempt.number}, at ${report.at}`,
    `${label("stored", paint)}${inputText(report)}`,
    ...usageLines(report, paint),
    `${label("limits", paint)}${limitText(report)}`,
    `${label("worker", paint)}${worker.isolation}, node ${["", ...worker.execArgv].join(" ").trim() || "without flags"}`,
    `${label("versions", paint)}holdfast ${versions.holdfast}, node ${versions.node}${versions.effect === undefined ? "" : `, effect ${versions.effect}`}`,
    `${label("host", paint)}${host.name}, ${host.platform} ${host.arch}, ${host.cpus} cores, ${megabytes(host.freeBytes)} of ${megabytes(host.memoryBytes)} free, load ${host.load[0]}`,
    ...words.map((line, at) => `${label(at === 0 ? "last words" : "", paint)}| ${line.slice(0, 300)}`),
    ...own,
    "",
    `  run it again: holdfast replay ${shellWord(path)}`
  ].join("\n")
}

const MOST_KEYS = 5

const placeOf = ({ column, file, function: name, line }: Frame, paint: Paint): string => {
  const place = `${file}:${line}:${column}`
  return /^[<(]anonymous[>)]$/.test(name) ? paint("cyan", place) : `${name} ${paint("cyan", `(${place})`)}`
}

const groupLines = ({ jobs, reports, tasks, title }: Report.CauseGroup, paint: Paint): Array<string> => {
  // The first, whose words the title has.
  const example = reports.at(-1)
  if (example === undefined) return []
  const { report } = example
  const count = reports.length
  const attempts = count === jobs ? "" : ` in ${count} attempts`
  const keys = [...new Set(reports.map(({ report: each }) => each.job.key))]
  const more = keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : ""
  const frames = report.error.frames.length > 0 ? report.error.frames : (report.error.cause?.frames ?? [])
  const source = report.error.source ?? report.error.cause?.source
  return [
    `${paint("bold", `${jobs} ${jobs === 1 ? "job" : "jobs"}${attempts}`)}  ${paint("red", title)}`,
    ...frames.slice(0, 3).map((frame) => `    at ${placeOf(frame, paint)}`),
    ...(source === undefined
      ? []
      : source.excerpt
          .split("\n")
          .filter((line) => line.startsWith(">"))
          .map((line) => paint("red", `    ${line}`))),
    `    task ${tasks.join(", ")}; jobs ${keys.slice(0, MOST_KEYS).join(", ")}${more}`,
    `    for example, with input ${report.input.preview}`,
    `    ${paint("dim", `holdfast inspect ${shellWord(example.path)}`)}`
  ]
}

/** Causes, one below the other. */
export const shownGroups = (groups: ReadonlyArray<Report.CauseGroup>, others: number, paint: Paint): string => {
  const failures = groups.reduce((sum, { reports }) => sum + reports.length, 0)
  const causes = groups.length === 1 ? "1 cause" : `${groups.length} causes`
  const head = `${failures} failed ${failures === 1 ? "attempt" : "attempts"} of ${causes}`
  const rest = others > 0 ? ["", `${others} of earlier runs: --all`] : []
  return [head, ...groups.flatMap((group) => ["", ...groupLines(group, paint)]), ...rest].join("\n")
}
