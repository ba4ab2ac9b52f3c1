/**
 * Checks of what a worker is started with: modules, contexts, variables, flags, directory. They look at the file
 * system for `cwd` alone, since a missing directory would be reported by the platform as a missing program.
 */
import { statSync } from "node:fs"
import { isAbsolute, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { type ContextDefinition, Task } from "@holdfast/core"
import { type Check, check, isRecord, type Refused, refused } from "./Check.ts"
import { received } from "./received.ts"

/** What can be done with whatever pino makes. */
type LogMethod = (fields: object, message?: string) => void

/** A logger like pino's. */
export interface PoolLogger {
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

/** A list, each member of which is read by itself and named in the problem. */
const list = <In, Out>(
  type: string,
  expected: string,
  member: string,
  read: (value: unknown) => Out | Refused
): Check<ReadonlyArray<In>, ReadonlyArray<Out>, ""> => ({
  type,
  expected,
  suffix: "",
  read: (value, at, problems) => {
    if (!Array.isArray(value)) {
      problems.push({ option: at, expected, received: received(value) })
      return refused
    }
    const out: Array<Out> = []
    const before = problems.length
    // Not `map`, which passes over the holes of a sparse array.
    for (let index = 0; index < value.length; index++) {
      const one = read(value[index])
      if (one === refused)
        problems.push({ option: `${at}[${index}]`, expected: member, received: received(value[index]) })
      else out.push(one)
    }
    return problems.length > before ? refused : Object.freeze(out)
  }
})

type Context = ContextDefinition<unknown>

const contextList = list<Context, Context>(
  "ContextDefinition | ContextDefinition[]",
  "what Task.context returns, or a list of it",
  "what Task.context returns",
  (value) => (Task.isContext(value) ? value : refused)
)

/** Contexts that every worker builds; one alone counts as a list of one. */
export const contexts: Check<Context | ReadonlyArray<Context>, ReadonlyArray<Context>, ""> = {
  ...contextList,
  read: (value, at, problems) => contextList.read(Task.isContext(value) ? [value] : value, at, problems)
}

/** What a worker can import: a URL as it is, a path as the URL of what it means in this process, a package's name. */
const moduleOf = (value: unknown): string | Refused => {
  if (value instanceof URL) return value.href
  if (typeof value !== "string" || value === "") return refused
  return isAbsolute(value) || /^\.{1,2}(\/|\\)/.test(value) ? pathToFileURL(resolve(value)).href : value
}

export const modules = list<string | URL, string>(
  "(string | URL)[]",
  `a list of modules such as ["./warm.ts", new URL("./warm.ts", import.meta.url)]`,
  "a path, a URL or a package's name",
  moduleOf
)

export const strings = list<string, string>(
  "string[]",
  `a list of strings such as ["--max-old-space-size=256"]`,
  "a string",
  (value) => (typeof value === "string" ? value : refused)
)

/** A path, or undefined where it is none. Strings are resolved, so that a later `chdir` changes nothing. */
const pathOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value === "" || value.includes("\0") ? undefined : resolve(value)
  if (!(value instanceof URL)) return undefined
  try {
    return fileURLToPath(value)
  } catch {
    return undefined
  }
}

/** A directory that may not exist yet. */
export const directory: Check<string | URL, string, ""> = check(
  "string | URL",
  "the path or file: URL of a directory",
  (value) => pathOf(value) ?? refused
)

export const existingDirectory: Check<string | URL, string, ""> = check(
  "string | URL",
  "the path or file: URL of a directory that exists",
  (value) => {
    const path = pathOf(value)
    const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
    return path !== undefined && found?.isDirectory() === true ? path : refused
  }
)

type Variables = Readonly<Record<string, string | undefined>>

export const variables: Check<Variables, Variables, ""> = {
  type: "Record<string, string | undefined>",
  expected: "an object of strings",
  suffix: "",
  read: (value, at, problems) => {
    if (!isRecord(value)) {
      problems.push({ option: at, expected: "an object of strings", received: received(value) })
      return refused
    }
    const before = problems.length
    const out: Record<string, string | undefined> = {}
    for (const name in value) {
      const given = value[name]
      if (given === undefined || typeof given === "string") out[name] = given
      else
        problems.push({
          option: `${at}.${name}`,
          expected: "a string, or undefined to leave it out",
          received: received(given)
        })
    }
    return problems.length > before ? refused : Object.freeze(out)
  }
}

/** Anything with pino's methods. */
export const logger: Check<PoolLogger | false, PoolLogger | false, ""> = check(
  "Logger | false",
  "a logger with the methods info, warn and error (such as pino's), or false for none",
  (value) => {
    if (value === false) return false
    if (!isRecord(value)) return refused
    const complete = ["info", "warn", "error"].every((level) => typeof value[level] === "function")
    return complete ? (value as unknown as PoolLogger) : refused
  }
)
