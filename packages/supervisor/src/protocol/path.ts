/**
 * How the way from a value to something inside it is written: `.items[3].onClick`. Not how it is found: that is
 * `survey.ts`.
 */
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

const LONGEST_KEY = 60
const MOST_STEPS = 24

const quoted = (text: string): string =>
  JSON.stringify(text.length > LONGEST_KEY ? `${text.slice(0, LONGEST_KEY)}…` : text)

export const fieldStep = (key: string): string =>
  key.length <= LONGEST_KEY && IDENTIFIER.test(key) ? `.${key}` : `[${quoted(key)}]`

export const elementStep = (index: number): string => `[${index}]`

export const memberStep = (index: number): string => `[...set][${index}]`

export const mapKeyStep = (index: number): string => `.keys()[${index}]`

/** By its key where that can be written down, else by its place. */
export const mapValueStep = (key: unknown, index: number): string => {
  if (typeof key === "string") return `.get(${quoted(key)})`
  if (typeof key === "bigint") return key < 2n ** 64n && key > -(2n ** 64n) ? `.get(${key}n)` : `.values()[${index}]`
  return (typeof key === "object" && key !== null) || typeof key === "function" || typeof key === "symbol"
    ? `.values()[${index}]`
    : `.get(${String(key)})`
}

/** Joins steps; of a very long way only its two ends. */
export const joinSteps = (steps: ReadonlyArray<string>): string => {
  if (steps.length <= MOST_STEPS) return steps.join("")
  const half = MOST_STEPS / 2
  const leftOut = steps.length - MOST_STEPS
  return `${steps.slice(0, half).join("")}…(${leftOut} steps)…${steps.slice(-half).join("")}`
}
