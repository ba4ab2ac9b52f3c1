/**
 * Reads one object of options, as it was given, against what is declared for its place: normalises each, collects
 * every problem. Knows neither defaults nor precedence.
 */
import type { OptionProblem } from "@holdfast/core"
import { isRecord, refused, unknownName } from "./Check.ts"
import { batchTable, callTable } from "./call-table.ts"
import type { Declaration, Scope } from "./declaration.ts"
import { poolTable } from "./pool-table.ts"
import { received } from "./received.ts"

/** A declared option with its name, and the name of the field it comes to. */
export interface Named extends Declaration<unknown, unknown> {
  readonly name: string
  readonly field: string
}

const named = (table: Readonly<Record<string, Declaration<unknown, unknown>>>): Array<Named> =>
  Object.entries(table).map(([name, declaration]) => ({
    ...declaration,
    name,
    field: `${name}${declaration.check.suffix}`
  }))

/** Every option, in the order of the reference. */
export const declarations: ReadonlyArray<Named> = [poolTable, callTable, batchTable].flatMap(named)

const on = (scope: Scope): ReadonlyMap<string, Named> =>
  new Map(declarations.filter((each) => each.on.includes(scope)).map((each) => [each.name, each]))

/** What can be set, by place and name. */
export const declared: Readonly<Record<Scope, ReadonlyMap<string, Named>>> = {
  pool: on("pool"),
  task: on("task"),
  job: on("job"),
  batch: on("batch"),
  stream: on("stream"),
  store: on("store")
}

const PLACES: Readonly<Record<Scope, string>> = {
  pool: "a pool",
  task: "a task",
  job: "run, submit and submitAll",
  batch: "map, settle and lift",
  stream: "stream, outcomes and via",
  store: "push, pull, scatter and gather"
}

/** What is expected of an option that can't be set here. */
const misplaced = (name: string, scope: Scope): string => {
  const places = declarations.filter((each) => each.name === name).flatMap((each) => each.on)
  if (places.length === 0) return unknownName(name, [...declared[scope].keys()])
  return `not to be set here (it is an option of ${places.map((place) => PLACES[place]).join(", ")})`
}

/** Normalised values by field. What was not set, or set to undefined, is not in it. */
export type Values = Readonly<Record<string, unknown>>

/** Reads `options`; adds to `problems` all that is wrong with them. */
export const read = (options: unknown, scope: Scope, problems: Array<OptionProblem>): Values => {
  const values: Record<string, unknown> = {}
  if (options === undefined) return values
  if (!isRecord(options)) {
    problems.push({ option: "options", expected: "an object", received: received(options) })
    return values
  }
  const known = declared[scope]
  // Inherited ones count: `Object.create(defaults)` is a way to share options.
  for (const name in options) {
    const value = options[name]
    const declaration = known.get(name)
    if (declaration === undefined) {
      problems.push({ option: name, expected: misplaced(name, scope), received: received(value) })
    } else if (value !== undefined) {
      const out = declaration.check.read(value, name, problems)
      if (out !== refused) values[declaration.field] = out
    }
  }
  return values
}
