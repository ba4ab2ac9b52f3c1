/** The colours of a report, as style rules for its chart: on light ground, on dark ground. Only a reader's wish sets which. */
import { ENDS, OUTCOMES } from "./figures.ts"

/** Ground, raised ground, text, text that recedes, lines, a worker's life, its death. */
const GROUND = {
  light: {
    ground: "#ffffff",
    raised: "#f4f6f8",
    text: "#1b232c",
    quiet: "#5a6673",
    line: "#d9dfe5",
    alive: "#e8edf2",
    death: "#c01048",
    focus: "#0b63c5"
  },
  dark: {
    ground: "#12171d",
    raised: "#1b222b",
    text: "#e6ebf0",
    quiet: "#9aa7b4",
    line: "#303a45",
    alive: "#232d38",
    death: "#ff6d97",
    focus: "#6db3ff"
  }
} as const

const variables = (shade: "light" | "dark"): string =>
  [
    ...Object.entries(GROUND[shade]).map(([name, value]) => `--hf-${name}:${value}`),
    ...ENDS.map((end) => `--hf-${end}:${OUTCOMES[end][shade]}`)
  ].join(";")

/** Variables by which `selector`, and all in it, knows its colours. */
export const colours = (selector: string): string =>
  `${selector}{${variables("light")};color-scheme:light dark}@media (prefers-color-scheme:dark){${selector}{${variables("dark")}}}`

export const chartStyle = [
  ...ENDS.map((end) => `.hf-${end}{fill:var(--hf-${end})}`),
  ".hf-alive{fill:var(--hf-alive)}",
  ".hf-starting{fill:none;stroke:var(--hf-line);stroke-dasharray:2 2}",
  ".hf-grid{stroke:var(--hf-line);stroke-width:1;fill:none}",
  ".hf-tick,.hf-label{fill:var(--hf-quiet);font-size:12px}",
  ".hf-end{fill:none;stroke:var(--hf-death);stroke-width:1.5}",
  ".hf-end.hf-left{stroke:var(--hf-quiet);stroke-dasharray:2 2}"
].join("")
