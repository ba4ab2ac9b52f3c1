/**
 * Whose values are hidden wherever a failure, a dump or a report would show them: the option `mask`, read once, and
 * asked by whoever shows values. What names count as secret is in `watchdog/mask.cts`, for workers ask it too.
 */
import { createRequire } from "node:module"
import type { Mask, MaskModule, MaskRules } from "../watchdog/mask.cts"
import { type Check, check, type Refused, refused } from "./Check.ts"

/** What is given as `mask`. */
export type MaskInput = false | RegExp | ReadonlyArray<string | RegExp> | ((name: string, value: unknown) => boolean)

const extension = import.meta.url.endsWith(".ts") ? "cts" : "cjs"

/** A file that the watchdog loads as well, where no module of ours can be imported. */
const load = (): MaskModule => createRequire(import.meta.url)(`../watchdog/mask.${extension}`)

/** Loaded when first asked: a program that holdfast was bundled into, where no worker starts, shall be told that. */
const hiderOf: MaskModule["hiderOf"] = (rules) => {
  let hides: ((name: string) => boolean) | undefined
  const loaded = (): ((name: string) => boolean) => {
    try {
      return load().hiderOf(rules)
    } catch {
      // Better to hide too much.
      return () => true
    }
  }
  return (name) => {
    hides ??= loaded()
    return hides(name)
  }
}

const byRules = (rules: MaskRules): Mask => ({ rules, hides: hiderOf(rules), asks: false })

const nothing: MaskRules = { usual: false, names: [], patterns: [] }

const usually: MaskRules = { ...nothing, usual: true }
const hidesUsually = hiderOf(usually)

const byFunction = (decide: (name: string, value: unknown) => boolean): Mask => ({
  rules: usually,
  asks: true,
  hides: (name, value) => {
    try {
      return hidesUsually(name) || decide(name, value) === true
    } catch {
      // Better to hide too much.
      return true
    }
  }
})

const isName = (part: unknown): part is string => typeof part === "string" && part !== ""
const isPattern = (part: unknown): part is RegExp => part instanceof RegExp

const read = (value: unknown): Mask | Refused => {
  if (value === false) return byRules(nothing)
  if (typeof value === "function") return byFunction(value as (name: string, value: unknown) => boolean)
  if (!isPattern(value) && !Array.isArray(value)) return refused
  const parts: ReadonlyArray<unknown> = isPattern(value) ? [value] : value
  if (!parts.every((part) => isName(part) || isPattern(part))) return refused
  return byRules({
    ...usually,
    names: parts.filter(isName).map((name) => name.toLowerCase()),
    patterns: parts.filter(isPattern).map(({ source, flags }) => ({ source, flags }))
  })
}

export const mask: Check<MaskInput, Mask, ""> = check(
  "(string | RegExp)[] | RegExp | ((name: string, value: unknown) => boolean) | false",
  'a list of names and RegExps such as ["iban", /^card/], a function of a name and its value, or false',
  read
)

/** Hides the usual secrets: for what no pool's option is at hand for. */
export const usualMask: Mask = byRules(usually)
