/**
 * What a worker builds once, at its start, and releases at its end: defined beside the tasks that need it, since a
 * Layer can't cross to a process. The building is the worker's affair.
 */
import type { Layer } from "effect/Layer"
import { checkName, type ModuleRef, phantom } from "./ModuleRef.ts"

export const ContextTypeId = "~holdfast/Context"

/** Something a worker builds once, at its start, and releases at its end. */
export interface ContextDefinition<out ROut = never, out Value = unknown> {
  readonly [ContextTypeId]: { readonly provides: () => ROut; readonly value: () => Value }
  readonly name: string
  readonly module: string
  /** A Layer, or a function that loads the value. */
  readonly source: unknown
}

/** What a plain context's function returns: the value, and how to release it. */
export interface Loaded<Value> {
  readonly value: Value
  readonly dispose?: () => void | Promise<void>
}

/**
 * What a worker builds once and releases at its end: a Layer that `Task.effect`s use, or a function whose
 * value plain tasks read through `currentTask().context(model)`.
 *
 * @example
 * export const database = Task.context(import.meta, "database", Database.layer)
 * export const model = Task.context(import.meta, "model", async () => ({ value: await loadModel() }))
 */
export const context: {
  <ROut, E>(meta: ModuleRef, name: string, layer: Layer<ROut, E>): ContextDefinition<ROut, never>
  <Value>(
    meta: ModuleRef,
    name: string,
    load: () => Loaded<Value> | Promise<Loaded<Value>>
  ): ContextDefinition<never, Value>
} = (meta: ModuleRef, name: string, source: unknown): ContextDefinition<never, never> => {
  checkName("Task.context", meta, name)
  const isLayer = typeof source === "object" && source !== null && "~effect/Layer" in source
  if (!isLayer && typeof source !== "function") {
    throw new TypeError(
      `Task.context(${JSON.stringify(name)}): expected a Layer or a function, received ${String(source)}`
    )
  }
  return Object.freeze({ [ContextTypeId]: phantom, name, module: meta.url, source })
}

/** True for what `Task.context` returns. */
export const isContext = (value: unknown): value is ContextDefinition =>
  typeof value === "object" && value !== null && ContextTypeId in value
