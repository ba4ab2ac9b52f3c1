/**
 * What must stay alive while encoded values lie about that name it: shared memory, shared objects. Whoever keeps
 * bytes for later keeps these beside them. Not the naming itself: `shared-memory.ts`, `shared-handles.ts`.
 */

let collecting: Set<object> | undefined

/** Told by whatever writes a name instead of a thing. */
export const pin = (thing: object): void => {
  collecting?.add(thing)
}

/** Calls `encode`; what it wrote the names of is in `pins`. */
export const pinning = <A>(encode: () => A): { readonly result: A; readonly pins: ReadonlySet<object> } => {
  const outer = collecting
  const pins = new Set<object>()
  collecting = pins
  try {
    return { result: encode(), pins }
  } finally {
    collecting = outer
  }
}
