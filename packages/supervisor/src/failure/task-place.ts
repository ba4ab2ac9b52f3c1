/**
 * Where a job's task is written, for failures of which nothing tells where in it they happened: what was thrown was no
 * error, or the worker died at once. Found in the text of its module, when it is asked for. Not where it failed.
 */
import { stripVTControlCharacters } from "node:util"
import { type Frame, isJobError, type JobError, jobOf } from "@holdfast/core"
import { mappedFrame, textOfSource } from "./source-map.ts"
import { pathOf } from "./stack-frames.ts"

const MOST_LINES = 12
const WIDEST = 160

/** Failures that happen while a task runs. */
const IN_TASK: ReadonlySet<JobError["_tag"]> = new Set([
  "TaskThrew",
  "WorkerCrashed",
  "JobTimedOut",
  "JobStuck",
  "NotSerializable",
  "InvalidOutput"
] as const)

/** As it is declared; as a task of that name; as any function of that name. */
const declarations = (name: string): ReadonlyArray<RegExp> => {
  const word = name.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&")
  return [
    new RegExp(`^.*\\bTask\\s*\\.\\s*\\w+\\s*\\(\\s*import\\.meta\\s*,\\s*(["'\`])${word}\\1`, "m"),
    new RegExp(`^\\s*export\\s+(?:default\\s+)?(?:async\\s+)?(?:const|let|var|function\\s*\\*?)\\s+${word}\\b`, "m"),
    new RegExp(`^\\s*(?:async\\s+)?(?:const|let|var|function\\s*\\*?)\\s+${word}\\b`, "m")
  ]
}

/** Where a task is written; undefined where its module can't be read, or does not name it. */
export const taskPlace = (module: string, name: string): Frame | undefined => {
  const file = pathOf(module)
  const text = textOfSource(file)
  if (text === undefined) return undefined
  for (const declaration of declarations(name)) {
    const found = declaration.exec(text)
    if (found === null) continue
    const at = found.index + found[0].search(/\S/)
    const before = text.slice(0, at).split("\n")
    return mappedFrame({ function: name, file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
  }
  return undefined
}

/** The task that an error is of, if it is one that a task's code has caused. */
export const placeOfTask = (error: object): Frame | undefined => {
  const job = jobOf(error)
  if (job === undefined || (isJobError(error) && !IN_TASK.has(error._tag))) return undefined
  return taskPlace(job.module, job.task)
}

/** Its lines, down to where it ends as far as that shows. */
export const linesOfTask = ({ file, line }: Frame): ReadonlyArray<string> => {
  const lines = textOfSource(file)?.split(/\r?\n/) ?? []
  const shown: Array<string> = []
  const width = String(line + MOST_LINES).length
  for (let number = line; number < line + MOST_LINES && number <= lines.length; number++) {
    const text = stripVTControlCharacters(lines[number - 1] ?? "").slice(0, WIDEST)
    // The next statement of the module.
    if (number > line && /^[^\s)\]}]/.test(text)) break
    shown.push(`${String(number).padStart(width)} | ${text}`.trimEnd())
    if (number > line && /^[)}]/.test(text)) break
  }
  while (/\|$/.test(shown.at(-1) ?? "")) shown.pop()
  return shown
}
