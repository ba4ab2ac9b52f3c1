/**
 * The command line that goes on with a run, to be pasted into a shell: as it was written, but for what the run has
 * written, which must not be emptied. Pure.
 */
import type { RunOptions } from "./RunOptions.ts"

/** A word as a POSIX shell reads it. */
export const shellWord = (word: string): string =>
  /^[\w./:#@=+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** The words with the value of each of these flags changed; undefined takes the flag away. */
const replaced = (
  words: ReadonlyArray<string>,
  names: ReadonlyArray<string>,
  change: (value: string) => string | undefined
): Array<string> => {
  const result: Array<string> = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const name = names.find((each) => word === each || word.startsWith(`${each}=`))
    if (name === undefined) {
      result.push(word)
      continue
    }
    const value = change(word === name ? (words[++at] ?? "") : word.slice(name.length + 1))
    if (value !== undefined) result.push(name, value)
  }
  return result
}

/** Names what this process has open, as `/dev/stdin` and the shell's `<(…)` do: another has something else there. */
export const isDescriptor = (path: string): boolean => /^\/(dev|proc)\//.test(path)

/** `failed.jsonl` as `failed-from-501.jsonl`: what the ended run has written there stays. */
const besides =
  (line: number) =>
  (path: string): string =>
    isDescriptor(path) ? path : path.replace(/(?<=[^/])(\.[^./]*)?$/, `-from-${line}$1`)

/** The words with these among the flags: behind `--` they would be none. */
const withFlags = (words: ReadonlyArray<string>, flags: ReadonlyArray<string>): Array<string> => {
  const end = words.indexOf("--")
  return end === -1 ? [...words, ...flags] : words.toSpliced(end, 0, ...flags)
}

/** For a run whose input and output are files, where the output tells what is done. */
export const resumption = ({ resume, words }: RunOptions, line: number): string => {
  const rest = replaced(words, ["--report"], besides(line))
  return ["holdfast", "run", ...withFlags(rest, resume ? [] : ["--resume"])].map(shellWord).join(" ")
}

/** For a run whose input is a file: its rest, with the numbers that its lines have. */
export const tailResumption = ({ firstLine, input = "-", output, words }: RunOptions, line: number): string => {
  const gone = (): undefined => undefined
  const isAppended = output !== undefined && !isDescriptor(output)
  let rest = replaced(words, ["--input", "-i"], gone)
  if (isAppended) rest = replaced(rest, ["--output", "-o"], gone)
  rest = replaced(rest, ["--failures", "--report"], besides(line))
  // Without it, what is told and tagged there would be of other lines.
  rest = replaced(rest, ["--first-line"], gone)
  if (line > 1) rest = withFlags(rest, ["--first-line", String(line)])
  const append = isAppended ? ` >> ${shellWord(output)}` : ""
  return `tail -n +${line - firstLine + 1} ${shellWord(input)} | ${["holdfast", "run", ...rest].map(shellWord).join(" ")}${append}`
}
