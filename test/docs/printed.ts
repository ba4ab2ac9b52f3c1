/**
 * What a program printed, made comparable: everything that differs from run to run gets a fixed name, on both sides
 * of the comparison. Not the running of it.
 */

const replacements: ReadonlyArray<readonly [RegExp, string]> = [
  // Colours, and the sequences that move a cursor.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an ANSI sequence begins with one
  [/\u001b\[[0-9;?]*[A-Za-z]/g, ""],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?[+-]\d\d:?\d\d)?/g, "TIME"],
  [/\b\d\d:\d\d:\d\d\.\d{3}\b/g, "TIME"],
  [/("time":)\d{13}\b/g, "$1TIME"],
  [/(\bpid\b["']?[ :=]+)\d+/gi, "$1PID"],
  [/(\bworker(?:Id)?\b["']?[ :=#]+)\d+/gi, "$1N"],
  [/\b\d+(?:\.\d+)?\s?(?:µs|ms|s)\b/g, "N ms"],
  [/\b\d+(?:\.\d+)?\s?(?:kB|KB|KiB|MB|MiB|GB|GiB)\b/g, "N MB"],
  [/[ \t]+$/gm, ""]
]

/** Folders by the name that the document gives them, such as `<dir>`. */
export type Folders = Readonly<Record<string, string>>

/** Text without colours, with `PID`, `TIME`, `N ms`, `N MB`, `worker N` and folders under their names. */
export const normalise = (text: string, folders: Folders = {}): string => {
  let result = text.replaceAll("\r\n", "\n")
  for (const [name, folder] of Object.entries(folders)) {
    result = result.replaceAll(`file://${folder}`, name).replaceAll(folder, name)
  }
  for (const [pattern, replacement] of replacements) result = result.replace(pattern, replacement)
  return result.replace(/^\n+|\s+$/g, "")
}

/** Lines in the order of the alphabet, for output whose order is up to the workers. */
export const sorted = (text: string): string => text.split("\n").sort().join("\n")

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const ANY_LINES = "(?:[^\\n]*\\n)*?[^\\n]*"

/** True where a text is what the document shows: `…` stands for a part of a line, alone on a line for any lines. */
export const matches = (actual: string, shown: string): boolean => {
  const lines = shown
    .split("\n")
    .map((line) => (line.trim() === "…" ? ANY_LINES : line.split("…").map(escaped).join("[^\\n]*")))
  return new RegExp(`^${lines.join("\\n")}$`).test(actual)
}
