/** The public names of `@holdfast/supervisor`: the pool, behind both doors. */
export * from "./doors/names.ts"
