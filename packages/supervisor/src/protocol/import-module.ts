/**
 * Imports a module, and has the error of one that can't be parsed say where. Node puts the place above the stack where
 * the module is CommonJS or TypeScript; that of an ES module in JavaScript it shows only as the program ends of it.
 */
import { readFileSync } from "node:fs"
import { ask, endOwn, idOf, openOwn } from "./own-inspector.ts"

/** Where V8 stopped reading; line and column from 1. */
interface Place {
  readonly url: string
  readonly line: number
  readonly column: number
}

/** The answer of `Runtime.getExceptionDetails`. */
interface Details {
  readonly exceptionDetails?: { readonly scriptId?: string; readonly lineNumber: number; readonly columnNumber: number }
}

/** Of an error in the module's own text, and not of one that its code has thrown. */
const UNPARSED = /^SyntaxError: .*\n {4}at compileSourceTextModule \(node:internal/

const LONGEST_SHOWN = 500

/** Another name for the same, since Node remembers what has failed. */
const againOf = (href: string): string => {
  const url = new URL(href)
  url.searchParams.append("holdfast", "again")
  return url.href
}

const textModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`

/** Has all of it parsed, and none of it run: what comes before it fails, should it come to that. Gives what it fails with. */
const parsing = (href: string): Promise<unknown> =>
  import(textModule(`import ${JSON.stringify(textModule("throw 0"))}; import ${JSON.stringify(href)}`)).catch(
    (thrown: unknown) => thrown
  )

/**
 * The place of the error that importing this module fails with: V8 knows it of the error, and of which script only while
 * it parses. Undefined where it can't be had: Node 22 does not read again what the module imports.
 */
const placeOf = async (href: string, message: string): Promise<Place | undefined> => {
  const session = openOwn()
  if (session === undefined) return undefined
  try {
    const urls = new Map<string, string>()
    session.on("Debugger.scriptFailedToParse", ({ params }) => urls.set(params.scriptId, params.url))
    session.post("Debugger.enable")
    const again = againOf(href)
    const error = await parsing(again)
    if (!(error instanceof SyntaxError) || error.message !== message) return undefined
    const { exceptionDetails: at } =
      ask<Details>(session, "Runtime.getExceptionDetails", { errorObjectId: idOf(session, error) }) ?? {}
    const url = urls.get(at?.scriptId ?? "")
    if (at === undefined || url === undefined) return undefined
    return { url: url === again ? href : url, line: at.lineNumber + 1, column: at.columnNumber + 1 }
  } finally {
    endOwn(session)
  }
}

/** As Node shows it: file and line, the line itself, and a caret below. */
const shown = ({ column, line, url }: Place): string => {
  const head = `${url}:${line}\n`
  if (column > LONGEST_SHOWN) return head
  const text = readFileSync(new URL(url), "utf8").split("\n")[line - 1] ?? ""
  return `${head}${text.slice(0, LONGEST_SHOWN)}\n${" ".repeat(column - 1)}^\n\n`
}

/** Puts the place above the error's stack, if it is of that kind and the place can be had. Never rejects. */
const showPlace = async (error: unknown, href: string): Promise<void> => {
  try {
    if (!(error instanceof SyntaxError) || !UNPARSED.test(error.stack ?? "") || !href.startsWith("file:")) return
    const place = await placeOf(href, error.message)
    if (place !== undefined) error.stack = `${shown(place)}${error.stack}`
  } catch {
    // It says what is wrong all the same.
  }
}

const CJS = "module.exports"

/**
 * CommonJS may assign its exports as one object, of which Node finds only the names that the source spells out in a way
 * that it can read without running it. The others are had as well, each read when it is asked for.
 */
const withAssigned = (namespace: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  // Node 22 has no such name.
  const isSole = Object.keys(namespace).join() === "default"
  const assigned = Object.hasOwn(namespace, CJS) ? namespace[CJS] : isSole ? namespace.default : undefined
  if (typeof assigned !== "object" || assigned === null) return namespace
  const missing = Object.keys(assigned).filter((name) => !Object.hasOwn(namespace, name))
  if (missing.length === 0) return namespace
  const { [CJS]: _, ...named } = namespace
  const getters = missing.map((name) => [name, { enumerable: true, get: () => Reflect.get(assigned, name) }] as const)
  return Object.defineProperties(named, Object.fromEntries(getters))
}

/**
 * A module's exports, by its URL. Rejects with what importing it fails with.
 *
 * @example
 * const { resize } = await importModule(new URL("./tasks.js", import.meta.url).href)
 */
export const importModule = async (href: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return withAssigned((await import(href)) as Record<string, unknown>)
  } catch (error) {
    await showPlace(error, href)
    throw error
  }
}
