/**
 * The options of the census: their defaults and their checks. All that is wrong is told at once, before anything
 * is started. How they are written on a command line is `command.ts`.
 */
import { readdirSync } from "node:fs"
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { type FactsFile, openFactsFile } from "./facts-file.ts"
import { refusal } from "./refusal.ts"

/** Options as they were typed; undefined where left out. */
export interface Typed {
  readonly workers?: string | undefined
  readonly isolation?: string | undefined
  readonly root?: string | undefined
  readonly json?: string | undefined
}

const isolations = ["process", "inline"] as const

/** Options that can be used as they are; `root` is absolute. */
export interface Options {
  readonly workers: number
  readonly isolation: (typeof isolations)[number]
  readonly root: string
  readonly facts: FactsFile | undefined
}

/** Options that can't be used. One line each: the option, the value, what was expected, the fix. */
export class WrongOptions extends Error {
  override readonly name = "WrongOptions"
}

/** The `node_modules` of the workspace that holds this file, wherever the program is started. */
export const defaultRoot = fileURLToPath(new URL("../../../../node_modules", import.meta.url))

/** The number of workers when nothing is said. */
export const defaultWorkers = availableParallelism()

const mostWorkers = 1024

/**
 * Checks what was typed; throws {@link WrongOptions}. The file for the facts is opened here, since only that
 * tells whether it can be written.
 */
export const checkOptions = (typed: Typed): Options => {
  const problems: Array<string> = []
  const wrong = (option: string, value: string, trouble: string): void => {
    problems.push(`--${option} ${JSON.stringify(value)}: ${trouble}`)
  }

  const workers = typed.workers === undefined ? defaultWorkers : Number(typed.workers)
  if (typed.workers !== undefined && !(/^\d+$/.test(typed.workers) && workers >= 1 && workers <= mostWorkers)) {
    const expected = `expected a whole number from 1 to ${mostWorkers}`
    wrong("workers", typed.workers, `${expected}. Leave it out for one worker per core (${defaultWorkers} here).`)
  }

  const isolation = isolations.find((each) => each === (typed.isolation ?? "process"))
  if (isolation === undefined) {
    wrong("isolation", typed.isolation ?? "", `expected ${isolations.join(" or ")}. Leave it out for process.`)
  }

  const root = resolve(typed.root || defaultRoot)
  try {
    if (typed.root === "") wrong("root", "", "expected a directory. Leave it out for node_modules.")
    readdirSync(root)
  } catch (error) {
    wrong("root", root, `${refusal(error)}. Name a directory that exists and may be read.`)
  }

  let facts: FactsFile | undefined
  if (typed.json === "") wrong("json", "", "expected the path of a file.")
  else if (typed.json !== undefined) {
    const path = resolve(typed.json)
    try {
      facts = openFactsFile(path)
    } catch (error) {
      wrong("json", path, `${refusal(error)}. Name a file in a directory that exists and may be written to.`)
    }
  }

  if (isolation === undefined || problems.length > 0) {
    facts?.[Symbol.dispose]()
    throw new WrongOptions(problems.join("\n"))
  }
  return { workers, isolation, root, facts }
}
