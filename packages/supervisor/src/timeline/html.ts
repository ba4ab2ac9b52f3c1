/**
 * A report as one HTML page that needs nothing from anywhere: the timeline, which a script of its own makes zoomable
 * and which stands there as a still picture without it, then tables. A content security policy allows that one script,
 * by its hash, and no request at all.
 */
import { createHash } from "node:crypto"
import { chartSvg, WIDTH } from "./chart.ts"
import { count, counted, duration, ENDS, OUTCOMES, percent, ticks } from "./figures.ts"
import { escaped, scriptJson } from "./markup.ts"
import { canvasOf } from "./page-canvas.ts"
import { pageDataOf } from "./page-data.ts"
import { runPage } from "./page-script.ts"
import { pageStyle } from "./page-style.ts"
import { chartStyle } from "./palette.ts"
import type { ReportData } from "./report-data.ts"
import { tablesOf } from "./tables.ts"

// `__name`: what esbuild (so tsx) wraps functions in, which would be missed where only their text is taken along.
const scriptText = (): string =>
  `"use strict";const __name=(f)=>f;(${runPage})(window,${canvasOf},{duration:${duration},ticks:${ticks}})`

/** What the page may do: run this script, and ask nobody for anything. */
const policyFor = (script: string): string =>
  [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'none'"
  ].join("; ")

const total = (name: string, value: string, kind = ""): string =>
  `<div${kind === "" ? "" : ` class="${kind}"`}><dt>${name}</dt><dd>${value}</dd></div>`

const totals = ({ summary }: ReportData): string => {
  const { cancelled, died, efficiency, failed, jobMs, killed, retried, speedUp, succeeded, wallMs, workers } = summary
  return `<dl class="totals">${[
    total("succeeded", count(succeeded)),
    total("failed", count(failed), failed > 0 ? "bad" : ""),
    ...(cancelled > 0 ? [total("cancelled", count(cancelled))] : []),
    ...(retried > 0 ? [total("tried again", count(retried))] : []),
    ...(died + killed > 0 ? [total("workers died or killed", count(died + killed), "bad")] : []),
    total("wall time", duration(wallMs)),
    total("time of all jobs", duration(jobMs)),
    total("workers", count(workers)),
    total("speed-up", speedUp.toFixed(2)),
    total("efficiency", percent(efficiency))
  ].join("")}</dl>`
}

const legend = (): string => {
  const items = ENDS.map((end) => `<li><i class="is-${end}"></i>${OUTCOMES[end].name}</li>`)
  return `<ul class="legend">${items.join("")}<li><i class="is-ready"></i>worker ready</li><li><b aria-hidden="true">✕</b>worker died or was killed</li></ul>`
}

const timeline = (report: ReportData): string => {
  const { height, svg } = chartSvg(report, 0)
  const name = `Timeline of ${counted(report.workers.length, "worker")}: a row for each, a bar for each attempt`
  return [
    `<h2>Timeline</h2><div class="tools">${legend()}<span>`,
    `<button id="hf-in">zoom in</button> <button id="hf-out">zoom out</button> <button id="hf-all">whole run</button></span></div>`,
    `<div class="chart"><canvas id="hf-chart" tabindex="0" role="application" aria-label="${name}" aria-describedby="hf-help"></canvas>`,
    `<div id="hf-tip" class="tip" hidden></div></div><div id="hf-picked" class="picked" role="status" aria-live="polite" hidden></div>`,
    `<noscript><style>#hf-chart,#hf-help,.tools span{display:none}</style><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${name}">${svg}</svg></noscript>`,
    `<p class="quiet" id="hf-help">Drag to move, Ctrl and wheel or a double click to zoom, point at a bar for its details. Keys: arrows go from bar to bar, + and − zoom, 0 shows the whole run, Escape lets go.</p>`
  ].join("")
}

const reading = (report: ReportData): string =>
  [
    "<h2>How to read this</h2>",
    `<p>Wall time is from the start of the first attempt to the end of the last. The time of all jobs is the sum of what each attempt took in its worker, whatever became of it. <strong>Speed-up</strong> is the time of all jobs by wall time, <strong>efficiency</strong> is the speed-up by the number of workers (${count(report.summary.workers)}).</p>`,
    '<p class="quiet">The time of all jobs stands for what one worker alone would have taken. Where jobs slow each other down, as with more workers than cores, it is more than that. Where one worker runs jobs side by side, efficiency can be above 100 %.</p>',
    ...(report.aggregated.length === 0
      ? ["<p>Every attempt is shown by a bar of its own.</p>"]
      : [`<ul>${report.aggregated.map((note) => `<li>${escaped(note)}</li>`).join("")}</ul>`])
  ].join("")

/** The report as an HTML document. */
export const htmlOf = (report: ReportData): string => {
  const script = scriptText()
  const when = new Date(report.openedAt).toISOString().replace("T", " ").slice(0, 19)
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escaped(policyFor(script))}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>Run of ${when} UTC</title><style>${pageStyle}\n${chartStyle}</style></head><body>`,
    `<h1>Run of ${when} UTC</h1><p class="quiet">Made by Holdfast. The pool was open for ${duration(report.takenAt - report.openedAt)}.</p>`,
    totals(report),
    timeline(report),
    tablesOf(report),
    reading(report),
    `<script type="application/json" id="hf-data">${scriptJson(pageDataOf(report))}</script>`,
    `<script>${script}</script></body></html>\n`
  ].join("")
}
