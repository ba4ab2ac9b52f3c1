/**
 * Which task is meant by `module.ts#name`: chosen from what the module exports. A plain function is made a task; what
 * can't be run is refused with the names that can. Imports nothing.
 */
import { type AnyTask, type ContextDefinition, Task } from "@holdfast/core"
import { nearest } from "../nearest.ts"
import { UsageError } from "../UsageError.ts"
import type { UserModule } from "./user-module.ts"

/** `module.ts#name` taken apart; `name` undefined where none is given. */
export const splitSpec = (spec: string): { readonly module: string; readonly name: string | undefined } => {
  const at = spec.lastIndexOf("#")
  if (at === -1) return { module: spec, name: undefined }
  const module = spec.slice(0, at)
  const name = spec.slice(at + 1)
  if (module === "")
    throw new UsageError(`${JSON.stringify(spec)} names no module: expected module.ts#name, such as tasks.ts${spec}`)
  if (name === "") throw new UsageError(`${JSON.stringify(spec)} names no task behind its #: expected module.ts#name`)
  return { module, name }
}

const namesOf = ({ exports }: UserModule, test: (value: unknown) => boolean): Array<string> =>
  Object.keys(exports).filter((name) => {
    try {
      return test(exports[name])
    } catch {
      // One that is made when it is asked for, and that nobody has asked for.
      return false
    }
  })

const isFunction = (value: unknown): boolean => typeof value === "function"

const listed = (names: ReadonlyArray<string>): string =>
  names.length > 20 ? `${names.slice(0, 20).join(", ")} and ${names.length - 20} more` : names.join(", ")

/** What of a module can be run, in words. */
const offerOf = (module: UserModule): string => {
  const tasks = namesOf(module, Task.isTask)
  const functions = namesOf(module, isFunction)
  const offers = [
    ...(tasks.length > 0 ? [`the ${tasks.length === 1 ? "task" : "tasks"} ${listed(tasks)}`] : []),
    ...(functions.length > 0 ? [`the ${functions.length === 1 ? "function" : "functions"} ${listed(functions)}`] : [])
  ]
  return offers.length === 0 ? "nothing that can be run" : offers.join(" and ")
}

/** The one task of a module, or else its one function. */
const onlyNameOf = (module: UserModule, shown: string): string => {
  const tasks = namesOf(module, Task.isTask)
  const candidates = tasks.length > 0 ? tasks : namesOf(module, isFunction)
  const [only] = candidates
  if (candidates.length === 1 && only !== undefined) return only
  throw new UsageError(`which task of ${shown}? It exports ${offerOf(module)}: write ${shown}#name`)
}

/** A worker finds a task by its name, which must therefore be that of its export, and of no other. */
const checkName = (task: AnyTask, name: string, module: UserModule, shown: string): void => {
  // One of another module is found there; what `with` has bound is known by the task that it was made of.
  if (task.module !== module.href) return
  const homes = namesOf(module, (value) => Task.isTask(value) && value.name === task.name && value.bound.length === 0)
  if (homes.length > 1) {
    const both = homes.map((each) => JSON.stringify(each)).join(" and ")
    throw new UsageError(
      `${shown} has two tasks of one name: ${both} are both made as Task.${task.kind}(import.meta, ${JSON.stringify(task.name)}, …)`
    )
  }
  if (homes[0] === task.name) return
  const [home] = homes
  throw new UsageError(
    `${shown}#${name} is made as Task.${task.kind}(import.meta, ${JSON.stringify(task.name)}, …)${home === undefined || home === name ? "" : `, which is exported as ${JSON.stringify(home)}`}: its second argument must equal the export's name`
  )
}

/** The task that is meant. Throws a `UsageError` that says what there is instead. */
export const taskOf = (module: UserModule, given: string | undefined, shown: string): AnyTask => {
  const name = given ?? onlyNameOf(module, shown)
  const value = module.exports[name]
  if (Task.isTask(value)) {
    checkName(value, name, module, shown)
    return value
  }
  if (typeof value === "function")
    return Task.module<Record<string, (input: unknown) => unknown>>(module.href)[name] as AnyTask
  if (value !== undefined)
    throw new UsageError(`${shown}#${name} is no task and no function: ${shown} exports ${offerOf(module)}`)
  const runnable = namesOf(module, (each) => Task.isTask(each) || isFunction(each))
  const meant = nearest(name, runnable)
  throw new UsageError(
    `${shown} has no export ${JSON.stringify(name)}: ${meant === undefined ? "it" : `did you mean ${meant}? It`} exports ${offerOf(module)}`
  )
}

/** The context that is meant by a name. Throws a `UsageError`. */
export const contextOf = (module: UserModule, name: string, shown: string): ContextDefinition => {
  const value = module.exports[name]
  if (Task.isContext(value)) return value
  const names = namesOf(module, Task.isContext)
  throw new UsageError(
    `--context ${name}: ${shown} exports no Task.context by that name${names.length === 0 ? ", nor any other" : `; it exports ${listed(names)}`}`
  )
}
