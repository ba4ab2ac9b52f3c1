/**
 * What `import "holdfast"` gives inside a worker: all of core, and pools and pipelines behind both doors, of which
 * nothing is loaded until one is made or run. Nor is `effect`, which a worker of plain tasks has no use for.
 */
import { createRequire } from "node:module"
import type * as Supervisor from "@holdfast/supervisor"
import type * as EffectModule from "effect/Effect"
import type * as LayerModule from "effect/Layer"

export * from "@holdfast/core"

type CreatePool = typeof Supervisor.createPool
type Door = Pick<typeof Supervisor.Pool, "make" | "layer">

/** As outside of a worker, with `allowNested: true`; else rejects, naming the mistake. */
export const createPool: CreatePool = async (options) => {
  // biome-ignore lint/plugin: loaded only when a pool is made in here, which a plain worker never does
  const supervisor = await import("@holdfast/supervisor")
  return supervisor.createPool(options)
}

// At once, not by import(): an Effect is asked for, not the promise of one. It is the same module as an import's.
const load = createRequire(import.meta.url)
const door = (): Door => (load("@holdfast/supervisor") as typeof Supervisor).Pool

/**
 * The Effect door: as outside of a worker, with `allowNested: true`; else the Effect dies of the mistake once it is
 * run. Until then nothing but a module or two of `effect` is loaded: a task's module may well define a layer.
 */
export const Pool: Door = {
  make: (options) => (load("effect/Effect") as typeof EffectModule).suspend(() => door().make(options)),
  layer: (options) => (load("effect/Layer") as typeof LayerModule).suspend(() => door().layer(options))
}

/** Inputs tell by this how much of them has been read. */
export const fractionRead: typeof Supervisor.fractionRead = Symbol.for(
  "holdfast/fractionRead"
) as typeof Supervisor.fractionRead

const STAGES: ReadonlySet<string | symbol> = new Set(["stage", "map", "filter", "tap", "batch", "unbatch"])

/** A pipeline that is made once something else is asked of it than one more stage. */
const later = (make: () => object): object => {
  let made: object | undefined
  return new Proxy(Object.freeze({}), {
    get: (_target, name) => {
      // `then` is asked for by `await`: a pipeline is no promise.
      if (name === "then") return undefined
      const real = (): object => {
        made ??= make()
        return made
      }
      if (!STAGES.has(name)) {
        const value: unknown = Reflect.get(real(), name)
        return typeof value === "function" ? value.bind(real()) : value
      }
      return (...parameters: ReadonlyArray<unknown>) => later(() => Reflect.get(real(), name).apply(real(), parameters))
    }
  })
}

/**
 * As outside of a worker: a task's module may well define one. It is run on a pool of its own with `allowNested: true`;
 * what is wrong with its stages is said then.
 */
export const Pipeline: Pick<typeof Supervisor.Pipeline, "make"> = {
  make: ((name: string) =>
    later(() =>
      (load("@holdfast/supervisor") as typeof Supervisor).Pipeline.make(name)
    )) as typeof Supervisor.Pipeline.make
}

/** As outside of a worker: whoever defines tasks may read reports in the same file. Loaded once one is asked for. */
export const Report: typeof Supervisor.Report = new Proxy({} as typeof Supervisor.Report, {
  get: (_target, name) => Reflect.get((load("@holdfast/supervisor") as typeof Supervisor).Report, name)
})
