/** Numbers, durations and outcomes as a report writes them. Pure. */
import type { AttemptEnd, ReportBar } from "./report-data.ts"

/** What an outcome is called, and the colour it has on light and on dark ground. From the least bad to the worst. */
export const OUTCOMES: Readonly<
  Record<AttemptEnd, { readonly name: string; readonly light: string; readonly dark: string }>
> = {
  succeeded: { name: "succeeded", light: "#3f8fbf", dark: "#4f9fd0" },
  running: { name: "still running", light: "#2f9e8f", dark: "#3fb8a6" },
  cancelled: { name: "cancelled", light: "#98a2ad", dark: "#727d89" },
  retried: { name: "failed, tried again", light: "#d9912b", dark: "#e8ae4a" },
  failed: { name: "failed", light: "#d3404c", dark: "#f2666b" },
  timedOut: { name: "timed out", light: "#8a52c0", dark: "#b98aee" },
  crashed: { name: "crashed", light: "#a80f57", dark: "#ff4d94" }
}

export const ENDS = Object.keys(OUTCOMES) as ReadonlyArray<AttemptEnd>

export const count = (number: number): string => number.toLocaleString("en-US")

export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : more}`

/** `0.42 ms`, `12 ms`, `3.4 s`, `2 min 05 s`, `1 h 07 min`. */
export const duration = (ms: number): string => {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  const two = (number: number): string => String(number).padStart(2, "0")
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`
}

export const percent = (fraction: number): string => `${(fraction * 100).toFixed(fraction < 0.0995 ? 1 : 0)} %`

/** Which jobs a bar stands for. */
export const jobsOf = ({ count: jobs, index, key }: ReportBar): string => {
  if (jobs > 1) return `${count(jobs)} jobs from ${index} on`
  return key === undefined || key === String(index) ? `job ${index}` : `job ${index} (${key})`
}

/** All that is known of a bar, a line each: for whoever points at it. */
export const detailsOf = (bar: ReportBar, zero: number): Array<string> => {
  const { attempt, busyMs, count: jobs, failure, inputPreview, message, outcome, startedAt, task, worker } = bar
  const each = jobs > 1 ? `, ${duration(busyMs / jobs)} each` : ""
  return [
    `${task} · ${jobsOf(bar)}${attempt > 1 ? ` · attempt ${attempt}` : ""}`,
    `${OUTCOMES[outcome].name}${failure === undefined ? "" : ` (${failure})`}`,
    ...(worker === undefined
      ? ["never reached a worker"]
      : [`worker ${worker} · at ${duration(Math.max(0, startedAt - zero))} · took ${duration(busyMs)}${each}`]),
    ...(inputPreview === undefined ? [] : [`input ${inputPreview}`]),
    ...(message === undefined ? [] : [message])
  ]
}

/** Round numbers for an axis from 0 to `most`: at most `steps` of them, in milliseconds. */
export const ticks = (most: number, steps: number): Array<number> => {
  const units = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5,
    216e5, 864e5
  ]
  const wanted = most / steps
  const unit = units.find((each) => each >= wanted) ?? Math.ceil(wanted / 864e5) * 864e5
  return Array.from({ length: Math.floor(most / unit) + 1 }, (_, at) => at * unit)
}

/** A tick's label. */
export const tickText = (ms: number): string =>
  ms === 0 ? "0" : ms < 1000 ? `${ms} ms` : ms < 6e4 ? `${ms / 1000} s` : duration(ms)
