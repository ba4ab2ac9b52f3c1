/** Speed-up over the number of summed numbers, as a table and as an SVG plot with a line for each number of workers. */
import type { Measured } from "./measure.ts"

/** Time of the serial program by that of the parallel one. */
export const speedUps = ({ parallelMs, serialMs }: Measured): Array<number> => parallelMs.map((ms) => serialMs / ms)

const power = (count: number): string => `10^${Math.round(Math.log10(count))}`

/** A row for each count: the serial time, then speed-up and efficiency (speed-up by workers) of each pool. */
export const tableOf = (all: ReadonlyArray<Measured>): Array<string> => {
  const workers = all[0]?.parallelMs.map((_, at) => at + 1) ?? []
  const head = ["numbers", "serial ms", ...workers.flatMap((n) => [`S(${n})`, `E(${n})`])]
  const rows = all.map((measured) => [
    power(measured.numbers),
    measured.serialMs.toFixed(3),
    ...speedUps(measured).flatMap((speedUp, at) => [speedUp.toFixed(2), `${((100 * speedUp) / (at + 1)).toFixed(0)} %`])
  ])
  return [head, ...rows].map((cells) => cells.map((cell) => cell.padStart(11)).join(""))
}

const [WIDTH, HEIGHT, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT] = [720, 420, 60, 40, 560, 320]
const COLOURS = ["#8a94a0", "#3f8fbf", "#d9912b", "#8a52c0", "#2f9e6e", "#d3404c"]

/** Read on light ground and on dark. */
const STYLE =
  "text{font:13px system-ui,sans-serif;fill:#1b232c}.ground{fill:#fff}.line{stroke:#d9dfe5}" +
  "@media(prefers-color-scheme:dark){text{fill:#e6ebf0}.ground{fill:#12171d}.line{stroke:#303a45}}"

/** Heights of names that stand beside their lines' ends, moved down where they would cover each other. */
const apart = (heights: ReadonlyArray<number>): Array<number> => {
  const placed = [...heights]
  let least = Number.NEGATIVE_INFINITY
  for (const at of heights.map((_, at) => at).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))) {
    placed[at] = Math.max(heights[at] ?? 0, least)
    least = (placed[at] ?? 0) + 16
  }
  return placed
}

export const plotOf = (all: ReadonlyArray<Measured>): string => {
  const workers = all[0]?.parallelMs.length ?? 0
  const top = Math.max(1, ...all.flatMap(speedUps), workers)
  const x = (at: number): number => LEFT + (at / Math.max(1, all.length - 1)) * PLOT_WIDTH
  const y = (speedUp: number): number => TOP + PLOT_HEIGHT - (speedUp / top) * PLOT_HEIGHT
  const grid = Array.from({ length: Math.floor(top) + 1 }, (_, at) => {
    const line = `<path class="line" d="M${LEFT} ${y(at).toFixed(1)}h${PLOT_WIDTH}"/>`
    return `${line}<text x="${LEFT - 10}" y="${(y(at) + 4).toFixed(1)}" text-anchor="end">${at}</text>`
  })
  const labels = all.map(
    ({ numbers }, at) =>
      `<text x="${x(at).toFixed(1)}" y="${TOP + PLOT_HEIGHT + 20}" text-anchor="middle">${power(numbers)}</text>`
  )
  const last = all.at(-1)
  const names = apart(last === undefined ? [] : speedUps(last).map(y))
  const lines = Array.from({ length: workers }, (_, at) => {
    const points = all.map((measured, column) => `${x(column).toFixed(1)},${y(speedUps(measured)[at] ?? 0).toFixed(1)}`)
    const colour = COLOURS[at % COLOURS.length]
    const name = `${at + 1} ${at === 0 ? "worker" : "workers"}`
    return (
      `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"><title>${name}</title></polyline>` +
      `<text x="${LEFT + PLOT_WIDTH + 8}" y="${((names[at] ?? 0) + 4).toFixed(1)}" style="fill:${colour}">${name}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>Speed-up by workers</title>`,
    `<style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text x="${LEFT}" y="24">Speed-up against the serial program, by how many numbers are summed</text>`,
    ...grid,
    ...labels,
    ...lines,
    "</svg>\n"
  ].join("\n")
}
