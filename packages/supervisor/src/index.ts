/** The public names of `@holdfast/supervisor`: the pool, behind both doors. */

export { type CloseOptions, createPool, type PromisePool } from "./doors/createPool.ts"
export * as Pool from "./doors/Pool.ts"
export type { PartialsOptions, StoreOptions } from "./doors/WorkerCalls.ts"
export type { PoolOptions } from "./options/resolve.ts"
