/**
 * What is asked of an option's value: the check that accepts and normalises it or says what was expected. Building
 * blocks alone; which option uses which is declared in the tables (`call-table.ts`, `pool-table.ts`).
 */
import type { OptionProblem } from "@holdfast/core"
import { received } from "./received.ts"
import { nearest } from "./suggestion.ts"

/** Returned in place of a value by a check that has reported a problem. */
export const refused: unique symbol = Symbol("refused")
export type Refused = typeof refused

/** Added to the name of a resolved field: durations come out in milliseconds. */
export type Suffix = "" | "Ms"

/** Accepts `In`, and makes `Out` of it. */
export interface Check<In, Out, S extends Suffix = Suffix> {
  /** The type as the reference shows it. */
  readonly type: string
  /** Completes "expected …". */
  readonly expected: string
  readonly suffix: S
  /** The normalised value; or `refused`, with at least one more problem about the option named `at`. */
  read(value: unknown, at: string, problems: Array<OptionProblem>): Out | Refused
  /** Never set: carries the type. */
  readonly accepts?: In
}

/** A check of one value; `read` answers `refused` where it doesn't fit. */
export const check = <In, Out = In>(
  type: string,
  expected: string,
  read: (value: unknown) => Out | Refused
): Check<In, Out, ""> => ({
  type,
  expected,
  suffix: "",
  read: (value, at, problems) => {
    const out = read(value)
    if (out === refused) problems.push({ option: at, expected, received: received(value) })
    return out
  }
})

/** A whole number from `least` to `most`. */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Check<number, number, ""> => {
  const expected = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
  return check("number", `a whole number, ${expected}`, (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : refused
  )
}

/** A whole number, 1 or more, or Infinity for none: what is undefined when resolved is unlimited. */
export const ceiling: Check<number, number | undefined, ""> = check(
  "number",
  "a whole number, 1 or more, or Infinity for no limit",
  (value) => {
    if (value === Number.POSITIVE_INFINITY) return undefined
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : refused
  }
)

/** A finite number, `least` or more. */
export const finite = (least = Number.NEGATIVE_INFINITY): Check<number, number, ""> =>
  check("number", least === Number.NEGATIVE_INFINITY ? "a finite number" : `a number, ${least} or more`, (value) =>
    typeof value === "number" && Number.isFinite(value) && value >= least ? value : refused
  )

/** One of a few strings. */
export const oneOf = <const A extends string>(...choices: ReadonlyArray<A>): Check<A, A, ""> => {
  const quoted = choices.map((choice) => JSON.stringify(choice))
  const expected = quoted.length === 1 ? quoted.join() : `one of ${quoted.join(", ")}`
  return check(quoted.join(" | "), expected, (value) => choices.find((choice) => choice === value) ?? refused)
}

export const flag: Check<boolean, boolean, ""> = check("boolean", "true or false", (value) =>
  typeof value === "boolean" ? value : refused
)

/** A string that is not empty; `noun` says what it stands for. */
export const text = (noun: string): Check<string, string, ""> =>
  check("string", noun, (value) => (typeof value === "string" && value !== "" ? value : refused))

/** A function; `signature` is how the reference shows it. */
export const callable = <F extends (...args: never) => unknown, Out = F>(signature: string): Check<F, Out, ""> =>
  // What a function takes and returns can't be seen from outside.
  check(signature, `a function ${signature}`, (value) => (typeof value === "function" ? (value as Out) : refused))

/** Either of two single values. */
export const either = <A, B, C, D>(left: Check<A, B>, right: Check<C, D>): Check<A | C, B | D, ""> =>
  check(`${left.type} | ${right.type}`, `${left.expected}, or ${right.expected}`, (value) => {
    const out = left.read(value, "", [])
    return out === refused ? right.read(value, "", []) : out
  })

/** True for what options can be read from: objects that are neither arrays nor functions. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What is expected of a name that nobody knows. */
export const unknownName = (name: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(name, known)
  if (meant !== undefined) return `not to be set (there is no such option; did you mean ${meant}?)`
  return `not to be set (there is no such option${known.length <= 20 ? `; there are ${known.join(", ")}` : ""})`
}

type Fields = Readonly<Record<string, Check<unknown, unknown>>>
type OutOf<C> = C extends Check<infer _In, infer Out> ? Out : never

/** An object of optional fields, each with a check of its own. A field left out, or undefined, is not in the result. */
export const fields = <const F extends Fields>(type: string, expected: string, table: F) => {
  const known = Object.keys(table)
  const read = (value: unknown, at: string, problems: Array<OptionProblem>) => {
    if (!isRecord(value)) {
      problems.push({ option: at, expected, received: received(value) })
      return refused
    }
    const out: Record<string, unknown> = {}
    const before = problems.length
    for (const name in value) {
      const given = value[name]
      const field = Object.hasOwn(table, name) ? table[name] : undefined
      if (field === undefined) {
        problems.push({ option: `${at}.${name}`, expected: unknownName(name, known), received: received(given) })
      } else if (given !== undefined) out[name] = field.read(given, `${at}.${name}`, problems)
    }
    return problems.length > before ? refused : (out as { readonly [K in keyof F]?: OutOf<F[K]> })
  }
  return { type, expected, suffix: "", read } as const
}
