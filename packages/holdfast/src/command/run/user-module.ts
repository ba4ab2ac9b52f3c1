/**
 * Imports what a user names on the command line: a path from the working directory, a `file:` URL or a package. A
 * module that can't be found, throws, never finishes or ends the program at its import comes as a `UsageError`.
 */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs"
import { registerHooks } from "node:module"
import { basename, dirname, isAbsolute, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { importModule, thrownText } from "@holdfast/supervisor/command"
import { nearest } from "../nearest.ts"
import { UsageError } from "../UsageError.ts"

export interface UserModule {
  /** Its URL, as its own `import.meta.url` says. */
  readonly href: string
  readonly exports: Readonly<Record<string, unknown>>
}

/** As long as a worker may take. */
const PATIENCE_MS = 30_000

const pathOf = (name: string): string | undefined => {
  if (name.startsWith("file:")) {
    try {
      return fileURLToPath(name)
    } catch (error) {
      throw new UsageError(`${name} is no URL of a file: ${error instanceof Error ? error.message : error}`)
    }
  }
  if (isAbsolute(name) || /^\.{1,2}(\/|$)/.test(name)) return resolve(name)
  // `tasks.ts` is meant as a file by whoever has one of that name; so is whatever ends as one does.
  return existsSync(name) || /\.[cm]?[jt]s$/.test(name) ? resolve(name) : undefined
}

const fileOf = (path: string): string => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) throw new UsageError(`${path} is a directory: name a module in it`)
  if (stats !== undefined) return pathToFileURL(realpathSync(path)).href
  const folder = dirname(path)
  const siblings = existsSync(folder) ? readdirSync(folder) : undefined
  const meant = nearest(basename(path), siblings ?? [])
  const hint =
    siblings === undefined ? `: there is no directory ${folder}` : meant === undefined ? "" : `: did you mean ${meant}?`
  throw new UsageError(`there is no file ${path}${hint}`)
}

/** Where Node finds a package as seen from the working directory, by the rules of `import`. */
const packageUrlOf = async (name: string): Promise<string> => {
  const asked = `holdfast-asks:${name}`
  let url: string | undefined
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== asked) return next(specifier, context)
      url = next(name, { ...context, parentURL: pathToFileURL(resolve("holdfast")).href }).url
      return { url: "data:text/javascript,", shortCircuit: true }
    }
  })
  try {
    await import(asked)
  } catch (error) {
    throw new UsageError(
      `there is no file ${resolve(name)} and no package ${name} that can be imported from here: ${error instanceof Error ? error.message : error}`
    )
  } finally {
    hooks.deregister()
  }
  return url as string
}

/** Of Node's own frames, which say no more than that it was importing. */
const INTERNAL = /\n {4}at (?:async |[^\n]* \()?node:[^\n]*/g

/** Where Holdfast's own frames begin, all of them around the module's: the last one, for a module may name one so too. */
const OWN = "\n    at async importModule ("

/** As many causes as anybody reads, and as many errors of one that is made of several; an error may also be its own. */
const MOST_CAUSES = 5

/** An error may be anything: a stack that is no text, a cause that throws when it is asked for. */
const read = (error: Error, key: "stack" | "message" | "cause" | "errors"): unknown => {
  try {
    return Reflect.get(error, key)
  } catch {
    return undefined
  }
}

const reasonOf = (error: unknown, causes = MOST_CAUSES): string => {
  if (!(error instanceof Error)) return thrownText(error)
  const stack = read(error, "stack")
  const words = typeof stack === "string" ? stack : read(error, "message")
  const text = typeof words === "string" ? words.replaceAll(INTERNAL, "") : thrownText(words)
  const own = text.lastIndexOf(OWN)
  const told = own === -1 ? text : text.slice(0, own)
  const cause = read(error, "cause")
  if (causes === 0) return told
  const errors = read(error, "errors")
  const all = Array.isArray(errors) ? errors : []
  // What really happened often stands there alone: the file that a configuration was to be read from.
  return [
    told,
    ...all.slice(0, MOST_CAUSES).map((each, at) => `error ${at + 1} of ${all.length}: ${reasonOf(each, causes - 1)}`),
    ...(cause === undefined ? [] : [`caused by: ${reasonOf(cause, causes - 1)}`])
  ].join("\n")
}

/** Imports; what the module prints meanwhile is the caller's business. */
const imported = async (href: string, name: string): Promise<Readonly<Record<string, unknown>>> => {
  let timer: NodeJS.Timeout | undefined
  let ending: string | undefined
  const onIdle = (): void => {
    ending = `importing ${name} never came to its end: it awaits what nothing is left to bring about`
  }
  const onExit = (code: number): void => {
    process.stderr.write(`holdfast: ${ending ?? `importing ${name} ended the program (exit code ${code})`}\n`)
    process.exitCode = 2
  }
  process.once("beforeExit", onIdle)
  process.once("exit", onExit)
  try {
    return await Promise.race([
      importModule(href),
      new Promise<never>((_, reject) => {
        const late = (): void =>
          reject(new UsageError(`importing ${name} has not come to its end within ${PATIENCE_MS / 1000} s`))
        timer = setTimeout(late, PATIENCE_MS).unref()
      })
    ])
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${name} could not be imported: ${reasonOf(error)}`)
  } finally {
    process.off("beforeExit", onIdle)
    process.off("exit", onExit)
    clearTimeout(timer)
  }
}

/**
 * Imports a module that a user has named.
 *
 * @example
 * const { href, exports } = await importUserModule("./tasks.ts")
 */
export const importUserModule = async (name: string): Promise<UserModule> => {
  const path = pathOf(name)
  const href = path === undefined ? await packageUrlOf(name) : fileOf(path)
  return { href, exports: await imported(href, name) }
}

/** The URL by which a worker, whose working directory may be another, can import the same. */
export const userModuleUrl = async (name: string): Promise<string> => {
  const path = pathOf(name)
  return path === undefined ? packageUrlOf(name) : fileOf(path)
}
