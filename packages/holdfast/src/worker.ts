/**
 * What `import "holdfast"` gives inside a worker: all of core, and in place of the pool, which a worker must
 * not load, a refusal (or, asked for explicitly, the pool itself, loaded then).
 */
import type * as Supervisor from "@holdfast/supervisor"

export * from "@holdfast/core"

type CreatePool = typeof Supervisor.createPool

/** As outside of a worker, with `allowNested: true`; else rejects, naming the mistake. */
export const createPool: CreatePool = async (options) => {
  // biome-ignore lint/plugin: loaded only when a pool is made in here, which a plain worker never does
  const supervisor = await import("@holdfast/supervisor")
  return supervisor.createPool(options)
}

const refuse = (): never => {
  throw new Error(
    "Pool is not available inside a worker. Guard the part of the module that makes the pool with `if (import.meta.main) { … }`"
  )
}

/** The Effect door is not loaded inside a worker: a plain worker must not load `effect`. */
export const Pool: Pick<typeof Supervisor.Pool, "make" | "layer"> = { make: refuse, layer: refuse }
