/**
 * What a worker builds once and releases at its end: the `Task.context`s its pool was made with, in their
 * order; released in reverse. Loads `effect` only if one of them is a Layer.
 */
import { type ContextDefinition, Task } from "@holdfast/core"
import { importModule } from "../protocol/import-module.ts"
import { previewOf } from "../protocol/preview.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import type { LayerContext } from "./effect-runner.ts"
import { NotLoaded } from "./loading.ts"
import { noteLoadedCalls } from "./noted-calls.ts"

/** Names one context: its module and export. */
export interface ContextRef {
  readonly module: string
  readonly name: string
}

const keyOf = ({ module, name }: ContextRef): string => `${module}#${name}`

/** Layers are released together. */
const unreleased = (names: ReadonlyArray<string>, cause: unknown): Error => {
  const quoted = names.map((name) => JSON.stringify(name)).join(", ")
  const which = names.length === 1 ? `the context ${quoted}` : `one of the contexts ${quoted}`
  return new Error(`${which} could not be released: ${wordsOf(cause)}`, { cause })
}

export class Contexts {
  readonly #values = new Map<string, unknown>()
  /** What can't be released of them is thrown, or given: Layers have many finalizers. */
  readonly #releases: Array<{
    readonly names: ReadonlyArray<string>
    readonly run: () => Promise<ReadonlyArray<unknown>>
  }> = []
  #layers: LayerContext | undefined
  /** Name of the context that is being built, or that could not be. */
  building: string | undefined
  readonly #abandoned = new AbortController()

  /** Loads and builds all of them. Rejects with the first failure, having released what was built. */
  async build(
    refs: ReadonlyArray<ContextRef>,
    find: (ref: ContextRef) => Promise<ContextDefinition> = findExport
  ): Promise<void> {
    const layers: Array<{ readonly name: string; readonly layer: unknown }> = []
    try {
      for (const ref of refs) {
        this.building = ref.name
        const { source } = await find(ref)
        if (typeof source !== "function") layers.push({ name: ref.name, layer: source })
        else {
          const loaded = (await source()) as { readonly value: unknown; readonly dispose?: () => void | Promise<void> }
          if (typeof loaded !== "object" || loaded === null || !("value" in loaded)) {
            throw new TypeError(
              `the context ${JSON.stringify(ref.name)} must return { value, dispose? }, it returned ${previewOf(loaded, 60)}`
            )
          }
          this.#values.set(keyOf(ref), loaded.value)
          const dispose = async (): Promise<ReadonlyArray<unknown>> => {
            await loaded.dispose?.()
            return []
          }
          if (loaded.dispose !== undefined) this.#releases.push({ names: [ref.name], run: dispose })
        }
      }
      if (layers.length > 0) await this.#buildLayers(layers)
      this.building = undefined
      if (this.#abandoned.signal.aborted) this.abandon()
    } catch (error) {
      // What those before it fail to release with is no reason why it failed.
      await this.release().catch(() => undefined)
      throw error
    }
  }

  async #buildLayers(layers: ReadonlyArray<{ readonly name: string; readonly layer: unknown }>): Promise<LayerContext> {
    const { buildLayers } = await import("./effect-runner.ts")
    const built = await buildLayers(
      layers.map(({ layer }) => layer),
      this.#abandoned.signal,
      (at) => {
        this.building = layers[at]?.name
      }
    )
    this.#releases.push({ names: layers.map(({ name }) => name), run: built.release })
    this.#layers = built
    return built
  }

  /** The context that Effects run in; built empty when the pool has no Layer. */
  async layers(): Promise<LayerContext> {
    return this.#layers ?? (await this.#buildLayers([]))
  }

  value(ref: ContextRef): unknown {
    if (!this.#values.has(keyOf(ref))) {
      throw new Error(
        `this pool was made without the context ${JSON.stringify(ref.name)}: pass it as createPool({ context: [${ref.name}] })`
      )
    }
    return this.#values.get(keyOf(ref))
  }

  /**
   * Releases all, last built first. A release that fails does not keep the others from theirs. `tell` hears which are
   * next, for one that never ends can't say so any more; and none, once all have been.
   */
  async release(tell: (names: ReadonlyArray<string>) => void = () => undefined): Promise<void> {
    const failures: Array<Error> = []
    const releases = this.#releases.splice(0).reverse()
    for (const { names, run } of releases) {
      tell(names)
      try {
        for (const failure of await run()) failures.push(unreleased(names, failure))
      } catch (error) {
        failures.push(unreleased(names, error))
      }
    }
    if (releases.length > 0) tell([])
    if (failures.length > 1) throw new AggregateError(failures, failures.map(({ message }) => message).join("; "))
    if (failures.length === 1) throw failures[0]
  }

  /**
   * Releases all, also what is still being built, with nobody to wait for it: of a worker that is let go of and lives
   * on, for it is the calling process. What its contexts hold would be held for as long as the program lives. A Layer that
   * is never built, for it tries again and again, would hold the program itself: its building is interrupted.
   */
  abandon(): void {
    this.#abandoned.abort()
    this.release().catch((error: Error) => process.emitWarning(error.message, "HoldfastWarning"))
  }
}

const findExport = async (ref: ContextRef): Promise<ContextDefinition> => {
  const namespace = await importModule(ref.module)
  noteLoadedCalls()
  const found = namespace[ref.name]
  if (!Task.isContext(found)) {
    throw new NotLoaded(
      `${ref.module} has no context exported as ${JSON.stringify(ref.name)}: Task.context's second argument must equal the export's name`
    )
  }
  return found
}
